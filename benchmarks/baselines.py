"""Tune every baseline on the validation part of the public datasets that are at hand.

    python benchmarks/baselines.py [DATASET [MODEL]]

Datasets are looked for under `$CARTOGRAPH_DATASETS`, else beside the repository. The test parts are not read.
A result is one JSON file in `benchmarks/results/`, with the validation figures and seconds of every setting
that was tried; what stands there is not tried again, so a run that was interrupted goes on. On the first
dataset more is tried: the defaults of models that are too slow to be tuned in every evaluation are its best.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import OURS, RANKINGS, RESULTS  # noqa: E402
from cartograph.data import load, split  # noqa: E402
from cartograph.data.splits import Split  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402
from cartograph.evaluation.factorisation import AlsConfig, BprConfig  # noqa: E402
from cartograph.evaluation.lightgcn import LightGcnConfig  # noqa: E402
from cartograph.evaluation.sasrec import SasRecConfig  # noqa: E402
from cartograph.serving.models import models  # noqa: E402

MODELS: dict[str, Any] = {name: model for name, model in models().items() if name != OURS}

WIDE: dict[str, list[Any]] = {
    "als": [AlsConfig(f, a) for f, a in product((64, 512), (10.0, 40.0))],
    "bpr": [BprConfig(f, regularization=r) for f, r in product((64, 256), (0.001, 0.01))],
    "lightgcn": [LightGcnConfig(layers=1), LightGcnConfig(layers=3), LightGcnConfig(regularization=1e-3)],
    "sasrec": [SasRecConfig(d=256), SasRecConfig(dropout=0.3)],
}
"""What is tried on the first dataset besides the grid of every evaluation."""


def main() -> None:
    """Try what is missing."""
    wanted, model = (*sys.argv[1:], None, None)[:2]
    for number, ranking in enumerate(RANKINGS):
        if wanted not in (None, ranking.dataset) or ranking.protocol not in ("leave-one-out", "time"):
            continue
        if not ranking.at_hand:
            print(f"{ranking.dataset} left out: {ranking.source} is absent", file=sys.stderr)
            continue
        given = split(load(ranking.source), ranking.protocol)
        grids = [(name, MODELS[name].grid(given)) for name in ranking.models if name in MODELS]
        grids += WIDE.items() if number == 0 else []
        for name, grid in grids:
            if model in (None, name):
                _try(name, grid, given, RESULTS / f"baselines-{ranking.name}.json")


def _try(name: str, grid: Sequence[Any], given: Split, path: Path) -> None:
    """Try the settings of one model that the file lacks, each kept as soon as it is known."""
    document: dict[str, Any] = {
        "dataset": given.train.name,
        "protocol": given.protocol,
        "part": "validation",
        "models": {},
    }
    if path.exists():
        document = json.loads(path.read_text(encoding="utf-8"))
    found = document["models"].setdefault(name, {"chosen": {}, "trials": []})
    tried = [trial["settings"] for trial in found["trials"]]
    for trial, _ in MODELS[name].trials(given, [config for config in grid if asdict(config) not in tried]):
        found["trials"].append(trial.to_dict())
        found["chosen"] = max(found["trials"], key=lambda one: one["ndcg@10"])
        write_json(path, document)
        print(given.train.name, name, trial.to_dict(), flush=True)


if __name__ == "__main__":
    main()
