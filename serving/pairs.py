"""What the second stage knows of a user and a product: scores, shared facts, what followed what."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ..data import Histories
from ..data.dataset import FloatArray, IntArray
from ..data.matrices import Matrix, incidence
from ..kg import GraphArrays
from .index import Parts

SCORES = ("first", "graph", "text", "paths")
"""Scores over the whole catalogue, each given raw, as the distance to the user's best, and as a rank."""

FEATURES = (
    *(f"{score}{form}" for score in SCORES for form in ("", "_gap", "_rank")),
    *("graph_last", "graph_best", "text_last", "text_best", "paths_last", "paths_back"),
    *("leaf_last", "leaf_share", "brand_last", "brand_share"),
    *("leaf_events", "brand_events", "events", "events_last", "events_now", "cold", "history"),
)
"""Names of the features, in their order. `last` compares with the last product, `best` is the most with any
recent one, `share` the recency-weighted part of the history with the same leaf category or brand; `now`
counts recent events more."""

RECENT = 20
"""How many of the last products `best` looks at."""

DECAY = 0.3
"""Decay per event of the shares."""


@dataclass(frozen=True)
class PairFeatures:
    """Computes the features; products are rows, as in the index."""

    leaf: IntArray
    """Number of each product's leaf category, -1 for none, `(n_products,)`."""
    brand: IntArray
    """Number of each product's brand, -1 for none, `(n_products,)`."""

    @classmethod
    def of(cls, arrays: GraphArrays) -> "PairFeatures":
        """From the exported graph."""
        return cls(_fact(arrays, "IN_CATEGORY", "Category"), _fact(arrays, "MADE_BY", "Brand"))

    def compute(self, parts: Parts, candidates: IntArray) -> FloatArray:
        """The features of every user with each of its candidates, `(n_users, k, n_features)`.

        Args:
            parts: What the first stage says of `n_users`, each with at least one event.
            candidates: Product rows, `(n_users, k)`.
        """
        index, histories = parts.index, parts.histories
        last = histories.products[histories.offsets[1:] - 1]
        out: dict[str, npt.NDArray[np.generic]] = {}
        every = {"first": parts.scores, "graph": parts.graph, "text": parts.text, "paths": parts.paths}
        for name, scores in every.items():
            own = np.take_along_axis(scores, candidates, axis=1)
            out[name] = own
            out[f"{name}_gap"] = own - own.max(axis=1, keepdims=True)
            out[f"{name}_rank"] = (-own).argsort(axis=1, kind="stable").argsort(axis=1)
        recent = _padded(histories, RECENT)  # (n_users, RECENT)
        for name, vectors in (("graph", index.unit), ("text", index.text)):
            those = vectors[candidates]  # (n_users, k, d)
            out[f"{name}_last"] = (those @ vectors[last][:, :, None])[:, :, 0]
            out[f"{name}_best"] = (those @ vectors[recent].transpose(0, 2, 1)).max(axis=2)
        out["paths_last"] = np.take_along_axis(index.leads_to[last].toarray(), candidates, axis=1)
        out["paths_back"] = np.take_along_axis(index.comes_from[last].toarray(), candidates, axis=1)
        taste = incidence(histories, len(index.ids), DECAY)
        for name, fact in (("leaf", self.leaf), ("brand", self.brand)):
            known = fact[candidates] >= 0
            out[f"{name}_last"] = known & (fact[candidates] == fact[last][:, None])
            out[f"{name}_share"] = np.where(known, _share(taste, fact, candidates), 0)
            out[f"{name}_events"] = np.where(known, np.log1p(_totals(index.n_events, fact))[candidates], 0)
        events = np.log1p(index.n_events)
        out["events"], out["events_last"] = events[candidates], events[last][:, None]
        out["events_now"] = index.popularity[candidates]
        out["cold"] = index.n_events[candidates] == 0
        out["history"] = histories.lengths[:, None]
        return np.stack([np.broadcast_to(out[name], candidates.shape) for name in FEATURES], axis=2).astype(
            np.float32
        )


def _fact(arrays: GraphArrays, relation: str, label: str) -> IntArray:
    out = np.full(len(arrays.nodes["Product"]), -1, dtype=np.int64)
    edges = arrays.edges.get(("Product", relation, label))
    if edges is not None:
        out[edges.source] = edges.target
    return out


def _totals(counts: IntArray, fact: IntArray) -> IntArray:
    """The count of all products with the same fact as each, `(n_products,)`."""
    return np.bincount(fact + 1, weights=counts)[fact + 1]


def _share(taste: Matrix, fact: IntArray, candidates: IntArray) -> FloatArray:
    """What part of each history's weight has the same fact as each candidate, `(n_users, k)`."""
    n_facts = int(fact.max(initial=0)) + 1
    known = np.flatnonzero(fact >= 0)
    has = sp.csr_array((np.ones(len(known), np.float32), (known, fact[known])), shape=(len(fact), n_facts))
    weight = (taste @ has).toarray() / taste.sum(axis=1)[:, None]
    return np.take_along_axis(weight, np.maximum(fact[candidates], 0), axis=1).astype(np.float32)


def _padded(histories: Histories, most: int) -> IntArray:
    """The last `most` products of each user, the latest repeated where there are fewer, `(n_users, most)`."""
    place = histories.offsets[1:, None] - 1 - np.arange(most)
    return histories.products[
        np.where(place >= histories.offsets[:-1, None], place, histories.offsets[1:, None] - 1)
    ]
