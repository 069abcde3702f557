"""Settings chosen on the validation part, by the same full ranking that the test is read with."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..data.splits import Split
from .evaluate import Scorer, Trained, rank_targets

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Config = TypeVar("Config", bound=DataclassInstance)
else:
    Config = TypeVar("Config")

MOST_CASES = 5000
"""Settings are compared on at most so many validation cases."""


@dataclass(frozen=True)
class Trial(Generic[Config]):
    """One setting, and what it came to on validation."""

    config: Config
    recall: float
    """Recall@10."""
    ndcg: float
    """NDCG@10, which the choice goes by."""
    seconds: float
    """To build the scorer and to rank the cases with it; what the settings share counts for the first."""

    def to_dict(self) -> dict[str, Any]:
        """The trial as JSON may hold it."""
        return {
            "settings": asdict(self.config),
            "recall@10": self.recall,
            "ndcg@10": self.ndcg,
            "seconds": round(self.seconds, 2),
        }


@dataclass(frozen=True)
class Baseline(Generic[Config]):
    """A `Fit`: a model that is built once for every setting of its grid, of which the best is kept."""

    prepare: Callable[[Split], Callable[[Config], Scorer]]
    """From a split to a function that builds the scorer of a setting; settings share what they can. A scorer
    that is `Trained` tells in `settings` which fields of its setting it chose itself on validation, such as
    the number of epochs; without anybody to ask it takes them as given."""
    grid: Callable[[Split], Sequence[Config]]
    """The settings worth a try on a split; costly steps are shared by neighbours in the list."""

    def __call__(self, split: Split) -> Scorer:
        """The scorer with the highest NDCG@10 on validation; the earlier of two that are alike."""
        best: tuple[Trial[Config], Scorer] | None = None
        for trial, scorer in self.trials(split):
            if best is None or trial.ndcg > best[0].ndcg:
                best = trial, scorer
        if best is None:
            raise ValueError("the grid is empty; give at least one setting")
        trial, scorer = best
        chosen = trial.config
        if isinstance(scorer, Trained):
            chosen = replace(chosen, **scorer.settings)
        return Trained(scorer, settings=asdict(chosen), refit=lambda final: self.prepare(final)(chosen))

    def trials(
        self, split: Split, grid: Sequence[Config] | None = None
    ) -> Iterator[tuple[Trial[Config], Scorer]]:
        """Every setting's figures on validation and its scorer, one after the other.

        Args:
            split: Its test part is not read.
            grid: The settings; those of `grid` when absent.
        """
        cases = split.validation.sample(MOST_CASES)
        begun = time.perf_counter()
        build = self.prepare(split)
        for config in self.grid(split) if grid is None else grid:
            scorer = build(config)
            found = rank_targets(scorer, cases, len(split.train.products))
            recall, ndcg = (float(found.per_user(metric, 10).mean()) for metric in ("recall", "ndcg"))
            yield Trial(config, recall, ndcg, time.perf_counter() - begun), scorer
            begun = time.perf_counter()


def exhausted(figures: Sequence[float], patience: int) -> bool:
    """Whether the last `patience` epochs brought nothing better than the best before them.

    >>> exhausted([0.1, 0.3, 0.2], patience=2), exhausted([0.1, 0.3, 0.2, 0.3], patience=2)
    (False, True)
    """
    return bool(figures) and len(figures) - 1 - list(figures).index(max(figures)) >= patience


def best_epoch(figures: Sequence[float], last: int) -> int:
    """The number, from 1, of the first epoch that is best; `last` where no epoch was measured.

    >>> best_epoch([0.1, 0.3, 0.3], last=9), best_epoch([], last=9)
    (2, 9)
    """
    return 1 + list(figures).index(max(figures)) if figures else last


def passes(n: int, batch_size: int, steps: int) -> int:
    """How many passes over `n` examples have at least so many steps; one does where there are many examples.

    >>> passes(1000, 100, steps=25), passes(10_000, 100, steps=25)
    (3, 1)
    """
    return -(-steps // -(-n // batch_size))
