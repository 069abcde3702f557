"""From pairs to groups."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from ...data.dataset import IntArray


def grouped(pairs: Sequence[tuple[int, int]]) -> list[IntArray]:
    """The rows that pairs join, directly or through others; each group ascending, by its first row.

    >>> [group.tolist() for group in grouped([(5, 7), (2, 3), (7, 9)])]
    [[2, 3], [5, 7, 9]]
    """
    if not pairs:
        return []
    rows, places = np.unique(np.array(pairs, dtype=np.int64), return_inverse=True)
    left, right = places.reshape(-1, 2).T
    joined = sp.coo_array((np.ones(len(left)), (left, right)), shape=(len(rows), len(rows)))
    n, labels = connected_components(joined, directed=False)
    order = np.argsort(labels, kind="stable")
    groups = np.split(rows[order], np.cumsum(np.bincount(labels, minlength=n))[:-1])
    return sorted(groups, key=lambda group: int(group[0]))
