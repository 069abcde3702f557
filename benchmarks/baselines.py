"""Tune every baseline on the validation part of the public datasets that are at hand.

    python benchmarks/baselines.py [DATASET]

Datasets are looked for under `$CARTOGRAPH_DATASETS`, else beside the repository. The test parts are not read.
A result is one JSON file in `benchmarks/results/`, with the validation figures and seconds of every setting
that was tried; what stands there is not tried again, so a run that was interrupted goes on. On the first
dataset more is tried: the defaults of models that are too slow to be tuned in every evaluation are its best.
"""

import json
import os
import sys
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cartograph.data import load, split  # noqa: E402
from cartograph.data.files import atomically  # noqa: E402
from cartograph.evaluation import BASELINES  # noqa: E402
from cartograph.evaluation.factorisation import AlsConfig, BprConfig  # noqa: E402
from cartograph.evaluation.lightgcn import LightGcnConfig  # noqa: E402
from cartograph.evaluation.sasrec import SasRecConfig  # noqa: E402
from cartograph.serving.pipeline import content_knn_bert  # noqa: E402
from tools.make_docs import RANKINGS, RESULTS  # noqa: E402

DATASETS = Path(os.environ.get("CARTOGRAPH_DATASETS", ROOT.parent / "shared" / "datasets"))

WIDE: dict[str, list[Any]] = {
    "als": [AlsConfig(f, a) for f, a in product((64, 512), (10.0, 40.0))],
    "bpr": [BprConfig(f, regularization=r) for f, r in product((64, 256), (0.001, 0.01))],
    "lightgcn": [LightGcnConfig(layers=1), LightGcnConfig(layers=3), LightGcnConfig(regularization=1e-3)],
    "sasrec": [SasRecConfig(dropout=0.5), SasRecConfig(temperature=0.05), SasRecConfig(layers=2)],
}
"""What is tried on the first dataset besides the grid of every evaluation."""


def main() -> None:
    """Try what is missing."""
    models = {**BASELINES, "content-knn-bert": content_knn_bert}
    for number, (name, protocol, _) in enumerate(RANKINGS):
        source = name if name == "sample" else str(DATASETS / name)
        if sys.argv[1:] not in ([], [name]) or protocol not in ("leave-one-out", "time"):
            continue
        if name != "sample" and not Path(source).is_dir():
            print(f"{name} left out: {source} is absent", file=sys.stderr)
            continue
        given = split(load(source), protocol)
        path = RESULTS / f"baselines-{name}-{protocol}.json"
        document = json.loads(path.read_text()) if path.exists() else {"models": {}}
        document |= {"dataset": name, "protocol": protocol, "part": "validation"}
        for model, baseline in models.items():
            trials = document["models"].setdefault(model, {}).setdefault("trials", [])
            tried = [trial["settings"] for trial in trials]
            grid = [*baseline.grid(given), *(WIDE.get(model, []) if number == 0 else [])]
            for trial, _ in baseline.trials(given, [c for c in grid if asdict(c) not in tried]):
                trials.append(trial.to_dict())
                best = max(trials, key=lambda one: one["ndcg@10"])
                document["models"][model] |= {"chosen": best}
                with atomically(path) as unfinished:
                    unfinished.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
                print(f"{name} {model} {trials[-1]}", flush=True)


if __name__ == "__main__":
    main()
