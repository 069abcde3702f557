"""Validation as it is and as if some products were new: to choose weights and the second stage."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..data.dataset import FloatArray, IntArray
from ..data.splits import Cases
from .fusion import choose_weights
from .index import FusionConfig, Index
from .parts import Parts
from .ranker import Ranker
from .second_stage import SecondStage

COLD_OFFSETS = (0.0, 0.02, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
"""What is tried for the first stage, with each of `COLD_TEXT_WEIGHTS`."""

COLD_TEXT_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4)
"""What is tried for the first stage."""

SECOND_COLD_OFFSETS = tuple(fifths / 5 for fifths in range(16))
"""What is tried for the second stage, whose scores lie further apart: up to 3."""

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

    def with_best_weights(self) -> "Trial":
        """The trial with the weights of paths, text and trend that are best where nothing plays new."""
        return self._with(choose_weights(self.index, lambda tried: self.measure(Ranker(tried), self.cases)))

    def with_best_cold_weights(self, most: int, seed: int) -> "Trial":
        """The trial with the first stage's cold text weight and offset that are worth most; of equals the
        smallest.

        Args:
            most: At most so many cases of each kind are looked at, since many pairs are tried.
            seed: Of which they are.
        """
        tried = [
            replace(self.index.fusion, cold_text_weight=weight, cold_offset=offset)
            for weight in COLD_TEXT_WEIGHTS
            for offset in COLD_OFFSETS
        ]
        fewer = replace(self, cases=self.cases.sample(most, seed), cold=self.cold.sample(most, seed))
        return self._with(max(tried, key=lambda fusion: fewer._with(fusion).worth()))

    def _with(self, fusion: FusionConfig) -> "Trial":
        return replace(self, index=self.index.with_fusion(fusion), blind=self.blind.with_fusion(fusion))

    def best_cold_offset_of(self, second: SecondStage) -> SecondStage:
        """The second stage with the cold offset that is worth most; of equals the smallest.

        Where nothing is new, it is 0.

        Args:
            second: Its own offset does not matter.
        """
        if not self.cold_share:
            return replace(second, cold_offset=0.0)
        once = _Once(second.booster, second.candidates)
        tried = (replace(once, cold_offset=offset) for offset in SECOND_COLD_OFFSETS)
        return replace(second, cold_offset=max(tried, key=self.worth).cold_offset)


@dataclass(frozen=True)
class _Once(SecondStage):
    """A second stage that asks its trees once about each batch of users, whatever the offset."""

    said: dict[tuple[int, bytes, bytes], tuple[IntArray, FloatArray]] = field(default_factory=dict)

    def of_candidates(self, parts: Parts) -> tuple[IntArray, FloatArray]:
        histories = parts.histories
        key = (id(parts.index), histories.products.tobytes(), histories.offsets.tobytes())
        if key not in self.said:
            self.said[key] = super().of_candidates(parts)
        return self.said[key]
