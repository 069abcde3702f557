"""Models with a closed form: EASE, and the regression of the next product on the history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack

from ..data import DataError, Histories
from ..data.dataset import FloatArray, IntArray
from ..data.matrices import incidence, seen
from ..data.prefixes import Prefixes
from ..data.splits import Split
from .evaluate import Scorer
from .matrices import event_counts, filled
from .tuning import Baseline

MOST_PRODUCTS = 30_000
"""Products with events that a closed form is computed for at most.

It takes three or four matrices of `n²` floats and `n³` operations: 2 GB and half a minute of one core with
12,000 products, 14 GB and ten minutes with 30,000."""

MOST_HISTORY = 20
"""A next product is predicted from at most so many events before it."""


@dataclass(frozen=True)
class EaseConfig:
    """EASE, and how a history is asked with."""

    regularization: float = 100.0
    """Weight of the squared coefficients."""
    decay: float = 0.5
    """Decay per event of the asked user's history; 0 in the paper."""


@dataclass(frozen=True)
class LinearConfig:
    """The regression of the next product."""

    regularization: float = 100.0
    """Weight of the squared coefficients."""
    decay: float = 0.5
    """Decay per event of a history, in training and when asked."""
    ease_weight: float = 0.3
    """What the scores of EASE, with its default regularization and the same decay, are multiplied by before
    they are added."""


def ease_weights(gram: FloatArray, regularization: float) -> FloatArray:
    """Coefficients `B`, 0 on the diagonal, that minimise `|X - XB|² + λ|B|²` (Steck 2019, eq. 8).

    `B = I - P / diag(P)` with `P = (XᵀX + λI)⁻¹`.

    Args:
        gram: `XᵀX`, `(n, n)`.
        regularization: λ, positive.
    """
    inverse = _inverse(gram, regularization)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def next_product_weights(history: sp.csr_array, following: sp.csr_array, regularization: float) -> FloatArray:
    """Coefficients `W` that minimise `|Y - XW|² + λ|W|²`: `W = (XᵀX + λI)⁻¹ XᵀY`.

    Args:
        history: `X`, what came before each event, `(n_examples, n)`.
        following: `Y`, the event's product, `(n_examples, n)`.
        regularization: λ, positive.
    """
    inverse = _inverse(_gram(history), regularization)
    # P is symmetric, so P·XᵀY = ((XᵀY)ᵀ·P)ᵀ, and a sparse matrix stands on the left.
    return np.ascontiguousarray((sp.csr_array(following.T @ history) @ inverse).T)


def examples(histories: Histories, n_products: int, decay: float) -> tuple[sp.csr_array, sp.csr_array]:
    """What there is to predict, and from what.

    Each of `Prefixes.of` is predicted from what the user did before.

    Args:
        histories: Training events.
        n_products: Size of the catalogue.
        decay: Decay per event of what came before.

    Returns:
        The decayed histories and the next products, both `(n_examples, n_products)`.
    """
    prefixes = Prefixes.of(histories).last(MOST_HISTORY)
    before = prefixes.histories(histories)
    ones = np.ones(len(prefixes), dtype=np.float32)
    following = sp.csr_array(
        (ones, prefixes.targets, np.arange(len(prefixes) + 1)), shape=(len(prefixes), n_products)
    )
    return incidence(before, n_products, decay), following


def _prepare_ease(split: Split) -> Callable[[EaseConfig], Scorer]:
    histories, n_products = split.train.histories(), len(split.train.products)
    known = _known(split)
    popularity = event_counts(histories, n_products)
    gram = _gram(seen(histories, n_products)[:, known])

    @lru_cache(maxsize=1)
    def weights(regularization: float) -> FloatArray:
        return ease_weights(gram, regularization)

    def build(config: EaseConfig) -> Scorer:
        return _scorer([_Part(config.decay, weights(config.regularization))], known, popularity)

    return build


def _prepare_linear(split: Split) -> Callable[[LinearConfig], Scorer]:
    histories, n_products = split.train.histories(), len(split.train.products)
    known = _known(split)
    popularity = event_counts(histories, n_products)
    similar = ease_weights(_gram(seen(histories, n_products)[:, known]), EaseConfig.regularization)

    @lru_cache(maxsize=1)
    def weights(regularization: float, decay: float) -> FloatArray:
        before, following = examples(histories, n_products, decay)
        return next_product_weights(before[:, known], following[:, known], regularization)

    def build(config: LinearConfig) -> Scorer:
        parts = [
            _Part(config.decay, weights(config.regularization, config.decay)),
            _Part(config.decay, similar, config.ease_weight),
        ]
        return _scorer(parts, known, popularity)

    return build


ease = Baseline(
    _prepare_ease,
    lambda split: [EaseConfig(r, d) for r, d in product((30.0, 100.0, 300.0, 1000.0), (0.0, 0.2, 0.5, 1.0))],
)
"""Embarrassingly shallow autoencoders (Steck 2019) on decayed histories; up to `MOST_PRODUCTS` products."""

linear = Baseline(
    _prepare_linear,
    lambda split: [LinearConfig(100.0, d, w) for d, w in product((0.1, 0.5), (0.0, 0.3, 1.0))],
)
"""Ridge regression of the next product on the decayed history, plus EASE; up to `MOST_PRODUCTS` products."""


@dataclass(frozen=True)
class _Part:
    """Scores `weight · decayed history · coefficients`."""

    decay: float
    coefficients: FloatArray
    weight: float = 1.0


def _scorer(parts: Sequence[_Part], known: IntArray, popularity: FloatArray) -> Scorer:
    """The sum of the parts, whose coefficients are for the `known` products, `(n, n)`."""
    n_products = len(popularity)

    def score(asked: Histories) -> FloatArray:
        out = np.zeros((len(asked), n_products), dtype=np.float32)
        for part in parts:
            decayed = incidence(asked, n_products, part.decay)[:, known]
            out[:, known] += part.weight * (decayed @ part.coefficients)
        return filled(out, popularity)

    return score


def _known(split: Split) -> IntArray:
    """The products with training events, which alone can have coefficients, `(n,)`."""
    known = np.flatnonzero(~split.cold)
    if len(known) > MOST_PRODUCTS:
        raise DataError(
            f"{split.train.name} has {len(known):,} products with training events; 'ease' and 'linear' take "
            f"at most {MOST_PRODUCTS:,}, so leave them out, or keep only the products with more events"
        )
    return known


def _inverse(gram: FloatArray, regularization: float) -> FloatArray:
    """`(gram + λI)⁻¹` of a symmetric matrix, through its Cholesky factor, `(n, n)`."""
    matrix = gram.astype(np.float32).T  # Fortran order, so LAPACK works in place
    matrix[np.diag_indices_from(matrix)] += regularization
    factor, failed = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    if failed:
        raise ValueError(f"regularization is {regularization}, too small for these events; give a larger one")
    inverse: FloatArray = lapack.spotri(factor, lower=1, overwrite_c=1)[0]
    for start in range(0, len(inverse), 1024):  # LAPACK leaves the upper half as it was
        stop = start + 1024
        inverse[start:stop, stop:] = inverse[stop:, start:stop].T
        block = inverse[start:stop, start:stop]
        block[:] = np.tril(block) + np.tril(block, -1).T
    return inverse.T  # the same matrix, in C order, which sparse products take without a copy


def _gram(matrix: sp.csr_array) -> FloatArray:
    out: FloatArray = (matrix.T @ matrix).toarray()
    return out
