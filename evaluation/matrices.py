"""Histories as sparse matrices, and what the baselines do with them."""

import numpy as np

from ..data import Histories
from ..data.dataset import FloatArray
from ..data.matrices import incidence
from .evaluate import Scorer


def event_counts(histories: Histories, n_products: int) -> FloatArray:
    """How many events each product has, `(n_products,)`."""
    return np.bincount(histories.products, minlength=n_products).astype(np.float32)


def filled(scores: FloatArray, popularity: FloatArray) -> FloatArray:
    """The scores, with what a model says nothing about (0) put behind all else, by popularity.

    So users without a history, of whom a model can say nothing at all, are served what is popular.

    Args:
        scores: `(n_users, n_products)`.
        popularity: Not negative, `(n_products,)`.

    >>> filled(np.float32([[0, 2, 0], [0, 0, 0]]), np.float32([1, 0, 3])).tolist()
    [[-0.75, 2.0, -0.25], [-0.75, -1.0, -0.25]]
    """
    lowest = np.minimum(scores.min(axis=1, keepdims=True), 0)
    share = popularity / (popularity.max(initial=0) + 1)
    return np.where(scores == 0, lowest - 1 + share, scores).astype(np.float32)


def folded(
    vectors: FloatArray,
    decay: float,
    popularity: FloatArray,
    *,
    length: float = 1.0,
    bias: FloatArray | float = 0.0,
) -> Scorer:
    """The scorer for which a user is the decayed sum of the history's product vectors, brought to one length.

    Args:
        vectors: `(n_products, d)`.
        decay: Decay per event of a history.
        popularity: Serves users without a history, `(n_products,)`.
        length: Of a user's vector.
        bias: Added to each product's score, `(n_products,)`.
    """

    def score(asked: Histories) -> FloatArray:
        users = incidence(asked, len(vectors), decay) @ vectors
        norm = np.linalg.norm(users, axis=1, keepdims=True)
        scores = (users * (length / np.maximum(norm, 1e-12))) @ vectors.T + bias
        scores[norm[:, 0] == 0] = 0
        scores[:, popularity == 0] = 0  # vectors of products that training never saw are as they were drawn
        return filled(scores, popularity)

    return score
