"""Histories as sparse matrices."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from .dataset import FloatArray, Histories, IntArray, stretches

Matrix = sp.csr_array[Any, Any]

_PARTS = ("data", "indices", "indptr")

ROWS = 1024
"""Rows of a sparse matrix that are sorted at once."""

PATH_DECAY = 0.3
"""Decay per event of the paths that start from it."""

PATH_EVENTS = 20
"""Paths start from the last events only, which bounds their number; the one before these weighs 1/400."""


def matrix_to_arrays(name: str, matrix: Matrix) -> dict[str, npt.NDArray[Any]]:
    """A sparse matrix as arrays under `name`, to be written to a file."""
    parts = {f"{name}.{part}": getattr(matrix, part) for part in _PARTS}
    return parts | {f"{name}.shape": np.array(matrix.shape)}


def matrix_from_arrays(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Matrix:
    """What `matrix_to_arrays` gave."""
    rows, columns = arrays[f"{name}.shape"].tolist()
    return Matrix(tuple(arrays[f"{name}.{part}"] for part in _PARTS), shape=(rows, columns))


def incidence(histories: Histories, n_products: int, decay: float = 0.0) -> Matrix:
    """`exp(-decay · age)` of every event, latest age 0, summed by product, `(n_users, n_products)`."""
    values = np.exp(-decay * histories.ages).astype(np.float32)
    shape = (len(histories), n_products)
    matrix = Matrix((values, histories.products, histories.offsets), shape=shape, copy=True)
    matrix.sum_duplicates()
    return matrix


def seen(histories: Histories, n_products: int) -> Matrix:
    """Which products each user chose, 1 however often, `(n_users, n_products)`."""
    matrix = incidence(histories, n_products)
    matrix.data[:] = 1
    return matrix


def largest(matrix: Matrix, k: int) -> Matrix:
    """The `k` largest entries of every row.

    >>> largest(sp.csr_array([[3.0, 1.0, 2.0], [0.0, 1.0, 0.0]]), 2).toarray().tolist()
    [[3.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
    """
    starts = range(0, max(matrix.shape[0], 1), ROWS)
    return Matrix(sp.vstack([_largest(matrix[start : start + ROWS], k) for start in starts]))


def _largest(matrix: Matrix, k: int) -> Matrix:
    lengths = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((-matrix.data, row))
    place = np.arange(len(row)) - np.repeat(matrix.indptr[:-1], lengths)
    keep: npt.NDArray[np.int64] = order[place < k]
    return Matrix((matrix.data[keep], (row[keep], matrix.indices[keep])), shape=matrix.shape)


def decayed_sums(histories: Histories, vectors: FloatArray, decays: npt.ArrayLike) -> FloatArray:
    """`Σ_k exp(-decay · age_k) · vectors[p_k]` of every user, latest age 0, `(n_users, n_decays, d)`.

    The same as `incidence(…) @ vectors`, without the toll of a sparse matrix for a user alone.

    Args:
        histories: Of `n_users`.
        vectors: Of the products, `(n_products, d)`.
        decays: Per event, `(n_decays,)`.
    """
    weights = np.exp(-np.asarray(decays)[:, None] * histories.ages).astype(np.float32)
    touched = vectors[histories.products]  # (n_events, d)
    if len(histories) == 1:
        return (weights @ touched)[None]
    out = np.zeros((len(histories), len(weights), vectors.shape[1]), dtype=np.float32)
    some = np.flatnonzero(histories.lengths)
    if len(some):
        for place, weight in enumerate(weights):
            out[some, place] = np.add.reduceat(weight[:, None] * touched, histories.offsets[some], axis=0)
    return out


def path_strengths_of_one(products: IntArray, leads_to: Matrix) -> tuple[IntArray, FloatArray]:
    """`path_strengths` of a user alone, without the toll of a sparse product.

    Args:
        products: What the user did, oldest first.
        leads_to: As there.

    Returns:
        Which products are reached, and how strongly, both `(n_reached,)`.
    """
    recent = products[-PATH_EVENTS:]
    if not len(recent):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    weights = np.exp(-PATH_DECAY * np.arange(len(recent))[::-1]).astype(np.float32)
    spans = [slice(leads_to.indptr[product], leads_to.indptr[product + 1]) for product in recent]
    ends = np.concatenate([leads_to.indices[span] for span in spans])
    amounts = np.concatenate([w * leads_to.data[span] for w, span in zip(weights, spans, strict=True)])
    order = np.argsort(ends)
    ends, amounts = ends[order], amounts[order]
    first = np.flatnonzero(np.diff(ends, prepend=-1))
    return ends[first], np.add.reduceat(amounts, first) if len(first) else amounts


def path_strengths(histories: Histories, leads_to: Matrix) -> Matrix:
    """How strongly what users did leads to each product: `Σ_k exp(-decay · age_k) · leads_to[p_k]`.

    Args:
        histories: Of `n_users`.
        leads_to: How strongly the row's product leads to the column's, `(n_products, n_products)`.

    Returns:
        `(n_users, n_products)`, not negative.
    """
    recent = incidence(histories.last(PATH_EVENTS), leads_to.shape[0], PATH_DECAY)
    return Matrix(recent @ leads_to)


def of_rows(matrix: Matrix, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Where the entries of some rows stand in `indices` and `data`, row after row, and their offsets.

    Returns:
        Offsets `(n_rows + 1,)`, and positions `(offsets[n_rows],)`.
    """
    starts = matrix.indptr[rows].astype(np.int64)
    return stretches(starts, matrix.indptr[rows + 1] - starts)


def entries(matrix: Matrix, rows: IntArray, columns: IntArray) -> FloatArray:
    """The entries of a sparse matrix where some rows and some distinct columns cross, dense.

    >>> entries(Matrix([[0.0, 5.0, 6.0], [7.0, 0.0, 0.0]]), np.array([1, 0]), np.array([2, 0])).tolist()
    [[0.0, 7.0], [6.0, 0.0]]
    """
    if not len(columns):
        return np.zeros((len(rows), 0), dtype=np.float32)
    offsets, flat = of_rows(matrix, rows)
    order = np.argsort(columns)
    place = np.minimum(np.searchsorted(columns[order], matrix.indices[flat]), len(columns) - 1)
    hit = columns[order[place]] == matrix.indices[flat]
    out = np.zeros((len(rows), len(columns)), dtype=np.float32)
    out[np.repeat(np.arange(len(rows)), np.diff(offsets))[hit], order[place[hit]]] = matrix.data[flat[hit]]
    return out


def unit_rows(matrix: Matrix) -> Matrix:
    """The rows at unit length; an empty row stays empty.

    >>> unit_rows(Matrix([[0.0, 2.0], [0.0, 0.0]])).toarray().tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    norm = np.sqrt(np.maximum(matrix.power(2).sum(axis=1), 1e-12))
    return Matrix(sp.diags_array(1 / norm) @ matrix)


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors at unit length; zero stays zero."""
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    out: FloatArray = np.divide(vectors, norm, out=np.zeros_like(vectors), where=norm > 0)
    return out
