"""The Python API: recommendations, similar products, search and explanations from a run folder."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from ..data import EVENT_TYPES, StoreError
from ..kg.reviews import ProductReviews, product_reviews
from .catalogue import Catalogue
from .changes import add_events, add_products, forget_user
from .explain import Explanation, explain
from .filters import Filter
from .index import Index
from .live import Event, NewProduct
from .policy import Policy
from .profile import Profile, profile_of
from .ranker import one_user
from .ranking import allowed, check_k, complete, history, ranking, recommend, similar, timeline
from .results import PastEvent, Product, Recommendations, Table
from .run import Run
from .search.results import SearchResult, Suggestion, Understanding
from .snapshot import Snapshot

Unknown = Literal["popular", "error"]
Who = str | Sequence[str]
"""A user id, or product ids that a visitor touched, oldest first."""


class Recommender:
    """Answers questions about one shop from a trained run; many threads may ask at once.

    Use it as `Recommender.load("runs/demo").for_user("1158", k=5).to_frame()`.

    Every answer is computed from one snapshot of the run. Loaded with `writable=True` it takes new events and
    products: they are in the graph, and count for every later answer, when the call returns.
    """

    def __init__(self, snapshot: Snapshot, *, writable: bool) -> None:
        """Use `Recommender.load` instead."""
        self._now = snapshot
        self._writable = writable
        self._changing = threading.Lock()

    @classmethod
    def load(cls, run: str | Path, *, writable: bool = False) -> Self:
        """The recommender of a run folder that `cartograph train` has finished.

        Args:
            run: The folder.
            writable: Whether events and products can be added. An embedded graph is then closed to all other
                processes; for reading, several may share it.

        Raises:
            RunError: The folder is not a run, or is not trained.
            StoreError: Its graph cannot be opened.
        """
        return cls(Snapshot.open(Run(Path(run)), writable=writable), writable=writable)

    @property
    def index(self) -> Index:
        """The first stage of the ranking, as arrays."""
        return self._now.ranker.index

    @property
    def catalogue(self) -> Catalogue:
        """What is known of the products, by row of the index."""
        return self._now.catalogue

    @property
    def run(self) -> Run:
        """The run that answers."""
        return self._now.run

    def close(self) -> None:
        """Let go of the graph."""
        self._now.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def for_user(
        self,
        user_id: str,
        k: int = 10,
        *,
        where: Filter = Filter(),
        policy: Policy = Policy(),
        exclude_seen: bool = True,
        unknown: Unknown = "popular",
    ) -> Recommendations:
        """The `k` best products for a user; for one without events, what is popular now.

        Args:
            user_id: As in the events.
            k: How many; fewer where fewer are left.
            where: Which products may be shown.
            policy: Rules, diversity and room for new products.
            exclude_seen: Whether to leave out what the user had already.
            unknown: Whether a user that the graph does not know is served by popularity or is an error.

        Raises:
            UnknownIdError: The user is not known, and that is an error.
        """
        now = self._now
        return recommend(
            now, history(now, user_id, known=unknown == "error"), k, where, policy, exclude_seen=exclude_seen
        )

    def for_users(
        self,
        user_ids: Sequence[str],
        k: int = 10,
        *,
        where: Filter = Filter(),
        policy: Policy = Policy(),
        exclude_seen: bool = True,
        unknown: Unknown = "popular",
    ) -> dict[str, Recommendations]:
        """The same for many users, by user; all from one snapshot."""
        now = self._now
        return {
            user_id: recommend(
                now,
                history(now, user_id, known=unknown == "error"),
                k,
                where,
                policy,
                exclude_seen=exclude_seen,
            )
            for user_id in user_ids
        }

    def for_events(
        self,
        product_ids: Sequence[str],
        k: int = 10,
        *,
        where: Filter = Filter(),
        policy: Policy = Policy(),
        exclude_seen: bool = True,
    ) -> Recommendations:
        """The `k` best products after some events, as for a visitor who is not in the graph.

        Args:
            product_ids: What the visitor touched, oldest first; may be empty.
            k: How many.
            where: Which products may be shown.
            policy: Rules, diversity and room for new products.
            exclude_seen: Whether to leave these products out.

        Raises:
            UnknownIdError: A product is not in the index.
        """
        now = self._now
        return recommend(now, history(now, list(product_ids)), k, where, policy, exclude_seen=exclude_seen)

    def rank(self, user_id: str, product_id: str) -> int:
        """Where a product stands for a user among all that the user has not had, 1 for the best.

        Raises:
            UnknownIdError: The user or the product is not known.
        """
        now = self._now
        events, row = history(now, user_id), now.catalogue.row(product_id)
        scores = now.ranker.scores(one_user(events))[0]
        own = scores[row]
        scores[events] = -np.inf
        return int((scores > own).sum()) + 1

    def similar(
        self, product_id: str, k: int = 10, *, where: Filter = Filter(), policy: Policy = Policy()
    ) -> Recommendations:
        """The `k` products most like a product: used alike, described alike.

        Raises:
            UnknownIdError: The product is not in the index.
        """
        now = self._now
        return similar(now, now.catalogue.row(product_id), k, where, policy)

    def complete_basket(
        self,
        product_ids: Sequence[str],
        k: int = 10,
        *,
        where: Filter = Filter(),
        policy: Policy = Policy(),
    ) -> Recommendations:
        """The `k` products that go best with a basket: what it lacks, rather than what could stand in for it.

        Raises:
            UnknownIdError: A product is not in the index.
        """
        now = self._now
        return complete(now, history(now, list(product_ids)), k, where, policy)

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        where: Filter = Filter(),
        user: Who | None = None,
        personal: float = 0.0,
        expand: bool = True,
        understand: bool = True,
    ) -> SearchResult:
        """The `k` products that a query means, by its words, by its meaning, and through the graph.

        Args:
            query: A few words in any language that the encoder knows.
            k: How many.
            where: Which products may be shown.
            user: For whom.
            personal: How much the user's own preference counts beside the query, in [0, 1].
            expand: Whether brands, categories and attributes that the query names or means help.
            understand: Whether a price limit in the query, such as `under 50`, is kept.

        Raises:
            ValueError: The query is empty.
            UnknownIdError: A product is not in the index.
        """
        check_k(k)
        now = self._now
        preference = None
        if user is not None and personal:
            preference = now.ranker.index.scores(one_user(history(now, user, known=False)))[0]
        found = now.search.search(
            query,
            k,
            allowed=allowed(now, where),
            preference=preference,
            personal=personal,
            expand=expand,
            understand=understand,
        )
        return found.shown(ranking(now, found.rows, found.scores).items)

    def understand(self, query: str) -> Understanding:
        """What the words of a query are, brand, kind of thing, price limit and so on, and what it asks for.

        Learned from the catalogue: its names, and where words stand in its titles.
        """
        return self._now.search.understand(query)

    def suggest(self, prefix: str, k: int = 8) -> list[Suggestion]:
        """What the beginning of a query may become: products, brands, categories, attributes, words."""
        return self._now.search.suggest(prefix, k)

    def explain(self, user: Who, product_id: str) -> Explanation:
        """Why a product has its score for a user: exact contributions by event and channel, and graph paths.

        Args:
            user: A user id, or product ids that a visitor touched, oldest first.
            product_id: Any product of the index.

        Raises:
            UnknownIdError: The user or a product is not known.
        """
        now = self._now
        events = history(now, user)
        return explain(now.ranker, now.catalogue, now.store, events, now.catalogue.row(product_id))

    def profile(self, user: Who) -> Profile:
        """What the graph knows of a user: brands, kinds, attributes, prices, and how they change.

        Args:
            user: A user id, or product ids that a visitor touched, oldest first.

        Raises:
            UnknownIdError: The user or a product is not known.
        """
        now = self._now
        return profile_of(now.catalogue, now.shares, *timeline(now, user))

    def history(self, user_id: str, k: int = 50) -> list[PastEvent]:
        """The `k` latest events of a user, latest first; none for a user that the graph does not know."""
        now = self._now
        return [
            PastEvent(product, now.catalogue.title(now.catalogue.rows[product]), EVENT_TYPES[kind], at)
            for at, kind, product in reversed(now.past.of(user_id, now.catalogue.rows)[0][-k:])
        ]

    def product(self, product_id: str) -> Product:
        """All that is known of a product.

        Raises:
            UnknownIdError: It is not in the index.
        """
        now = self._now
        row = now.catalogue.row(product_id)
        return now.catalogue.product(row, int(now.ranker.index.n_events[row]))

    def reviews(self, product_id: str) -> ProductReviews:
        """What users wrote of a product: how many, how pleased, and what they praise and blame it for.

        Raises:
            UnknownIdError: It is not in the index.
        """
        return product_reviews(self._now.store, self.product(product_id).product_id)

    def users(self, prefix: str = "", k: int = 20) -> list[str]:
        """The first `k` user ids that begin so."""
        return self._now.past.users(prefix, k)

    def counts(self) -> dict[str, int]:
        """How many nodes of each label and relationships of each type the graph has."""
        return self._now.store.counts()

    def cypher(
        self,
        statement: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float = 5.0,
        limit: int = 1000,
    ) -> Table:
        """The answer of the graph to a read-only statement.

        Args:
            statement: One Cypher statement that only reads.
            params: Its parameters.
            timeout: Seconds after which it is ended.
            limit: Most rows.

        Raises:
            StoreError: It may do more than read, takes too long, or is not understood.
        """
        with self._now.store.read_only(timeout) as session:
            columns, rows = session.table(statement, params, limit=limit + 1)
        return Table(tuple(columns), tuple(map(tuple, rows[:limit])), len(rows) > limit)

    def add_events(self, events: Sequence[Event]) -> None:
        """Add events of known products, by users who may be new; an event given twice counts once.

        They are in the graph when this returns, and count for the next answer.

        Raises:
            StoreError: The recommender was loaded for reading only, or the graph cannot be written.
            UnknownIdError: A product is not in the index; nothing is added then.
        """
        with self._changing:
            self._now = add_events(self._to_change(), events)

    def add_products(self, products: Sequence[NewProduct]) -> None:
        """Add products, which can be recommended, searched for and explained when this returns.

        One that is there already gets the new title, description, price, image and stock; its brand,
        category and attributes are learned in training, so they change with `cartograph load` and `train`.

        Raises:
            StoreError: The recommender was loaded for reading only, or the graph cannot be written.
            DataError: A product is given twice, or one that is there has other facts.
        """
        with self._changing:
            self._now = add_products(self._to_change(), products)

    def forget(self, user_id: str) -> None:
        """Delete a user, and every trace of them in the run folder; see `forgetting.forget`.

        When this returns nothing is left, also after a kill. What training learned from the user, together
        with all others, stays in the weights until the next one.

        Raises:
            StoreError: The recommender was loaded for reading only, or the graph cannot be written.
            UnknownUserError: There is no such user, and no trace.
        """
        with self._changing:
            self._now = forget_user(self._to_change(), user_id)

    def reload(self, run: str | Path | None = None) -> None:
        """Answer from another run, or from the same one as it has been trained meanwhile.

        Answers go on from the old one until the new one is ready.

        Args:
            run: A run folder; the same when absent.

        Raises:
            RunError: The folder is not a trained run; the old one stays.
        """
        with self._changing:
            folder = self._now.run if run is None else Run(Path(run))
            self._now = self._now.of_run(folder, writable=self._writable)

    def _to_change(self) -> Snapshot:
        if not self._writable:
            raise StoreError(
                f"{self._now.run.folder} is open for reading; load it with writable=True to add to it"
            )
        return self._now
