"""Which documents hold which terms how often: an inverted index that takes additions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from ...data.dataset import FloatArray, IntArray

Matrix = sp.csc_array[Any]


@dataclass(frozen=True)
class Postings:
    """Counts of terms by document, immutable; the same in whatever portions the documents were added."""

    vocabulary: dict[str, int]
    """Number of every term."""
    lengths: FloatArray
    """Terms of every document, repetitions included, `(n_documents,)`."""
    segments: tuple[Matrix, ...]
    """Counts by document and term, of documents that follow each other; of terms known by then."""

    @classmethod
    def of(cls, documents: Iterable[Sequence[str]]) -> "Postings":
        """Index documents, each given as its terms."""
        return cls({}, np.zeros(0, np.float32), ()).with_documents(documents)

    def __len__(self) -> int:
        return len(self.lengths)

    def with_documents(self, documents: Iterable[Sequence[str]]) -> "Postings":
        """The same with documents after those that are there.

        Segments are merged so that each is more than twice the next: a document is copied a few times in
        all, however small the portions.
        """
        vocabulary = dict(self.vocabulary)
        numbers: list[int] = []
        lengths: list[int] = []
        for document in documents:
            numbers += [vocabulary.setdefault(term, len(vocabulary)) for term in document]
            lengths.append(len(document))
        if not lengths:
            return self
        rows = np.repeat(np.arange(len(lengths)), lengths)
        ones = np.ones(len(numbers), dtype=np.float32)
        shape = (len(lengths), len(vocabulary))
        new = Matrix((ones, (rows, np.array(numbers, dtype=np.int64))), shape=shape)
        segments = list(self.segments)
        while segments and segments[-1].shape[0] <= 2 * new.shape[0]:
            new = _joined(segments.pop(), new)
        grown = np.concatenate([self.lengths, np.array(lengths, dtype=np.float32)])
        return replace(self, vocabulary=vocabulary, lengths=grown, segments=(*segments, new))

    def holders(self, term: str) -> tuple[IntArray, FloatArray]:
        """The documents that hold a term, ascending, and how often each does."""
        number = self.vocabulary.get(term)
        rows, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
        first = 0
        for segment in self.segments:
            if number is not None and number < segment.shape[1]:
                own = slice(segment.indptr[number], segment.indptr[number + 1])
                rows.append(segment.indices[own].astype(np.int64) + first)
                counts.append(segment.data[own])
            first += segment.shape[0]
        return np.concatenate(rows), np.concatenate(counts)


def _joined(first: Matrix, second: Matrix) -> Matrix:
    """Two segments as one; the second knows all terms of the first."""
    more = second.shape[1] - first.shape[1]
    ends = np.concatenate([first.indptr, np.full(more, first.indptr[-1])])
    wide = Matrix((first.data, first.indices, ends), shape=(first.shape[0], second.shape[1]))
    return Matrix(sp.vstack([wide, second], format="csc"))
