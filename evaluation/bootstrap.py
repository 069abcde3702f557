"""What a figure would be for other users of the same kind: intervals and paired tests by resampling users.

A figure is a mean over users, and over seeds where there are several. Users are drawn with replacement, a
user with all that is known of them in every seed; models are compared on the same draws (Efron, Tibshirani
1993; for rankings Sakai 2006).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .metrics import IntArray

FloatArray = npt.NDArray[np.float64]

RESAMPLES = 1000
LEVEL = 0.95
"""How often an interval made so holds the true figure."""

FEWEST_USERS = 10
"""Segments with fewer users have no interval: resampling so few tells little of others."""

CHUNK = 2**22
"""Draws held in memory at once."""


@dataclass(frozen=True)
class Sample:
    """The figures of the users in one segment, by seed."""

    users: Sequence[IntArray]
    """Numbers of the users, each in `[0, n_users)` of the whole evaluation, `(n,)` a seed."""
    values: Sequence[FloatArray]
    """`(n, n_figures)` a seed."""

    @property
    def n_distinct(self) -> int:
        """Users in any seed."""
        return len(np.unique(np.concatenate([np.zeros(0, np.int64), *self.users])))

    def means(self) -> FloatArray:
        """Mean over the users of each seed, then over the seeds that have any, `(n_figures,)`."""
        out: FloatArray = np.mean([v.mean(axis=0) for v in self.values if len(v)], axis=0)
        return out


def draws(n_users: int, resamples: int = RESAMPLES, seed: int = 0) -> Iterator[FloatArray]:
    """How often each resample holds each user, in chunks `(n_users, chunk)` of `resamples` columns in all.

    Args:
        n_users: As many are drawn each time.
        resamples: How many times.
        seed: The same seed gives the same draws.
    """
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // max(n_users, 1))
    for start in range(0, resamples, step):
        n = min(step, resamples - start)
        drawn = rng.integers(0, n_users, (n_users, n)) * n + np.arange(n)
        yield np.bincount(drawn.ravel(), minlength=n_users * n).reshape(n_users, n).astype(np.float64)


def resample(
    samples: Sequence[Sample], n_users: int, resamples: int = RESAMPLES, seed: int = 0
) -> list[FloatArray]:
    """The figures of each sample in every resample, `(resamples, n_figures)`; NaN where it has no user.

    Args:
        samples: Segments of the same users.
        n_users: Of the whole evaluation.
        resamples: How many.
        seed: The same seed gives the same resamples, so two models can be compared in pairs.
    """
    parts: list[list[FloatArray]] = [[] for _ in samples]
    for counts in draws(n_users, resamples, seed):
        for part, sample in zip(parts, samples, strict=True):
            by_seed = [
                _weighted(counts[u], v) for u, v in zip(sample.users, sample.values, strict=True) if len(u)
            ]
            # A seed whose users are missing from a resample is left out of the mean over seeds.
            stacked = np.stack(by_seed)
            there = ~np.isnan(stacked)
            total = np.where(there, stacked, 0.0).sum(axis=0)
            n = there.sum(axis=0)
            part.append(np.where(n > 0, total / np.maximum(n, 1), np.nan))
    return [np.concatenate(part) for part in parts]


def _weighted(counts: FloatArray, values: FloatArray) -> FloatArray:
    """Means of `values`, `(n, n_figures)`, with the weights of each column of `counts`, `(n, resamples)`."""
    total = counts.sum(axis=0)
    weights = np.where(total > 0, total, np.nan)
    out: FloatArray = (counts.T @ values) / weights[:, None]
    return out


def interval(figures: FloatArray, level: float = LEVEL) -> FloatArray:
    """The percentile interval of every figure, `(2, n_figures)`.

    Args:
        figures: Of resamples, `(resamples, n_figures)`.
        level: In (0, 1).
    """
    tail = (1 - level) / 2
    out: FloatArray = np.nanquantile(figures, [tail, 1 - tail], axis=0)
    return out


def p_value(difference: float, resampled: FloatArray) -> float:
    """How often a difference as large as the seen one would come about if there were none, two-sided.

    The resampled differences are shifted to mean zero (Sakai 2006; with one added to both counts, so that it
    is never 0, as in Davison, Hinkley 1997, section 4.2). Smucker, Allan, Carterette 2007 find it to agree
    with the t-test and the permutation test.

    Args:
        difference: Of two models on the users seen.
        resampled: The same on resamples of them, `(resamples,)`.

    >>> p_value(3.0, np.array([3.0, 0.0, 5.0, 6.5]))  # 3 - 3, 0 - 3, 5 - 3, 6.5 - 3: two as far as 3 or more
    0.6
    """
    there = resampled[~np.isnan(resampled)]
    # Rounding must not tell equal differences apart.
    as_large = np.abs(there - difference) >= abs(difference) * (1 - 1e-9)
    return float((np.count_nonzero(as_large) + 1) / (len(there) + 1))
