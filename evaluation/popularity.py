"""What is bought most, by everybody: all time, or of late."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..data.splits import Split
from .evaluate import Scorer
from .tuning import Baseline

DAY = 86_400


@dataclass(frozen=True)
class PopularityConfig:
    """Which events count, and how much."""

    half_life: float | None = None
    """Seconds after which an event counts half, measured back from the last one; None counts all alike."""
    last: int | None = None
    """Only so many of every user's last events count; None counts all."""


def _prepare(split: Split) -> Callable[[PopularityConfig], Scorer]:
    histories = split.train.histories()
    n_products = len(split.train.products)

    def build(config: PopularityConfig) -> Scorer:
        chosen = histories if config.last is None else histories.last(config.last)
        weights = np.ones(len(chosen.products))
        if config.half_life is not None:
            weights = 0.5 ** ((chosen.at.max(initial=0) - chosen.at) / config.half_life)
        scores = np.bincount(chosen.products, weights=weights, minlength=n_products).astype(np.float32)
        return lambda asked: np.tile(scores, (len(asked), 1))

    return build


def _recent_grid(split: Split) -> list[PopularityConfig]:
    if split.train.timed:
        return [PopularityConfig(half_life=days * DAY) for days in (3, 7, 14, 30, 60, 180)]
    return [PopularityConfig(last=n) for n in (1, 2, 3, 5)]


popular = Baseline(_prepare, lambda split: [PopularityConfig()])
"""How often a product was chosen, at any time."""

recent = Baseline(_prepare, _recent_grid)
"""Popularity that is forgotten: by time where there are times, else but for every user's last events."""
