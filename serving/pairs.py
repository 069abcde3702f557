"""What the second stage knows of a user and a product: scores, shared facts, what followed what."""

import numpy as np
import numpy.typing as npt

from ..data import Histories
from ..data.dataset import FloatArray, IntArray
from ..data.matrices import Matrix, entries, of_rows, unit
from .parts import Parts

SCORES = ("first", "graph", "text", "spectral", "paths", "facts")
"""Scores, each given raw, as the distance to the user's best, and as a rank among the candidates."""

FEATURES = (
    *(f"{score}{form}" for score in SCORES for form in ("", "_gap", "_rank")),
    *("graph_last", "graph_best", "text_last", "text_best", "facts_last", "facts_best"),
    *("paths_last", "paths_back"),
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


def pair_features(parts: Parts, columns: IntArray) -> FloatArray:
    """The features of every user with each of its candidates, `(n_users, k, n_features)`.

    Args:
        parts: What the first stage says of `n_users`, each with at least one event.
        columns: The candidates among the columns of `parts`, `(n_users, k)`.
    """
    index, histories = parts.index, parts.histories
    candidates = parts.rows[columns]
    last = histories.products[histories.offsets[1:] - 1]
    out: dict[str, npt.NDArray[np.generic]] = {}
    recent = _padded(histories, RECENT)  # (n_users, RECENT)
    described = described_alike(parts, candidates)  # (n_users, k, 1 + RECENT)
    every = (parts.scores, parts.graph, parts.text, parts.spectral, parts.paths)
    scores = (*(np.take_along_axis(each, columns, axis=1) for each in every), described[:, :, 0])
    for name, own in zip(SCORES, scores, strict=True):
        out[name] = own
        out[f"{name}_gap"] = own - own.max(axis=1, keepdims=True)
        out[f"{name}_rank"] = (-own).argsort(axis=1, kind="stable").argsort(axis=1)
    alike = {
        name: vectors[candidates] @ vectors[recent].transpose(0, 2, 1)
        for name, vectors in (("graph", index.unit), ("text", index.text))
    }
    for name, cosine in (*alike.items(), ("facts", described[:, :, 1:])):  # (n_users, k, RECENT)
        out[f"{name}_last"] = cosine[:, :, 0]
        out[f"{name}_best"] = cosine.max(axis=2)
    out["paths_last"] = _at(index.leads_to, last, candidates)
    out["paths_back"] = _at(index.comes_from, last, candidates)
    for name, fact, events in zip(
        ("leaf", "brand"), (index.leaf, index.brand), index.kind_events, strict=True
    ):
        own_fact = fact[candidates]
        known = own_fact >= 0
        out[f"{name}_last"] = known & (own_fact == fact[last][:, None])
        out[f"{name}_share"] = np.where(known, _share(histories, fact, own_fact), 0)
        out[f"{name}_events"] = events[candidates]
    out["events"] = np.log1p(index.n_events[candidates])
    out["events_last"] = np.log1p(index.n_events[last])[:, None]
    out["events_now"] = index.popularity[candidates]
    out["cold"] = index.n_events[candidates] == 0
    out["history"] = histories.lengths[:, None]
    pairs = np.empty((*candidates.shape, len(FEATURES)), dtype=np.float32)
    for place, name in enumerate(FEATURES):
        pairs[:, :, place] = out[name]
    return pairs


def described_alike(parts: Parts, candidates: IntArray) -> FloatArray:
    """Cosines of the candidates' facts with those of the whole history, and of its last products.

    The history's are their decayed sum, as with titles.

    Args:
        parts: What the first stage says of `n_users`.
        candidates: Product rows, `(n_users, k)`.

    Returns:
        `(n_users, k, 1 + RECENT)`: the history, then its last products, latest first, the latest repeated
        where there are fewer.
    """
    index = parts.index
    steps = np.arange(RECENT)
    out = np.empty((*candidates.shape, 1 + RECENT), dtype=np.float32)
    for user, rows in enumerate(candidates):
        events = parts.histories.of(user)[-index.max_history :]
        # No other fact of a candidate matters.
        named = np.unique(index.facts.indices[of_rows(index.facts, events)[1]]).astype(np.int64)
        described = entries(index.facts, events, named)  # (n_events, n_named)
        age = np.arange(len(events))[::-1]
        whole = np.exp(-index.fusion.text_decay * age).astype(np.float32) @ described
        last = described[len(events) - 1 - np.where(steps < len(events), steps, 0)]
        compared = np.vstack([unit(whole), last])
        out[user] = entries(index.facts, rows, named) @ compared.T
    return out


def _at(matrix: Matrix, rows: IntArray, columns: IntArray) -> FloatArray:
    """The entry of each row at each of its columns, `(n, k)`; the matrix has sorted indices."""
    out = np.zeros(columns.shape, dtype=np.float32)
    for place, row in enumerate(rows):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        there = matrix.indices[span]
        if len(there):
            at = np.minimum(np.searchsorted(there, columns[place]), len(there) - 1)
            out[place] = np.where(there[at] == columns[place], matrix.data[span][at], 0)
    return out


def _share(histories: Histories, fact: IntArray, wanted: IntArray) -> FloatArray:
    """What part of each history's weight has the fact that is wanted, `(n_users, k)`."""
    owners = histories.owners
    weight = np.exp(-DECAY * histories.ages)
    total = np.add.reduceat(weight, histories.offsets[:-1])
    own = fact[histories.products]
    known = own >= 0
    kinds, number = np.unique(np.concatenate([own[known], wanted.ravel()]), return_inverse=True)
    mine, asked = number[: known.sum()], number[known.sum() :].reshape(wanted.shape)
    shares = np.zeros((len(histories), len(kinds)))
    np.add.at(shares, (owners[known], mine), weight[known])
    return (np.take_along_axis(shares, asked, axis=1) / total[:, None]).astype(np.float32)


def _padded(histories: Histories, most: int) -> IntArray:
    """The last `most` products of each user, latest first, the latest repeated where there are fewer."""
    place = histories.offsets[1:, None] - 1 - np.arange(most)
    return histories.products[
        np.where(place >= histories.offsets[:-1, None], place, histories.offsets[1:, None] - 1)
    ]
