"""What every recommender must beat: popularity and item-kNN, with their settings chosen on validation."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ..data import Histories
from ..data.splits import Split
from .evaluate import Fit, Scorer, rank_targets

HALF_LIVES = (None, 14 * 86_400, 60 * 86_400)
"""Seconds after which an event counts half in `popular`, where there are times; None counts all alike."""

NEIGHBOURS = (20, 100, 500)
DECAYS = (0.0, 0.1, 0.5)


def popular(split: Split) -> Scorer:
    """Score products by how often they were chosen; how much recent events count is chosen on validation."""
    histories = split.train.histories()
    n_products = len(split.train.products)
    half_lives = HALF_LIVES if split.train.timed else (None,)

    def scorer(half_life: float | None) -> Scorer:
        weights = np.ones(len(histories.products))
        if half_life is not None:
            weights = 0.5 ** ((histories.at.max(initial=0) - histories.at) / half_life)
        counts = np.bincount(histories.products, weights=weights, minlength=n_products).astype(np.float32)
        return lambda asked: np.tile(counts, (len(asked), 1))

    return _best(split, [partial(scorer, half_life) for half_life in half_lives])


def item_knn(split: Split) -> Scorer:
    """Score products by their cosine to those in the history: `Σ_u R_ui R_uj / (|R_i| |R_j|)`.

    How many neighbours a product keeps, and how much older events count less, is chosen on validation. The
    similarities need `n_products²` memory at worst; reasonable up to about 100,000 products.
    """
    histories = split.train.histories()
    n_products = len(split.train.products)
    seen = _incidence(histories, n_products)
    seen.data[:] = 1  # a product bought twice by a user counts once
    norm = np.sqrt(np.maximum(seen.sum(axis=0), 1e-9))
    scaled = sp.csr_array(seen @ sp.diags_array(1 / norm))
    similar = sp.csr_array(scaled.T @ scaled)
    similar.setdiag(0)
    similar.eliminate_zeros()

    def scorer(neighbours: int, decay: float) -> Scorer:
        kept = _largest(similar, neighbours)
        return lambda asked: (_incidence(asked, n_products, decay) @ kept).toarray().astype(np.float32)

    settings = [(n, decay) for n in NEIGHBOURS for decay in DECAYS]
    return _best(split, [partial(scorer, n, decay) for n, decay in settings])


BASELINES: dict[str, Fit] = {"popular": popular, "item-knn": item_knn}
"""Baselines by their name on the command line."""


def _best(split: Split, candidates: list[Callable[[], Scorer]]) -> Scorer:
    """The candidate with the highest NDCG@10 on (up to 2,000 cases of) the validation part."""
    cases = split.validation.sample(2000)
    n_products = len(split.train.products)
    scorers = [make() for make in candidates]
    if len(scorers) == 1 or not len(cases):
        return scorers[0]
    figures = [rank_targets(s, cases, n_products).per_user("ndcg", 10).mean() for s in scorers]
    return scorers[int(np.argmax(figures))]


def _incidence(histories: Histories, n_products: int, decay: float = 0.0) -> sp.csr_array:
    """`exp(-decay · age)` of every event, latest age 0, summed by product, `(n_users, n_products)`."""
    age = np.repeat(histories.offsets[1:], histories.lengths) - 1 - np.arange(len(histories.products))
    values = np.exp(-decay * age).astype(np.float32)
    shape = (len(histories), n_products)
    matrix = sp.csr_array((values, histories.products, histories.offsets), shape=shape, copy=True)
    matrix.sum_duplicates()
    return matrix


def _largest(matrix: sp.csr_array, k: int) -> sp.csr_array:
    """The `k` largest entries of every row."""
    lengths = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((-matrix.data, row))
    place = np.arange(len(row)) - np.repeat(matrix.indptr[:-1], lengths)
    keep: npt.NDArray[np.int64] = order[place < k]
    return sp.csr_array((matrix.data[keep], (row[keep], matrix.indices[keep])), shape=matrix.shape)
