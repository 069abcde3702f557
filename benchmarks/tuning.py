"""What tuning the encoder is worth to products without events, and what it costs: Beauty, item-cold.

    python benchmarks/tuning.py

A fifth of the products is withheld entirely, three times. Ours with the encoder tuned on each training part
(`encoders/tune.py`) stands beside ours with the encoder as it comes, all else equal; and so do both encoders
where text ranks alone, by the cosine to the decayed sum of a history. Then `cartograph tune` on the whole of
Beauty, in a process of its own. The result is `benchmarks/results/tuning.json`: the documents of both
evaluations, and the process's seconds and peak memory.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.ranking import KEPT  # noqa: E402
from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from cartograph.data import load, split  # noqa: E402
from cartograph.data.splits import Split  # noqa: E402
from cartograph.encoders import TuneConfig  # noqa: E402
from cartograph.evaluation import Answers, Fit, Scorer, examine, to_text, write_json  # noqa: E402
from cartograph.evaluation.content import content_knn  # noqa: E402
from cartograph.gnn.graph import centred  # noqa: E402
from cartograph.serving.models import cartograph, prepare  # noqa: E402

DATASET = "amz14_beauty"
SEEDS = (0, 1, 2)


def text_alone(tuning: TuneConfig | None) -> Fit:
    """Content-kNN with the vectors that ours would get."""

    def run(given: Split) -> Scorer:
        prepared = prepare(given, tuning=tuning)
        vectors = centred(prepared.vectors["Product"][prepared.nodes])
        return content_knn(("all",), lambda dataset, text: vectors)(given)

    return run


def worth() -> dict[str, Any]:
    """Tuned beside frozen in every exam, in ours and where text ranks alone; none sits an exam twice."""
    dataset = load(str(DATASETS / DATASET))
    ways: dict[str, dict[str, Fit]] = {
        "ours": {"frozen": cartograph(tuning=None), "tuned": cartograph()},
        "text alone": {"frozen": text_alone(None), "tuned": text_alone(TuneConfig())},
    }
    return {
        name: examine(
            (split(dataset, "item-cold", seed=seed) for seed in SEEDS),
            models,
            answers=Answers(KEPT / "tuning" / name),
        )
        for name, models in ways.items()
    }


def cost() -> dict[str, float]:
    """Seconds and gigabytes at the peak of `cartograph tune`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "cartograph.serving.cli"]
        run = ["--run", folder]
        subprocess.run([*command, "load", str(DATASETS / DATASET), *run], check=True)
        begun = time.perf_counter()
        process = subprocess.Popen([*command, "tune", *run])
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise RuntimeError(f"cartograph tune failed with {os.waitstatus_to_exitcode(status)}")
        return {"seconds": time.perf_counter() - begun, "peak_gb": used.ru_maxrss / 1e6}


def main() -> None:
    """Evaluate, print, tune, write the result."""
    documents = worth()
    for name, document in documents.items():
        print(f"{name}\n{to_text(document)}")
    spent = cost()
    print(f"cartograph tune: {spent['seconds']:.0f} s, at the peak {spent['peak_gb']:.2f} GB")
    write_json(RESULTS / "tuning.json", {**documents, "cost": spent})


if __name__ == "__main__":
    main()
