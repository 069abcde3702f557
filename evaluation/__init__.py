"""Metrics, full-ranking protocols, baselines and reports. Knows of no model but through callables."""

from .baselines import BASELINES
from .evaluate import Fit, Ranks, Scorer, compare, rank_targets, summarise
from .metrics import METRICS
from .report import to_json, to_table, write_json

__all__ = [
    "BASELINES",
    "METRICS",
    "Fit",
    "Ranks",
    "Scorer",
    "compare",
    "rank_targets",
    "summarise",
    "to_json",
    "to_table",
    "write_json",
]
