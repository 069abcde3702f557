"""Everything that answers are computed from, at one moment: never changed, only replaced as a whole."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from ..data.dataset import FloatArray, IntArray
from ..kg import EVENT_RELATIONS, GraphStore
from .baskets import Baskets
from .catalogue import Catalogue
from .past import Past
from .profile import CatalogueShares
from .ranker import Ranker
from .results import Product
from .run import Run

if TYPE_CHECKING:
    from ..encoders import EmbeddingCache, TextEncoder
    from .search.product_search import ProductSearch


class Texts:
    """How products read and what BERT makes of it; torch and the encoder are loaded when first needed."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._state = run.state()
        self._lock = threading.Lock()

    def of(self, products: Sequence[Product]) -> list[str]:
        """The texts of products."""
        from ..encoders import DEFAULT_TEMPLATE, product_texts

        fields = [
            {
                "title": product.title,
                "description": product.description,
                "brand": product.brand,
                "category": product.category.rsplit(" > ", 1)[-1].replace("\\>", ">"),
                "attributes": ", ".join(
                    value for _, values in sorted(product.attributes.items()) for value in sorted(values)
                ),
            }
            for product in products
        ]
        return product_texts(fields, self._state.template or DEFAULT_TEMPLATE)

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of texts, `(n_texts, d_bert)`, encoded where the run's folder has them not yet."""
        with self._lock:
            return self._cache.encode(self.encoder, texts)

    @cached_property
    def encoder(self) -> "TextEncoder":
        """The run's encoder."""
        return self._run.encoder()

    @cached_property
    def _cache(self) -> "EmbeddingCache":
        from ..encoders import EmbeddingCache

        return EmbeddingCache(self._run.embeddings)


@dataclass(frozen=True)
class Snapshot:
    """A run as it is loaded: its graph, what ranks, what is known of products, and what users did."""

    run: Run
    store: GraphStore
    ranker: Ranker
    catalogue: Catalogue
    texts: Texts
    past: Past
    baskets: Baskets
    _searching: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, run: Run, *, writable: bool) -> Self:
        """A run with its graph, which is closed again if it cannot be loaded."""
        store = run.open(read_only=not writable)
        try:
            return cls.load(run, store)
        except BaseException:
            store.close()
            raise

    @classmethod
    def load(cls, run: Run, store: GraphStore) -> Self:
        """The run with all that its graph holds by now, products included that came after training."""
        ranker, texts = Ranker.load(run.index), Texts(run)
        there = store.frame("MATCH (p:Product) RETURN p.id AS id")
        new = sorted(name for name in there["id"] if name not in ranker.index.rows)
        catalogue = Catalogue.of(store, [*ranker.index.ids, *new])
        if new:
            products = [catalogue.product(catalogue.rows[name], 0) for name in new]
            ranker = ranker.with_products(products, texts.vectors(texts.of(products)))
        counts = _event_counts(store, ranker)
        if (counts != ranker.index.n_events).any():
            ranker = ranker.with_events(counts)
        past = Past(store, remember=run.state().store is None)
        return cls(run, store, ranker, catalogue, texts, past, Baskets.load(run.baskets))

    @property
    def search(self) -> "ProductSearch":
        """The text search, built when it is first asked for."""
        with self._searching:
            return self._search

    @cached_property
    def _search(self) -> "ProductSearch":
        from .search.product_search import ProductSearch

        products = [self.catalogue.product(row, 0) for row in range(len(self.catalogue.ids))]
        texts = self.texts.of(products)
        return ProductSearch.of(
            self.catalogue,
            texts,
            self.texts.vectors(texts),
            self.texts.encoder,
            encode=self.texts.vectors,
            weight=self.ranker.index.popularity,
        )

    @cached_property
    def shares(self) -> CatalogueShares:
        """How large a part of the catalogue each fact is of."""
        return CatalogueShares.of(self.catalogue)

    def of_run(self, run: Run, *, writable: bool) -> Self:
        """Another run, or the same one as it has been trained meanwhile, as ready as this one."""
        if run.folder.resolve() == self.run.folder.resolve():
            return self.load(run, self.store).as_ready_as(self)
        return self.open(run, writable=writable).as_ready_as(self)

    def as_ready_as(self, other: "Snapshot") -> Self:
        """The same, with the text search built already if the other's is."""
        if "_search" in other.__dict__:
            _ = self.search
        return self

    def with_products(self, products: Sequence[Product]) -> Self:
        """The snapshot with products that it lacks at its end, and with what changed of those it has."""
        new = [product for product in products if product.product_id not in self.catalogue.rows]
        after = self._replaced(catalogue=self.catalogue.with_products(products))
        texts, vectors = self.texts.of(new), None
        if new:
            vectors = self.texts.vectors(texts)
            after = after._replaced(ranker=self.ranker.with_products(new, vectors))
        if "_search" not in self.__dict__:
            return after
        if any(self._reads_otherwise(product) for product in products):
            return after.as_ready_as(self)
        placed = self._search.vectors[:0] if vectors is None else vectors
        after.__dict__["_search"] = self._search.with_products(after.catalogue, texts, placed)
        return after

    def _reads_otherwise(self, product: Product) -> bool:
        """Whether a known product has another title or description than it had."""
        row = self.catalogue.rows.get(product.product_id)
        if row is None:
            return False
        there = self.catalogue.titles[row], self.catalogue.descriptions[row]
        return there != (product.title, product.description)

    def with_events(self, rows: IntArray) -> Self:
        """The snapshot with one more event of each product row."""
        counts = self.ranker.index.n_events.copy()
        np.add.at(counts, rows, 1)
        return self._with_counts(counts)

    def recounted(self) -> Self:
        """The snapshot with as many events of each product as the graph has now."""
        return self._with_counts(_event_counts(self.store, self.ranker))

    def _with_counts(self, counts: IntArray) -> Self:
        after = self._replaced(ranker=self.ranker.with_events(counts))
        kept = ("_search", "shares")  # what depends on no event
        after.__dict__.update({name: self.__dict__[name] for name in kept if name in self.__dict__})
        return after

    def _replaced(self, **changes: object) -> Self:
        return replace(self, **changes, _searching=threading.Lock())  # type: ignore[arg-type]


def _event_counts(store: GraphStore, ranker: Ranker) -> IntArray:
    """Events of each product in the graph, `(n_products,)`."""
    counts = np.zeros(len(ranker.index.ids), dtype=np.int64)
    for relation in EVENT_RELATIONS.values():
        found = store.frame(f"MATCH (:User)-[r:{relation}]->(p:Product) RETURN p.id AS id, count(*) AS n")
        for name, n in zip(found["id"], found["n"], strict=True):
            counts[ranker.index.rows[name]] += n
    return counts
