"""Ranking metrics from the ranks at which a user's targets stand.

`ranks` are 0 for the best product, `(n_targets,)`, and `owner` says whose target each is, numbered from 0
without gaps, so that every function returns one value a user, `(n_users,)`, in [0, 1].
"""

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


def recall(ranks: IntArray, owner: IntArray, k: int) -> Values:
    """Share of a user's targets among the first `k` products.

    >>> recall(np.array([0, 12]), np.array([0, 0]), k=10).tolist()
    [0.5]
    """
    return _sum(ranks < k, owner) / np.bincount(owner)


def hit_rate(ranks: IntArray, owner: IntArray, k: int) -> Values:
    """1 where any of a user's targets is among the first `k` products, else 0.

    >>> hit_rate(np.array([0, 12]), np.array([0, 0]), k=10).tolist()
    [1.0]
    """
    return (_sum(ranks < k, owner) > 0).astype(np.float64)


def ndcg(ranks: IntArray, owner: IntArray, k: int) -> Values:
    """Discounted gain `Σ 1 / log2(rank + 2)` over the best possible one.

    Järvelin, Kekäläinen 2002, with the discount of Burges et al. 2005, that tells the first two places apart.

    The best possible has the user's targets, or `k` of them, at the head of the list.

    >>> ndcg(np.array([2]), np.array([0]), k=10).tolist()
    [0.5]
    """
    gain = np.where(ranks < k, 1 / np.log2(ranks + 2.0), 0.0)
    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(k) + 2.0))])
    out: Values = _sum(gain, owner) / ideal[np.minimum(np.bincount(owner), k)]
    return out


def mrr(ranks: IntArray, owner: IntArray, k: int) -> Values:
    """One over the place of the first target, counted from 1; 0 where none is among the first `k`.

    >>> mrr(np.array([3, 1]), np.array([0, 0]), k=10).tolist()
    [0.5]
    """
    first = np.full(int(owner.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, owner, ranks)
    return np.where(first < k, 1 / (first + 1.0), 0.0)


def average_precision(ranks: IntArray, owner: IntArray, k: int) -> Values:
    """Precision at the place of each target found, summed, over the number of targets or `k`, the lesser.

    >>> average_precision(np.array([0, 3]), np.array([0, 0]), k=10).tolist()  # (1/1 + 2/4) / 2
    [0.75]
    """
    order = np.lexsort((ranks, owner))
    counts = np.bincount(owner)
    found = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    precision = np.where(ranks[order] < k, found / (ranks[order] + 1.0), 0.0)
    out: Values = _sum(precision, owner[order]) / np.minimum(counts, k)
    return out


METRICS = {"recall": recall, "ndcg": ndcg, "mrr": mrr, "hit_rate": hit_rate, "map": average_precision}
"""Metrics by the name they have in reports."""


def _sum(values: npt.NDArray[np.generic], owner: IntArray) -> Values:
    out: Values = np.bincount(owner, weights=values.astype(np.float64)).astype(np.float64)
    return out
