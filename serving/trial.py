"""Validation as it is and as if some products were new: to choose cold offsets and the second stage."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..data.splits import Cases
from .index import Index
from .ranker import Ranker
from .second_stage import SecondStage

COLD_OFFSETS = (0.0, 0.02, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
"""What is tried for the first stage."""

SECOND_COLD_OFFSETS = (0.0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1)
"""What is tried for the second stage, whose scores lie further apart."""

Measure = Callable[[Ranker, Cases], float]
"""A figure to maximise: how well a ranker answers cases, whose rows are the index's."""


@dataclass(frozen=True)
class Trial:
    """The validation of a first stage, and of one that knows nothing of the products that play new ones."""

    index: Index
    """The first stage that is to serve."""
    cases: Cases
    """What it is asked."""
    blind: Index
    """A first stage without the events of the products that play new ones; best also trained without them,
    since a network that was trained with a product is better at it than it will be at a new one."""
    cold: Cases
    """What that one is asked: cases whose targets play new products."""
    cold_share: float
    """What the figure for these targets weighs, in [0, 1]; the one of `index` has the rest."""
    measure: Measure
    """A figure to maximise."""

    def worth(self, second: SecondStage | None = None) -> float:
        """What both figures come to, with a second stage or without."""
        figure = self.measure(Ranker(self.index, second), self.cases)
        if not self.cold_share:
            return figure
        cold = self.measure(Ranker(self.blind, second), self.cold)
        return (1 - self.cold_share) * figure + self.cold_share * cold

    def with_best_cold_offset(self) -> "Trial":
        """The trial with the first stage's cold offset that is worth most; of equals the smallest."""
        return max((self._with_cold_offset(offset) for offset in COLD_OFFSETS), key=Trial.worth)

    def _with_cold_offset(self, offset: float) -> "Trial":
        fusion = replace(self.index.fusion, cold_offset=offset)
        return replace(self, index=self.index.with_fusion(fusion), blind=self.blind.with_fusion(fusion))

    def best_cold_offset_of(self, second: SecondStage, most: int, seed: int) -> SecondStage:
        """The second stage with the cold offset that is worth most; of equals the smallest.

        Args:
            second: Its own offset does not matter.
            most: At most so many cases of each kind are looked at, since a second stage takes longer.
            seed: Of which they are.
        """
        fewer = replace(self, cases=self.cases.sample(most, seed), cold=self.cold.sample(most, seed))
        return max((replace(second, cold_offset=offset) for offset in SECOND_COLD_OFFSETS), key=fewer.worth)
