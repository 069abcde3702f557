"""Choosing the weights of paths, text, spectral vectors and trend on validation."""

from collections.abc import Callable
from dataclasses import replace

from .index import FusionConfig, Index

GRAPH_ONLY = FusionConfig(
    path_weight=0.0, text_weight=0.0, spectral_weight=0.0, trend_weight=0.0, cold_offset=0.0
)
"""The network's score alone."""

WEIGHTS = {
    "path_weight": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4),
    "text_weight": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8),
    "spectral_weight": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6),
    "trend_weight": (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1),
}
"""What is tried for each weight, in this order."""


def choose_weights(index: Index, measure: Callable[[Index], float]) -> FusionConfig:
    """The fusion whose weights measure best, chosen one after the other; of equals the smallest.

    Args:
        index: Scored with each weight in turn, without a cold offset.
        measure: A figure to maximise on validation, NDCG@10 say.
    """
    fusion = GRAPH_ONLY
    for name, weights in WEIGHTS.items():
        if name != "trend_weight" or index.trend.any():
            tried = [replace(fusion, **{name: weight}) for weight in weights]
            fusion = max(tried, key=lambda fusion: measure(index.with_fusion(fusion)))
    return fusion
