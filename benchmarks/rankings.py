"""Which models are evaluated on which data: what `ranking.py` runs and what the documentation shows."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DATASETS = Path(os.environ.get("CARTOGRAPH_DATASETS", ROOT.parent / "shared" / "datasets"))

PACKAGED = ("sample", "completejourney")
"""Datasets that are not folders in `DATASETS`."""

OURS = "cartograph"
_NEIGHBOURS = ("user-knn", "item-knn", "content-knn")
_CLOSED_FORMS = ("ease", "linear")
_FACTORS = ("als", "bpr")
_UNTIMED = ("popular", *_NEIGHBOURS, *_CLOSED_FORMS, *_FACTORS, OURS)
_TIMED = ("popular", "recent", *_NEIGHBOURS, *_CLOSED_FORMS, *_FACTORS, OURS)


@dataclass(frozen=True)
class Ranking:
    """One evaluation, and what the README shows of it."""

    dataset: str
    """One of `PACKAGED`, or a folder in `DATASETS`."""
    protocol: str
    models: tuple[str, ...]
    targets: tuple[str, ...] = ("overall",)
    """The rows of the README's table."""
    options: Mapping[str, int] = field(default_factory=dict)
    """Of `cartograph evaluate`, for the protocol."""
    seeds: tuple[int, ...] = (0,)

    @property
    def name(self) -> str:
        """Dataset, protocol and the options' values: what the result's file is named by."""
        return "-".join([self.dataset, self.protocol, *map(str, self.options.values())])

    @property
    def label(self) -> str:
        """The same for people."""
        return ", ".join([self.dataset, self.protocol, *(f"{k} {v}" for k, v in self.options.items())])

    @property
    def source(self) -> str:
        """What `load` takes."""
        return self.dataset if self.dataset in PACKAGED else str(DATASETS / self.dataset)

    @property
    def at_hand(self) -> bool:
        """Whether the data are there."""
        return self.dataset in PACKAGED or Path(self.source).is_dir()

    @property
    def result(self) -> Path:
        """The file of its result."""
        return RESULTS / f"ranking-{self.name}.json"

    def document(self) -> dict[str, Any] | None:
        """Its result, if it is there; of fewer models or seeds where some were added since."""
        return json.loads(self.result.read_text(encoding="utf-8")) if self.result.exists() else None

    @property
    def done(self) -> bool:
        """Whether the result has every model and seed."""
        document = self.document()
        return (
            document is not None
            and set(self.models) <= set(document["models"])
            and list(self.seeds) == document["seeds"]
        )


RANKINGS = (
    Ranking(
        "amz14_beauty",
        "leave-one-out",
        (*_UNTIMED[:-1], "content-knn-bert", "lightgcn", "sasrec", OURS),
    ),
    Ranking("amz14_sports", "leave-one-out", _UNTIMED),
    Ranking("amz14_beauty", "item-cold", _UNTIMED, targets=("warm", "cold"), seeds=(0, 1, 2)),
    # Fitted anew for each length: the validation part, which settings are chosen on, has that length too.
    *(Ranking("amz14_beauty", "user-cold", _UNTIMED, options={"history": n}) for n in (1, 2, 3, 5)),
    Ranking("hm_sample", "time", _TIMED, targets=("overall", "warm", "cold")),
    Ranking("hin_amazon", "time", _TIMED),
    # More products than the closed forms take.
    Ranking("completejourney", "time", ("popular", "recent", *_NEIGHBOURS, *_FACTORS, OURS)),
    Ranking("sample", "time", _TIMED),
)
