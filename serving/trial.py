"""The validation as if some products were new: where the cold offsets are chosen."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..data.splits import Cases
from .index import Index
from .ranker import Ranker
from .second_stage import SecondStage

COLD_OFFSETS = (0.0, 0.02, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
"""What is tried for the first stage."""

SECOND_COLD_OFFSETS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5)
"""What is tried for the second stage, whose scores lie further apart."""

Measure = Callable[[Ranker, Cases], float]
"""A figure to maximise: how well a ranker answers cases, whose rows are the index's."""


@dataclass(frozen=True)
class Trial:
    """Cases whose targets play new products, cases of others, and a first stage that knows only these."""

    index: Index
    """The first stage without the events of products that play the new ones."""
    warm: Cases
    """Cases whose targets have events."""
    cold: Cases
    """Cases whose targets play the new ones."""
    cold_share: float
    """What the figure for cold targets weighs, in [0, 1]; the one for warm targets has the rest."""
    measure: Measure
    """A figure to maximise."""

    def worth(self, second: SecondStage | None = None) -> float:
        """What both figures come to, with a second stage or without."""
        ranker = Ranker(self.index, second)
        warm, cold = self.measure(ranker, self.warm), self.measure(ranker, self.cold)
        return (1 - self.cold_share) * warm + self.cold_share * cold

    def with_best_cold_offset(self) -> "Trial":
        """The trial with the first stage's cold offset that is worth most; of equals the smallest."""
        fusion = self.index.fusion
        fusions = (replace(fusion, cold_offset=offset) for offset in COLD_OFFSETS)
        return max((replace(self, index=self.index.with_fusion(one)) for one in fusions), key=Trial.worth)

    def best_cold_offset_of(self, second: SecondStage, most: int, seed: int) -> SecondStage:
        """The second stage with the cold offset that is worth most; of equals the smallest.

        Args:
            second: Its own offset does not matter.
            most: At most so many cases of each kind are looked at, since a second stage takes longer.
            seed: Of which they are.
        """
        fewer = replace(self, warm=self.warm.sample(most, seed), cold=self.cold.sample(most, seed))
        return max((replace(second, cold_offset=offset) for offset in SECOND_COLD_OFFSETS), key=fewer.worth)
