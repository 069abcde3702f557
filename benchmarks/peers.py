"""Train our model and RecTools' SASRec on the same split and CPU, each in a process of its own.

    python benchmarks/peers.py [--rectools PYTHON]

RecTools needs older NumPy, pandas and attrs than ours, so it has an environment of its own; where that is
absent, RecTools is left out, and a line says how to make it. All are ranked by the same code for the same
users: of the validation part after every epoch that is compared, of the test part once, at the end.

The dataset is looked for under `$CARTOGRAPH_DATASETS`, else beside the repository. A result is kept in
`benchmarks/results/peers.json` as soon as it is known; what stands there is not run again, so a run that was
interrupted goes on.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from cartograph import __version__  # noqa: E402
from cartograph.data import Cases, Exam, Histories, load, split  # noqa: E402
from cartograph.evaluation import Scorer, rank_targets, write_json  # noqa: E402

RESULT = RESULTS / "peers.json"
DATASET, PROTOCOL = "amz14_beauty", "leave-one-out"

EPOCHS, SECONDS = 3, 300
"""RecTools trains at least so many epochs, and at least as long as our whole training may take."""

USERS = 500
"""So many users are asked for one by one."""

INSTALL = (
    "install it with `python -m venv .venv-peers && "
    ".venv-peers/bin/pip install --editable . --requirement benchmarks/peers.txt`"
)
ON_CPU = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}

TOP = 10
"""How many products a user gets."""

Found = dict[str, Any]
Asked = Callable[[Histories], object]
"""Gives a user alone, who comes with a history, the best products outside it."""


def train_ours(exam: Exam, *, quick: bool = False) -> tuple[Scorer, Asked, Found]:
    """Cartograph with its defaults, or one epoch of the first stage with the usual weights, nothing chosen.

    A catalogue's texts are encoded once, so that has seconds of its own. Both models learn from the training
    part alone.
    """
    from cartograph.serving.fit import FitConfig, Settings
    from cartograph.serving.models import prepare

    given = exam.split()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(given, cache=Path(folder))
    encoded = time.perf_counter()
    settings = Settings(epochs=1) if quick else prepared.choose(FitConfig()).settings
    ranker = prepared.fit(settings, given, FitConfig()).ranker
    trained = time.perf_counter()
    return (
        prepared.scorer(ranker),
        lambda one: ranker.best(one.products, TOP),
        {
            "seconds": {"texts": encoded - begun, "training": trained - encoded},
            "versions": {
                "cartograph": __version__,
                **versions("lightgbm", "numpy", "torch", "torch-geometric"),
            },
        },
    )


def train_theirs(exam: Exam, **settings: Any) -> tuple[Scorer, Asked, Found]:
    """RecTools' SASRec with its defaults but for these settings, and histories of up to 50 events."""
    import torch
    from rectools.dataset import Dataset
    from rectools.models import SASRecModel

    torch.manual_seed(exam.seed)
    train = Dataset.construct(interactions(exam.train.histories()))
    model = SASRecModel(session_max_len=50, **settings)

    def recommend(histories: Histories) -> pd.DataFrame:
        users, given = np.arange(len(histories)), Dataset.construct(interactions(histories))
        lists: pd.DataFrame = model.recommend(
            users, given, k=TOP, filter_viewed=True, on_unsupported_targets="ignore"
        )
        return lists

    scorer = listed(recommend, len(exam.cold))
    epochs: list[dict[str, float]] = []
    while len(epochs) < EPOCHS or sum(epoch["seconds"] for epoch in epochs) < SECONDS:
        begun = time.perf_counter()
        model.fit_partial(train, min_epochs=1, max_epochs=1)
        epochs.append({"seconds": time.perf_counter() - begun})
        epochs[-1]["validation"] = ndcg(scorer, exam.validation, len(exam.cold))
        print(f"epoch {len(epochs)}: {epochs[-1]}", file=sys.stderr)
    return (
        scorer,
        recommend,
        {
            "settings": settings,
            "seconds": {"training": sum(epoch["seconds"] for epoch in epochs)},
            "epochs": epochs,
            "versions": versions("rectools", "numpy", "torch", "pytorch-lightning"),
        },
    )


