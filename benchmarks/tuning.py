"""What tuning the encoder is worth to products without events, and what it costs: Beauty, item-cold.

    python benchmarks/tuning.py

A fifth of the products is withheld entirely, three times. Ours with the encoder tuned on each training part
(`encoders/tune.py`) stands beside ours with the encoder as it comes, all else equal. Then `cartograph tune`
on the whole of Beauty, in a process of its own. The result is `benchmarks/results/tuning.json`: the document
of the evaluation, and the process's seconds and peak memory.
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
from cartograph.evaluation import Answers, examine, to_text, write_json  # noqa: E402
from cartograph.serving.models import cartograph  # noqa: E402

DATASET = "amz14_beauty"
SEEDS = (0, 1, 2)


def worth() -> dict[str, Any]:
    """Both in every exam; one that sat an exam before does not again."""
    dataset = load(str(DATASETS / DATASET))
    exams = (split(dataset, "item-cold", seed=seed) for seed in SEEDS)
    return examine(
        exams,
        {"frozen": cartograph(tuning=None), "tuned": cartograph()},
        answers=Answers(KEPT / "tuning"),
    )


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
    document = worth()
    print(to_text(document))
    spent = cost()
    print(f"cartograph tune: {spent['seconds']:.0f} s, at the peak {spent['peak_gb']:.2f} GB")
    write_json(RESULTS / "tuning.json", {**document, "cost": spent})


if __name__ == "__main__":
    main()
