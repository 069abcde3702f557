"""Text search: BM25 over words and cosine over vectors, fused by reciprocal rank."""

from collections.abc import Sequence

import bm25s
import numpy as np
import numpy.typing as npt
from bm25s.stopwords import STOPWORDS_EN

from ..data.dataset import FloatArray, IntArray
from ..encoders import TextEncoder, words

CANDIDATES = 200
"""How many products each of the two rankings contributes."""


def reciprocal_rank_fusion(rankings: Sequence[IntArray], n: int, k: int = 60) -> FloatArray:
    """Sum of reciprocal ranks of each of `n` items (Cormack et al. 2009, eq. 1), `(n,)`.

    Args:
        rankings: Item numbers, best first; an item may be missing from some.
        n: How many items there are.
        k: How much the head of each list is flattened.

    >>> scores = reciprocal_rank_fusion([np.array([0, 1]), np.array([1])], n=3)
    >>> scores.tolist() == [np.float32(1 / 61), np.float32(1 / 62 + 1 / 61), 0.0]
    True
    """
    scores = np.zeros(n)
    for ranking in rankings:
        scores[ranking] += 1 / (k + 1 + np.arange(len(ranking)))
    return scores.astype(np.float32)


class SearchIndex:
    """Finds the texts that a query means: by its words, and by its meaning."""

    def __init__(self, texts: Sequence[str], vectors: FloatArray, encoder: TextEncoder) -> None:
        """Index texts.

        Args:
            texts: `n` of them.
            vectors: Their unit vectors by `encoder`, `(n, d)`.
            encoder: Encodes queries.
        """
        self._vectors = vectors
        self._encoder = encoder
        self._lexical = bm25s.BM25(method="lucene")
        self._vocabulary: set[str] = set()
        tokens = [words(text) for text in texts]
        self._vocabulary.update(*tokens)
        if self._vocabulary:
            self._lexical.index(tokens, show_progress=False)

    def search(self, query: str, k: int = 10) -> tuple[IntArray, FloatArray]:
        """The `k` best texts and their fused scores, best first; of equals the one that was given first.

        Args:
            query: A few words in any language that the encoder knows.
            k: How many; fewer where there are fewer texts.

        Raises:
            ValueError: The query is empty.
        """
        if not query.strip():
            raise ValueError("the query is empty; give a few words")
        n = len(self._vectors)
        scores = reciprocal_rank_fusion([self.lexical(query), self.dense(query)], n)
        best = np.argsort(-scores, kind="stable")[:k].astype(np.int64)
        found = scores[best] > 0
        return best[found], scores[best][found]

    def lexical(self, query: str) -> IntArray:
        """Up to `CANDIDATES` texts that share words with the query, best first by BM25.

        Function words such as "with" and "for" are rare in titles, so BM25 would take them for the subject.
        """
        known = [w for w in words(query) if w in self._vocabulary and w not in STOPWORDS_EN]
        if not known:
            return np.zeros(0, dtype=np.int64)
        return _best(self._lexical.get_scores(known), positive=True)

    def dense(self, query: str) -> IntArray:
        """The `CANDIDATES` texts whose vectors are nearest to the query's, best first."""
        return _best(self._vectors @ self._encoder.encode([query], role="query")[0], positive=False)


def _best(scores: npt.NDArray[np.float32], *, positive: bool) -> IntArray:
    order = np.argsort(-scores, kind="stable")[:CANDIDATES].astype(np.int64)
    return order[scores[order] > 0] if positive else order
