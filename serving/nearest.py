"""A short list of products that may be best for one user, found without scoring all of them."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.dataset import FloatArray, IntArray

if TYPE_CHECKING:
    from .index import Index

AXES = 96
"""Products are compared along so many axes, those along which the catalogue is widest."""

SHORT = 150
"""So many products with events, without events, and that paths lead to make the short list, which is then
scored exactly; four times as many where not all are looked at."""

LARGE = 2_000
"""In a catalogue of fewer products all are scored exactly."""

SCANNED = 30_000
"""Up to so many products are all looked at; more are kept in lists around centroids (Jégou et al. 2011)."""

PROBED = 3
"""So many times the root of the number of lists is how many of them are looked at."""

LEARNED_FROM = 160_000
"""Axes and centroids are learned from at most so many products."""


@dataclass(frozen=True)
class Part:
    """Some products of the catalogue, along few axes."""

    rows: IntArray
    """Product rows, ascending, `(n,)`."""
    vectors: FloatArray
    """`(n, d + 1)`; the last column is what a product gets whoever asks."""

    def best(self, query: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """The `k` products with the largest products of vectors, in no order, and these.

        Args:
            query: `(d + 1,)`.
            k: How many; fewer where there are fewer.
        """
        if self._lists is None:
            scores: FloatArray = self.vectors @ query
            if k >= len(scores):
                return self.rows, scores
            places = np.argpartition(scores, len(scores) - k)[len(scores) - k :]
            return self.rows[places], scores[places]
        scores, places = (found[0] for found in self._lists.search(query[None], k))
        return self.rows[places[places >= 0]], scores[places >= 0]

    @cached_property
    def _lists(self) -> Any:
        """Lists of products around centroids; None where looking at all is quicker."""
        n, d = self.vectors.shape
        if n <= SCANNED:
            return None
        import faiss

        some = np.random.default_rng(0).permutation(n)[:LEARNED_FROM]
        n_lists = 4 * round(n**0.5)
        lists: Any = faiss.index_factory(d, f"IVF{n_lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        lists.train(self.vectors[some])
        lists.add(self.vectors)
        lists.nprobe = round(PROBED * n_lists**0.5)
        return lists


@dataclass(frozen=True)
class Nearest:
    """Finds the short list: by the inner product along the axes, and by the strongest paths.

    What a product gets for its events is as of when this was made; the exact scores are not.
    """

    axes: FloatArray
    """From graph, text and spectral vectors, side by side, to the axes, `(d + d_text + k, AXES)`."""
    scales: tuple[float, float, float]
    """What a user's vector of each kind is multiplied by before; a product's are so that its weight comes of
    both."""
    parts: tuple[Part, ...]
    """Products with events, without events, and those that were added since."""

    @classmethod
    def of(cls, index: "Index") -> "Nearest":
        """Learn the axes of a catalogue and place its products."""
        scales = (1.0, float(np.sqrt(index.text_weights.max())), float(np.sqrt(index.fusion.spectral_weight)))
        some = np.random.default_rng(0).permutation(len(index.ids))[:LEARNED_FROM]
        x = _side_by_side(index, some, scales)
        _, axes = np.linalg.eigh(x.T @ x)
        placed = cls(np.ascontiguousarray(axes[:, -AXES:]), scales, ())
        rows = (np.flatnonzero(index.n_events > 0), np.flatnonzero(index.n_events == 0))
        return replace(placed, parts=tuple(placed._part(index, own) for own in rows if len(own)))

    def with_products(self, index: "Index", n: int) -> "Nearest":
        """The same for an index with products after its first `n`."""
        return replace(self, parts=(*self.parts, self._part(index, np.arange(n, len(index.ids)))))

    def shortlist(
        self,
        asked: tuple[FloatArray, FloatArray, FloatArray],
        reached: IntArray,
        strengths: FloatArray,
        history: IntArray,
    ) -> IntArray:
        """Rows of products that may be best, ascending, none of them in the history.

        Args:
            asked: The user's query, taste and leaning, each at unit length, `(d,)`, `(d_text,)` and `(k,)`.
            reached: Products that paths lead to, `(n_reached,)`.
            strengths: Of these paths, `(n_reached,)`.
            history: Product rows.
        """
        scaled = [np.float32(scale) * vector for scale, vector in zip(self.scales, asked, strict=True)]
        along = np.append(np.concatenate(scaled) @ self.axes, np.float32(1))
        looked_at_all = all(len(part.rows) <= SCANNED for part in self.parts)
        k = (SHORT if looked_at_all else 4 * SHORT) + len(history)
        found = [part.best(along, k)[0] for part in self.parts]
        if len(reached) > k:
            reached = reached[np.argpartition(strengths, len(reached) - k)[len(reached) - k :]]
        rows = np.sort(np.concatenate([*found, reached]))
        keep = np.diff(rows, prepend=-1) > 0
        keep[places(rows, history)] = False
        return rows[keep]

    def _part(self, index: "Index", rows: IntArray) -> Part:
        vectors = np.empty((len(rows), self.axes.shape[1] + 1), dtype=np.float32)
        for start in range(0, len(rows), CHUNK):
            own = slice(start, start + CHUNK)
            vectors[own, :-1] = _side_by_side(index, rows[own], self.scales) @ self.axes
        vectors[:, -1] = index.prior[rows]
        return Part(rows, vectors)


CHUNK = 100_000
"""So many products are placed at once, which bounds the memory."""


def places(ascending: IntArray, wanted: IntArray) -> IntArray:
    """Where those of the wanted numbers stand that are there, the first place of each.

    >>> places(np.array([2, 5, 7]), np.array([7, 3, 2])).tolist()
    [2, 0]
    """
    at = np.searchsorted(ascending, wanted)
    at, wanted = at[at < len(ascending)], wanted[at < len(ascending)]
    out: IntArray = at[ascending[at] == wanted]
    return out


def _side_by_side(index: "Index", rows: IntArray, scales: tuple[float, float, float]) -> FloatArray:
    _, text_scale, spectral_scale = scales
    text = index.text_weights[rows, None] / max(text_scale, 1e-12) * index.text[rows]
    return np.hstack([index.unit[rows], text, np.float32(spectral_scale) * index.spectral[rows]])