OURS: dict[str, Callable[[Exam], tuple[Scorer, Asked, Found]]] = {
    "Cartograph, one epoch of the first stage": partial(train_ours, quick=True),
    "Cartograph": train_ours,
}
THEIRS: dict[str, Callable[[Exam], tuple[Scorer, Asked, Found]]] = {
    "RecTools SASRec": train_theirs,
    "RecTools SASRec as in its README": partial(train_theirs, n_factors=64, loss="sampled_softmax"),
}


def interactions(histories: Histories) -> pd.DataFrame:
    """One row an event, as RecTools reads it: users by their place, products by their row."""
    return pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(len(histories)), histories.lengths),
            "item_id": histories.products,
            "weight": 1.0,
            "datetime": pd.to_datetime(histories.at, unit="s"),
        }
    )


def listed(recommend: Callable[[Histories], pd.DataFrame], n_products: int) -> Scorer:
    """A scorer from lists such as RecTools recommends; what a list lacks is never found."""

    def scores(histories: Histories) -> npt.NDArray[np.float32]:
        lists = recommend(histories)
        out = np.full((len(histories), n_products), -np.inf, dtype=np.float32)
        out[lists["user_id"], lists["item_id"]] = -lists["rank"]
        return out

    return scores


def ndcg(scorer: Scorer, cases: Cases, n_products: int) -> float:
    """NDCG@10 of full rankings, mean over users."""
    return float(rank_targets(scorer, cases, n_products).per_user("ndcg", 10).mean())


def milliseconds(asked: Asked, histories: Histories) -> dict[str, float]:
    """From one user's history to the best products outside it, in one thread, as the model's users ask it."""
    from threadpoolctl import threadpool_limits

    taken = []
    with threadpool_limits(1):
        for row in range(len(histories)):
            history = histories.take([row])
            begun = time.perf_counter()
            asked(history)
            taken.append(1000 * (time.perf_counter() - begun))
    return {"median": float(np.median(taken)), "p99": float(np.quantile(taken, 0.99))}


def measure(name: str) -> Found:
    """Train one model in this process, then ask it for all users, and for some one by one."""
    import torch

    exam = split(load(str(DATASETS / DATASET)), PROTOCOL)
    known, asked = exam.train.histories(), exam.validation
    parts = (known.offsets, known.products, asked.histories.products, asked.targets)
    scorer, one_by_one, found = (OURS | THEIRS)[name](exam)
    return {
        **found,
        "validation": ndcg(scorer, asked, len(exam.cold)),
        "test": ndcg(scorer, exam.open(name), len(exam.cold)),
        "milliseconds": milliseconds(one_by_one, asked.sample(USERS).histories),
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "split": hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest(),
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "threads": torch.get_num_threads()},
    }


def cpu() -> str:
    """The processor's name."""
    file = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", file.read_text()) if file.exists() else []
    return names[0] if names else platform.processor()


def versions(*packages: str) -> dict[str, str]:
    """Of Python and these packages."""
    return {"python": platform.python_version(), **{package: version(package) for package in packages}}


def has_rectools(python: str) -> bool:
    """Whether an interpreter has RecTools."""
    probe = [python, "-c", "import pytorch_lightning, rectools"]
    try:
        return subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rectools", metavar="PYTHON", default=str(ROOT / ".venv-peers" / "bin" / "python"))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.child)))
        return
    document: Found = {"dataset": DATASET, "protocol": PROTOCOL, "models": {}}
    if RESULT.exists():
        document = json.loads(RESULT.read_text(encoding="utf-8"))
    models = document["models"]
    pythons = dict.fromkeys(OURS, sys.executable)
    if has_rectools(options.rectools):
        pythons |= dict.fromkeys(THEIRS, options.rectools)
    else:
        print(f"RecTools left out: {options.rectools} does not have it; {INSTALL}", file=sys.stderr)
    for name, python in pythons.items():
        if name not in models:
            print(name, file=sys.stderr)
            command = [python, __file__, "--child", name]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=ON_CPU)
            models[name] = json.loads(done.stdout)
            if len({found["split"] for found in models.values()}) > 1:
                sys.exit(f"{name} was measured on another split than the others; remove {RESULT}")
            write_json(RESULT, document)
            print(name, models[name])


if __name__ == "__main__":
    main()
