"""What is known of each product: what is shown of it, what filters ask for, what two have in common."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data import UnknownProductError
from ..data.dataset import BoolArray, IntArray
from ..kg import GraphStore
from .filters import Filter
from .results import Product


@dataclass(frozen=True)
class Catalogue:
    """Texts, brands, categories, prices and attributes of the indexed products, by row."""

    ids: list[str]
    rows: Mapping[str, int]
    """Row of every id."""
    titles: list[str]
    descriptions: list[str]
    images: list[str]
    prices: npt.NDArray[np.float64]
    """NaN where unknown, `(n_products,)`."""
    stocks: npt.NDArray[np.float64]
    """NaN where unknown, `(n_products,)`."""
    brands: list[str]
    categories: list[str]
    """Paths from the root to the leaf, `A > B > C`."""
    attributes: list[frozenset[str]]
    """Ids of attribute nodes."""
    facts: Mapping[str, tuple[str, str]]
    """Key and value of every attribute node."""

    @classmethod
    def of(cls, store: GraphStore, ids: Iterable[str]) -> "Catalogue":
        """Read what the graph says of these products; one that has left the graph keeps only its id."""
        names = [str(name) for name in ids]
        index = pd.Index(names, dtype=object)
        nodes = store.frame(
            "MATCH (p:Product) RETURN p.id AS id, p.title AS title, p.description AS description, "
            "p.image_url AS image_url, p.price AS price, p.stock AS stock"
        )
        shown = nodes.set_index(nodes["id"].astype(object)).reindex(index)
        texts = {
            name: shown[name].astype(object).where(shown[name].notna(), "").astype(str).tolist()
            for name in ("title", "description", "image_url")
        }
        attributes: list[set[str]] = [set() for _ in names]
        has = store.frame(
            "MATCH (p:Product)-[:HAS_ATTRIBUTE]->(a:Attribute) "
            "RETURN p.id AS id, a.id AS fact, a.key AS key, a.value AS value"
        )
        for row, fact in zip(index.get_indexer(pd.Index(has["id"], dtype=object)), has["fact"], strict=True):
            if row >= 0:
                attributes[row].add(fact)
        return cls(
            names,
            {name: row for row, name in enumerate(names)},
            texts["title"],
            texts["description"],
            texts["image_url"],
            shown["price"].to_numpy(np.float64),
            shown["stock"].to_numpy(np.float64),
            _one_each(store, "MADE_BY", index),
            _one_each(store, "IN_CATEGORY", index),
            [frozenset(values) for values in attributes],
            dict(zip(has["fact"], zip(has["key"], has["value"], strict=True), strict=True)),
        )

    def with_products(self, products: Iterable[Product]) -> "Catalogue":
        """The catalogue with new products at its end, and with what changed of those it has."""
        out = {name: list(getattr(self, name)) for name in _LISTS}
        prices, stocks = self.prices.tolist(), self.stocks.tolist()
        rows, facts = dict(self.rows), dict(self.facts)
        for product in products:
            attributes = {
                f"{key}={value}": (key, value)
                for key, values in product.attributes.items()
                for value in values
            }
            facts |= attributes
            fields = {
                "ids": product.product_id,
                "titles": product.title,
                "descriptions": product.description,
                "images": product.image_url,
                "brands": product.brand,
                "categories": product.category,
                "attributes": frozenset(attributes),
            }
            numbers = [np.nan if n is None else n for n in (product.price, product.stock)]
            row = rows.setdefault(product.product_id, len(rows))
            if row == len(prices):
                for name in _LISTS:
                    out[name].append(fields[name])
                prices.append(numbers[0])
                stocks.append(numbers[1])
            else:
                for name in _LISTS:
                    out[name][row] = fields[name]
                prices[row], stocks[row] = numbers
        return replace(
            self,
            **out,
            rows=rows,
            facts=facts,
            prices=np.array(prices, dtype=np.float64),
            stocks=np.array(stocks, dtype=np.float64),
        )

    def row(self, product_id: str) -> int:
        """The row of a product.

        Raises:
            UnknownProductError: It is not in the index.
        """
        row = self.rows.get(product_id)
        if row is None:
            raise UnknownProductError(
                f"no product {product_id!r} in the index; give an id of the catalogue, "
                "or train again if it was added since"
            )
        return row

    def title(self, row: int) -> str:
        """How a product is called: its title, else its brand and category, else its id."""
        leaf = self.categories[row].rsplit(" > ", 1)[-1]
        return self.titles[row] or " ".join(filter(None, (self.brands[row], leaf))) or self.ids[row]

    def shown(self, row: int) -> dict[str, Any]:
        """The fields of a `Recommendation` that describe the product."""
        return {
            "product_id": self.ids[row],
            "title": self.title(row),
            "brand": self.brands[row],
            "category": self.categories[row],
            "price": _number(self.prices[row]),
            "image_url": self.images[row],
        }

    def product(self, row: int, events: int) -> Product:
        """All of it."""
        attributes: dict[str, list[str]] = {}
        for fact in sorted(self.attributes[row]):
            key, value = self.facts[fact]
            attributes.setdefault(key, []).append(value)
        return Product(
            **self.shown(row) | {"title": self.titles[row]},
            description=self.descriptions[row],
            stock=_number(self.stocks[row]),
            attributes={key: tuple(values) for key, values in attributes.items()},
            events=events,
        )

    def matches(self, where: Filter) -> BoolArray:
        """Which products a filter lets through, `(n_products,)`.

        Raises:
            UnknownProductError: `only` names a product that is not in the index.
        """
        out = np.ones(len(self.ids), dtype=bool)
        if where.only is not None:
            out[:] = False
            out[[self.row(product) for product in where.only]] = True
        out[[self.rows[product] for product in where.without if product in self.rows]] = False
        if where.categories:
            below = [
                rows
                for path, rows in self._by_category.items()
                if any(path == wanted or path.startswith(f"{wanted} > ") for wanted in where.categories)
            ]
            out &= self._mask(below)
        if where.brands:
            out &= self._mask([self._by_brand[name] for name in where.brands if name in self._by_brand])
        for key, values in where.attributes.items():
            names = [f"{key}={value}" for value in values]
            out &= self._mask([self._by_fact[name] for name in names if name in self._by_fact])
        if where.min_price is not None:
            out &= self.prices >= where.min_price
        if where.max_price is not None:
            out &= self.prices <= where.max_price
        if where.in_stock:
            out &= ~(self.stocks <= 0)
        return out

    def shared(self, row: int, other: int) -> list[str]:
        """What two products have in common, most telling first, as short phrases."""
        out = []
        if self.brands[row] and self.brands[row] == self.brands[other]:
            out.append(f"same brand {self.brands[row]}")
        if self.categories[row] and self.categories[row] == self.categories[other]:
            out.append(f"both {self.categories[row].rsplit(' > ', 1)[-1]}")
        return out

    @cached_property
    def groups(self) -> dict[str, IntArray]:
        """The number of each product's brand and leaf category, -1 for none, each `(n_products,)`."""
        return {
            name: np.where(np.array(values) == "", -1, pd.factorize(np.array(values, dtype=object))[0])
            for name, values in (("brand", self.brands), ("category", self.categories))
        }

    def _mask(self, rows: list[IntArray]) -> BoolArray:
        out = np.zeros(len(self.ids), dtype=bool)
        if rows:
            out[np.concatenate(rows)] = True
        return out

    @cached_property
    def _by_brand(self) -> dict[str, IntArray]:
        return _inverted(self.brands)

    @cached_property
    def _by_category(self) -> dict[str, IntArray]:
        return _inverted(self.categories)

    @cached_property
    def _by_fact(self) -> dict[str, IntArray]:
        owners = np.repeat(np.arange(len(self.ids)), [len(facts) for facts in self.attributes])
        return _inverted([fact for facts in self.attributes for fact in facts], owners)


_LISTS = ("ids", "titles", "descriptions", "images", "brands", "categories", "attributes")
"""The fields of a catalogue that are lists by row."""


def _one_each(store: GraphStore, relation: str, index: "pd.Index[str]") -> list[str]:
    """The id of the node that each product leads to, empty for none."""
    facts = store.frame(f"MATCH (p:Product)-[:{relation}]->(f) RETURN p.id AS id, f.id AS fact")
    found = facts.drop_duplicates("id").set_index("id")["fact"].reindex(index)
    return found.astype(object).where(found.notna(), "").tolist()


def _inverted(names: list[str], rows: IntArray | None = None) -> dict[str, IntArray]:
    """The rows that have each name; the empty name is left out."""
    codes, known = pd.factorize(np.array(names, dtype=object))
    order = np.argsort(codes, kind="stable")
    stretches = np.split(order if rows is None else rows[order], np.cumsum(np.bincount(codes))[:-1])
    return {name: own for name, own in zip(known, stretches, strict=True) if name} if len(known) else {}


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
