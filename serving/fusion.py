"""Choosing the weights of graph, text and coldness on validation."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from .index import FusionConfig, Index

TEXT_WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8)
COLD_OFFSETS = (0.0, 0.02, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)


def choose_text_weight(
    index: Index, measure: Callable[[Index], float], weights: Sequence[float] = TEXT_WEIGHTS
) -> FusionConfig:
    """The fusion with the text weight that measures best; of equals the smallest.

    Args:
        index: Scored with each weight in turn.
        measure: A figure to maximise on validation, NDCG@10 say.
        weights: What to try.
    """
    tried = [replace(index.fusion, text_weight=weight, cold_offset=0.0) for weight in weights]
    return max(tried, key=lambda fusion: measure(index.with_fusion(fusion)))


def choose_cold_offset(
    index: Index,
    measure: Callable[[Index], tuple[float, float]],
    cold_share: float,
    offsets: Sequence[float] = COLD_OFFSETS,
) -> FusionConfig:
    """The fusion with the cold offset that best serves warm and cold targets together.

    Args:
        index: Built without the events of some products, which so are cold.
        measure: Two figures to maximise on validation: for warm targets, and for those cold ones.
        cold_share: What the figure for cold targets weighs, in [0, 1]; the one for warm targets has the rest.
        offsets: What to try.
    """

    def value(fusion: FusionConfig) -> float:
        warm, cold = measure(index.with_fusion(fusion))
        return (1 - cold_share) * warm + cold_share * cold

    return max((replace(index.fusion, cold_offset=offset) for offset in offsets), key=value)
