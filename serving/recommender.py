"""The Python API: recommendations, similar products, search and explanations from a run folder."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import pandas as pd

from ..data import EVENT_TYPES, Histories, UnknownIdError
from ..data.dataset import FloatArray, IntArray
from ..kg import EVENT_RELATIONS, GraphStore, export
from .catalogue import Catalogue
from .explain import Contribution, Explanation, channel_contributions
from .ranker import Ranker
from .results import Recommendation, Recommendations
from .run import Run

if TYPE_CHECKING:
    from .search import SearchIndex

Unknown = Literal["popular", "error"]

_WHY = {
    "collaborative": "often chosen by the same people",
    "bought in turn": "often chosen after it",
    "brand": "brands that go together",
    "category": "kinds that go together",
    "attribute": "attributes that go together",
    "word": "words that go together",
    "text": "described alike",
}
"""What it means that a channel contributes most."""


class Recommender:
    """Answers questions about one shop from a trained run.

    Users' events are read from the graph at every question, so an event that has been written counts at once.

    Use it as `Recommender.load("runs/demo").for_user("1158", k=5).to_frame()`.
    """

    def __init__(self, run: Run, ranker: Ranker, store: GraphStore) -> None:
        """Use `Recommender.load` instead."""
        self._run = run
        self._store = store
        self.ranker = ranker
        self.index = ranker.index
        self.catalogue = Catalogue.of(store, ranker.index)

    @classmethod
    def load(cls, run: str | Path) -> Self:
        """The recommender of a run folder that `cartograph train` has finished.

        Raises:
            RunError: The folder is not a run, or is not trained.
            StoreError: Its graph cannot be opened.
        """
        folder = Run(Path(run))
        folder.state()
        ranker = Ranker.load(folder.index)
        return cls(folder, ranker, folder.open(read_only=True))

    def close(self) -> None:
        """Let go of the graph."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def for_user(
        self, user_id: str, k: int = 10, *, exclude_seen: bool = True, unknown: Unknown = "popular"
    ) -> Recommendations:
        """The `k` best products for a user; for one without events, what is popular now.

        Args:
            user_id: As in the events.
            k: How many; fewer where the catalogue is smaller.
            exclude_seen: Whether to leave out what the user had already.
            unknown: Whether a user that the graph does not know is served by popularity or is an error.

        Raises:
            UnknownIdError: The user is not known, and that is an error.
        """
        return self._recommend(self._events_of(user_id, unknown), k, exclude_seen)

    def rank(self, user_id: str, product_id: str) -> int:
        """Where a product stands for a user among all that the user has not had, 1 for the best.

        Raises:
            UnknownIdError: The user or the product is not known.
        """
        events = self._events_of(user_id, "error")
        scores = self._scores(events)
        own = scores[self.catalogue.row(product_id)]
        scores[events] = -np.inf
        return int((scores > own).sum()) + 1

    def for_events(
        self, product_ids: Sequence[str], k: int = 10, *, exclude_seen: bool = True
    ) -> Recommendations:
        """The `k` best products after some events, as for a visitor who is not in the graph.

        Args:
            product_ids: What the visitor touched, oldest first; may be empty.
            k: How many.
            exclude_seen: Whether to leave these products out.

        Raises:
            UnknownIdError: A product is not in the index.
        """
        rows = np.array([self.catalogue.row(product) for product in product_ids], dtype=np.int64)
        return self._recommend(rows, k, exclude_seen)

    def similar(self, product_id: str, k: int = 10) -> Recommendations:
        """The `k` products most like a product: used alike, described alike.

        Raises:
            UnknownIdError: The product is not in the index.
        """
        row = self.catalogue.row(product_id)
        text = self.index.fusion.text_weight * (self.index.text @ self.index.text[row])
        scores = self.index.unit @ self.index.unit[row] + text
        scores[row] = -np.inf
        order = _top(scores, k)
        reasons = [", ".join(self.catalogue.shared(row, other)) for other in order]
        return self._ranking(order, scores, reasons)

    def search(self, query: str, k: int = 10) -> Recommendations:
        """The `k` products that a query means, by its words and by its meaning.

        Raises:
            ValueError: The query is empty.
        """
        rows, found = self._search_index.search(query, k)
        scores = np.zeros(len(self.index.ids), dtype=np.float32)
        scores[rows] = found
        return self._ranking(rows, scores, [""] * len(rows))

    def explain(self, user: str | Sequence[str], product_id: str) -> Explanation:
        """Why a product has its score for a user: exact contributions by event and channel, and graph paths.

        Args:
            user: A user id, or product ids that a visitor touched, oldest first.
            product_id: Any product of the index.

        Raises:
            UnknownIdError: The user or a product is not known.
        """
        if isinstance(user, str):
            events = self._events_of(user, "error")
        else:
            events = np.array([self.catalogue.row(product) for product in user], dtype=np.int64)
        return self._explanation(events, self.catalogue.row(product_id))

    @cached_property
    def _search_index(self) -> "SearchIndex":
        from ..encoders import (
            DEFAULT_ENCODER,
            DEFAULT_TEMPLATE,
            EmbeddingCache,
            embed_graph,
            load_encoder,
            node_texts,
        )
        from .search import SearchIndex

        state = self._run.state()
        arrays = export(self._store)
        encoder = load_encoder(state.encoder or DEFAULT_ENCODER)
        template = state.template or DEFAULT_TEMPLATE
        cache = EmbeddingCache(self._run.embeddings)
        vectors = embed_graph(arrays, encoder, cache, template=template, progress=False)["Product"]
        texts = node_texts(arrays, template)["Product"]
        place = pd.Index(arrays.nodes["Product"]["id"].to_numpy(object)).get_indexer(pd.Index(self.index.ids))
        return SearchIndex([texts[i] for i in place], vectors[place], encoder)

    def _events_of(self, user_id: str, unknown: Unknown) -> IntArray:
        """Product rows of a user's events, oldest first, ordered as in training."""
        found: list[tuple[int, int, str]] = []
        for kind, relation in EVENT_RELATIONS.items():
            events = self._store.query(
                f"MATCH (u:User {{id: $user}})-[r:{relation}]->(p:Product) RETURN r.at AS at, p.id AS id",
                {"user": user_id},
            )
            found += [(event["at"], EVENT_TYPES.index(kind), event["id"]) for event in events]
        if not found and unknown == "error":
            known = self._store.query("MATCH (u:User {id: $user}) RETURN u.id AS id", {"user": user_id})
            if not known:
                raise UnknownIdError(
                    f"no user {user_id!r} in {self._run.folder}; "
                    "give an id from the events, or a list of products"
                )
        rows = [self.index.rows[product] for _, _, product in sorted(found) if product in self.index.rows]
        return np.array(rows, dtype=np.int64)

    def _scores(self, events: IntArray) -> FloatArray:
        scores: FloatArray = self.ranker.scores(_one(events))[0]
        return scores

    def _recommend(self, events: IntArray, k: int, exclude_seen: bool) -> Recommendations:
        if k < 1:
            raise ValueError(f"k is {k}; it must be at least 1")
        if exclude_seen:
            scores = self._scores(events)
            scores[events] = -np.inf
        else:  # the second stage knows only products that are new to the user
            scores = self.index.scores(_one(events))[0]
        order = _top(scores, k)
        reasons = [self._reason(events, row) for row in order]
        return self._ranking(order, scores, reasons)

    def _reason(self, events: IntArray, row: int) -> str:
        if not len(events):
            return "popular now"
        names, amounts = channel_contributions(self.index, events, row)
        first = int(amounts.sum(axis=1).argmax())
        carrier = int(events[-len(amounts) :][first])
        why = self.catalogue.shared(carrier, row) or [_WHY[names[int(amounts[first].argmax())]]]
        return f"because of {self.catalogue.title(carrier)!r}: {', '.join(why)}"

    def _explanation(self, events: IntArray, row: int) -> Explanation:
        product, title = str(self.index.ids[row]), self.catalogue.title(row)
        parts = self.index.parts(_one(events))
        first = score = float(parts.scores[0, row])
        if not len(events):
            return Explanation(product, title, score, (), score, score)
        second: dict[str, float] = {}
        if self.ranker.second is not None:
            score = float(self._scores(events)[row])
            found = self.ranker.second.contributions(parts, row)
            second = found or {"not among the candidates": score - first}
        names, amounts = channel_contributions(self.index, events, row)
        counted = events[-len(amounts) :]
        contributions = [
            Contribution(
                str(self.index.ids[event]),
                self.catalogue.title(event),
                len(counted) - 1 - place,
                float(amounts[place].sum()),
                dict(zip(names, amounts[place].tolist(), strict=True)),
            )
            for place, event in enumerate(counted)
        ]
        contributions.sort(key=lambda c: -c.amount)
        carriers = [self.catalogue.row(c.product_id) for c in contributions[:3]]
        paths = tuple(
            dict.fromkeys(way for carrier in carriers for way in self.catalogue.paths(carrier, row))
        )
        prior = float(self.index.prior()[row])
        return Explanation(product, title, score, tuple(contributions), prior, first, second, paths)

    def _ranking(self, order: IntArray, scores: FloatArray, reasons: Sequence[str]) -> Recommendations:
        items = (
            Recommendation(score=float(scores[row]), reason=reason, **self.catalogue.facts(row))
            for row, reason in zip(order, reasons, strict=True)
        )
        return Recommendations(tuple(items))


def _one(events: IntArray) -> Histories:
    """The history of one visitor."""
    zeros = np.zeros(len(events), dtype=np.int64)
    return Histories(np.array([""], dtype=object), np.array([0, len(events)]), events, zeros, zeros)


def _top(scores: FloatArray, k: int) -> IntArray:
    """The `k` best products that are not left out; of equals the one with the smaller row."""
    k = min(k, int(np.isfinite(scores).sum()))
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    limit = np.partition(scores, len(scores) - k)[len(scores) - k]
    head = np.flatnonzero(scores >= limit)
    return head[np.argsort(-scores[head], kind="stable")][:k].astype(np.int64)
