"""From scores to confidences, and how often proposals of a confidence are right, both from known answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from ...data.dataset import BoolArray

Numbers = npt.NDArray[np.float64]

BIN = 25
"""Known answers behind each level of confidence, at least."""

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Confidences that a report tells the precision of."""


@dataclass(frozen=True)
class Calibration:
    """A rising function from a method's score to how often it is right."""

    starts: Numbers
    """The lowest score of each level, ascending."""
    confidences: Numbers
    """Of each level."""

    @classmethod
    def of(cls, scores: Numbers, right: BoolArray) -> "Calibration":
        """Fit to known answers: isotonic regression over bins of equal size.

        A bin of `n` answers, `r` of them right, counts as `(r + 1) / (n + 2)`, so that few answers promise
        little. With less than two bins of answers every confidence is 0.

        Args:
            scores: Of proposals whose right answer is known, `(n,)`.
            right: Which are right, `(n,)`.
        """
        if len(scores) < 2 * BIN:
            return cls(np.array([-np.inf]), np.array([0.0]))
        order = np.argsort(scores, kind="stable")
        bins = np.array_split(order, len(scores) // BIN)
        means = np.array([(right[rows].sum() + 1) / (len(rows) + 2) for rows in bins])
        rising = isotonic_regression(means, weights=[len(rows) for rows in bins]).x
        return cls(np.array([scores[rows[0]] for rows in bins]), np.asarray(rising, dtype=np.float64))

    def __call__(self, scores: Numbers) -> Numbers:
        """Confidences in [0, 1], `(n,)`; below the lowest level, that of the lowest."""
        place = np.searchsorted(self.starts, scores, side="right") - 1
        return self.confidences[np.maximum(place, 0)]


def precision(confidences: Numbers, right: BoolArray, n_asked: int) -> list[Mapping[str, Any]]:
    """How often proposals of at least each of `LEVELS` are right, with 95 % intervals (Wilson 1927).

    Args:
        confidences: Of proposals on products whose fact is known and that no calibration has seen, and of
            wider ones to its right, `(n, depth)`; the first that is sure enough is what is proposed.
        right: Which are right, `(n, depth)`.
        n_asked: How many such products there are, those without a proposal included.
    """
    out: list[Mapping[str, Any]] = []
    for level in LEVELS:
        sure = confidences >= level
        passed = right[np.arange(len(right)), sure.argmax(axis=1)][sure.any(axis=1)]
        ends = wilson(int(passed.sum()), len(passed))
        out.append(
            {
                "confidence": level,
                "proposed": len(passed),
                "asked": n_asked,
                "precision": float(passed.mean()) if len(passed) else None,
                "interval": list(ends) if len(passed) else None,
            }
        )
    return out


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    if not n:
        return 0.0, 1.0
    share = right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
