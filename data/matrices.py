"""Histories as sparse matrices."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from .dataset import Histories

Matrix = sp.csr_array[Any, Any]


def incidence(histories: Histories, n_products: int, decay: float = 0.0) -> Matrix:
    """`exp(-decay · age)` of every event, latest age 0, summed by product, `(n_users, n_products)`."""
    age = np.repeat(histories.offsets[1:], histories.lengths) - 1 - np.arange(len(histories.products))
    values = np.exp(-decay * age).astype(np.float32)
    shape = (len(histories), n_products)
    matrix = Matrix((values, histories.products, histories.offsets), shape=shape, copy=True)
    matrix.sum_duplicates()
    return matrix


def largest(matrix: Matrix, k: int) -> Matrix:
    """The `k` largest entries of every row.

    >>> largest(sp.csr_array([[3.0, 1.0, 2.0], [0.0, 1.0, 0.0]]), 2).toarray().tolist()
    [[3.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
    """
    lengths = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((-matrix.data, row))
    place = np.arange(len(row)) - np.repeat(matrix.indptr[:-1], lengths)
    keep: npt.NDArray[np.int64] = order[place < k]
    return Matrix((matrix.data[keep], (row[keep], matrix.indices[keep])), shape=matrix.shape)
