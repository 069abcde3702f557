"""What a shop wants of a ranking besides that it be right: rules, diversity, room for new products."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..data.dataset import BoolArray, FloatArray, IntArray
from .filters import Filter

SPREAD = 100
"""The spread of scores is that of so many of the best."""

FRESH = 3.0
"""Spreads of the scores that a product without events gains when `fresh` is 1."""


@dataclass(frozen=True)
class Boost:
    """Products that move up, or down where `by` is negative."""

    where: Filter
    """Which."""
    by: float
    """How far, in spreads (standard deviations) of the best candidates' scores; 1 is felt, 3 is much."""


@dataclass(frozen=True)
class Pin:
    """A product that stands at one position, whatever its score; filters still apply to it."""

    product_id: str
    position: int
    """1 for the first."""

    def __post_init__(self) -> None:
        if self.position < 1:
            raise ValueError(f"position is {self.position}; it must be at least 1")


@dataclass(frozen=True)
class Cap:
    """At most so many products of one brand or leaf category; those without one are not capped."""

    by: Literal["brand", "category"]
    most: int

    def __post_init__(self) -> None:
        if self.by not in ("brand", "category"):
            raise ValueError(f"by is {self.by!r}; it must be 'brand' or 'category'")
        if self.most < 1:
            raise ValueError(f"most is {self.most}; it must be at least 1")


@dataclass(frozen=True)
class Policy:
    """How the best candidates are put into order; the default leaves the model's order alone.

    First boosts and `fresh` move scores, then places are given one after the other: pinned products have
    theirs, the others come by score less likeness to what is above, as far as the caps let them.
    """

    boosts: Sequence[Boost] = ()
    pins: Sequence[Pin] = ()
    caps: Sequence[Cap] = ()
    diversity: float = 0.0
    """How much likeness to what stands above counts against a product, in [0, 1] (maximal marginal relevance,
    Carbonell and Goldstein 1998); 0 for the scores alone."""
    fresh: float = 0.0
    """Room for products with few events, in [-1, 1]: 0 as learned, 1 new ones first, -1 proven ones first."""

    def __post_init__(self) -> None:
        if not 0 <= self.diversity <= 1:
            raise ValueError(f"diversity is {self.diversity}; it must be from 0 to 1")
        if not -1 <= self.fresh <= 1:
            raise ValueError(f"fresh is {self.fresh}; it must be from -1 to 1")
        places = [pin.position for pin in self.pins]
        ids = [pin.product_id for pin in self.pins]
        if len(set(places)) < len(places) or len(set(ids)) < len(ids):
            raise ValueError("two pins share a position or a product; give each its own")

    @property
    def empty(self) -> bool:
        """Whether it leaves the model's order alone."""
        return self == _AS_LEARNED


_AS_LEARNED = Policy()


@dataclass(frozen=True)
class Candidates:
    """What a policy orders: products with their scores."""

    scores: FloatArray
    """Their scores, `(n,)`."""
    vectors: FloatArray
    """Their unit vectors, whose cosines say how alike two are, `(n, d)`."""
    n_events: IntArray
    """Events of each, `(n,)`."""
    groups: dict[str, IntArray]
    """By what caps go by: the number of each one's group, -1 for none, `(n,)`."""


def arrange(
    found: Candidates, policy: Policy, k: int, pinned: dict[int, int], matches: Callable[[Filter], BoolArray]
) -> tuple[IntArray, FloatArray]:
    """The `k` products that the policy shows, first to last, and their scores with boosts.

    Args:
        found: The candidates.
        policy: What is wanted.
        k: How many; fewer where the candidates or the caps give no more.
        pinned: By position, 0 for the first: which candidate stands there.
        matches: Which candidates a filter lets through, `(n,)`.

    Returns:
        Positions among the candidates, and scores.
    """
    if not len(found.scores):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    spread = float(np.sort(found.scores)[-SPREAD:].std()) or 1.0
    scores = found.scores.astype(np.float64) + policy.fresh * FRESH * spread * np.exp(-found.n_events)
    for boost in policy.boosts:
        scores += boost.by * spread * matches(boost.where)
    worth = (scores - scores.min()) / max(float(np.ptp(scores)), 1e-12)
    likeness = np.zeros(len(scores))
    left = np.ones(len(scores), dtype=bool)
    left[list(pinned.values())] = False
    chosen: list[int] = []
    for place in range(k):
        if place in pinned:
            best = pinned[place]
        else:
            free = left & _uncapped(found, chosen, policy.caps)
            if not free.any():
                continue
            value = (1 - policy.diversity) * worth - policy.diversity * likeness
            best = int(np.where(free, value, -np.inf).argmax())
            left[best] = False
        chosen.append(best)
        if policy.diversity:
            likeness = np.maximum(likeness, found.vectors @ found.vectors[best])
    order = np.array(chosen, dtype=np.int64)
    return order, scores[order].astype(np.float32)


def _uncapped(found: Candidates, chosen: list[int], caps: Sequence[Cap]) -> BoolArray:
    free = np.ones(len(found.scores), dtype=bool)
    for cap in caps:
        group = found.groups[cap.by]
        counts = np.bincount(group[chosen] + 1, minlength=int(group.max(initial=-1)) + 2)
        counts[0] = 0
        free &= counts[group + 1] < cap.most
    return free
