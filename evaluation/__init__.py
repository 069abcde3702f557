"""Metrics, full-ranking protocols, baselines and reports. Knows of no model but through callables."""

from .answers import Answers
from .baselines import BASELINES
from .document import compare, examine
from .evaluate import Fit, Ranks, Scorer, Trained, rank_targets
from .metrics import METRICS
from .outcome import summarise
from .report import to_table, to_text, write_json

__all__ = [
    "BASELINES",
    "METRICS",
    "Answers",
    "Fit",
    "Ranks",
    "Scorer",
    "Trained",
    "compare",
    "examine",
    "rank_targets",
    "summarise",
    "to_table",
    "to_text",
    "write_json",
]
