"""Which texts are most alike, by their rarer words or by their vectors, without comparing all pairs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np

from ...data.dataset import FloatArray, IntArray
from ...data.matrices import ROWS, Matrix, largest
from ...data.words import with_pairs, words

ALL = 20_000
"""Up to so many vectors are compared each with each; beyond, in the lists of `faiss` nearest to each."""


def bags(texts: Sequence[Sequence[str]], most: int) -> Matrix:
    """Texts as unit rows of TF-IDF weights, `(n_texts, n_terms)`.

    Args:
        texts: The terms of each.
        most: Terms in more texts than that are left out, as are those in one text only: they tell least,
            and the time to compare rows grows with the square of it.
    """
    counts = Counter(term for text in texts for term in set(text))
    kept = [term for term, n in counts.items() if 1 < n <= most]
    column = {term: i for i, term in enumerate(kept)}
    weight = np.log(max(len(texts), 1) / np.array([counts[term] for term in kept] or [1], dtype=np.float32))
    weight = np.maximum(weight, 1e-3)
    found = [sorted({column[term] for term in text if term in column}) for text in texts]
    lengths = np.array([len(row) for row in found], dtype=np.int64)
    columns = np.array([i for row in found for i in row], dtype=np.int64)
    values = weight[columns] if len(columns) else np.zeros(0, dtype=np.float32)
    norms = np.sqrt(np.bincount(np.repeat(np.arange(len(found)), lengths), values**2, minlength=len(found)))
    values = values / np.maximum(np.repeat(norms, lengths), 1e-12)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Matrix((values.astype(np.float32), columns, offsets), shape=(len(found), max(len(kept), 1)))


def product_terms(title: Sequence[str], description: str, fact: str) -> list[str]:
    """What products are compared by: words of the title, pairs of them, those of the description, a fact."""
    return [*with_pairs(title), *words(description), *([fact] if fact else [])]


def nearest(rows: Matrix, among: Matrix, k: int) -> Matrix:
    """The cosines of each row with the `k` rows of `among` most like it, `(n_rows, n_among)`.

    A row without a term in common has fewer.
    """
    turned = Matrix(among.T)
    parts = [largest(Matrix(rows[start : start + ROWS] @ turned), k) for start in _starts(rows.shape[0])]
    return _stacked(parts, among.shape[0])


def nearest_vectors(vectors: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """The `k` other vectors with the highest cosine with each, and these cosines, both `(n, k)`; -1 for none.

    Args:
        vectors: At unit length, `(n, d)`.
        k: How many.
    """
    n, dimension = vectors.shape
    given = np.ascontiguousarray(vectors, dtype=np.float32)
    flat = faiss.IndexFlatIP(dimension)
    index: Any = flat
    if n > ALL:
        lists = int(4 * np.sqrt(n))
        index = faiss.IndexIVFFlat(flat, dimension, lists, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = 8
        index.cp.seed = 0
        index.train(given[np.random.default_rng(0).choice(n, min(n, 40 * lists), replace=False)])
    index.add(given)
    cosines, found = index.search(given, min(k + 1, n))
    own = found == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True  # equal vectors pushed it out: the last one goes
    return found[~own].reshape(n, -1).astype(np.int64), cosines[~own].reshape(n, -1)


def _starts(n: int) -> range:
    return range(0, max(n, 1), ROWS)


def _stacked(parts: Sequence[Matrix], width: int) -> Matrix:
    data = np.concatenate([part.data for part in parts])
    indices = np.concatenate([part.indices for part in parts])
    lengths = np.concatenate([np.diff(part.indptr) for part in parts])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Matrix((data, indices, offsets), shape=(len(lengths), width))
