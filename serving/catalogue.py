"""What is shown of a product, and what two products have in common, read from the graph once."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import UnknownIdError
from ..kg import GraphStore
from .index import Index


@dataclass(frozen=True)
class Catalogue:
    """Titles, brands, categories, prices and attributes of the indexed products, by row."""

    ids: list[str]
    rows: dict[str, int]
    titles: list[str]
    prices: list[float | None]
    brands: list[str]
    categories: list[str]
    attributes: list[frozenset[str]]

    @classmethod
    def of(cls, store: GraphStore, index: Index) -> "Catalogue":
        """Read the facts of the indexed products; one that has left the graph keeps only its id."""
        n = len(index.ids)
        titles, brands, categories = [""] * n, [""] * n, [""] * n
        prices: list[float | None] = [None] * n
        attributes: list[set[str]] = [set() for _ in range(n)]
        nodes = store.frame("MATCH (p:Product) RETURN p.id AS id, p.title AS title, p.price AS price")
        for name, title, price in zip(nodes["id"], nodes["title"], nodes["price"], strict=True):
            if (row := index.rows.get(name)) is not None:
                titles[row] = title if isinstance(title, str) else ""
                prices[row] = None if price is None or np.isnan(price) else float(price)
        for relation, keep in (("MADE_BY", brands), ("IN_CATEGORY", categories)):
            facts = store.frame(f"MATCH (p:Product)-[:{relation}]->(f) RETURN p.id AS id, f.id AS fact")
            for name, fact in zip(facts["id"], facts["fact"], strict=True):
                if (row := index.rows.get(name)) is not None:
                    keep[row] = fact
        facts = store.frame(
            "MATCH (p:Product)-[:HAS_ATTRIBUTE]->(a:Attribute) RETURN p.id AS id, a.id AS fact"
        )
        for name, fact in zip(facts["id"], facts["fact"], strict=True):
            if (row := index.rows.get(name)) is not None:
                attributes[row].add(fact)
        return cls(
            [str(name) for name in index.ids],
            index.rows,
            titles,
            prices,
            brands,
            categories,
            [frozenset(values) for values in attributes],
        )

    def row(self, product_id: str) -> int:
        """The row of a product.

        Raises:
            UnknownIdError: It is not in the index.
        """
        row = self.rows.get(product_id)
        if row is None:
            raise UnknownIdError(
                f"no product {product_id!r} in the index; give an id of the catalogue, "
                "or train again if it was added since"
            )
        return row

    def title(self, row: int) -> str:
        """How a product is called: its title, else its brand and category, else its id."""
        leaf = self.categories[row].rsplit(" > ", 1)[-1]
        return self.titles[row] or " ".join(filter(None, (self.brands[row], leaf))) or self.ids[row]

    def facts(self, row: int) -> dict[str, Any]:
        """The fields of a `Recommendation` that describe the product."""
        return {
            "product_id": self.ids[row],
            "title": self.title(row),
            "brand": self.brands[row],
            "category": self.categories[row],
            "price": self.prices[row],
        }

    def shared(self, row: int, other: int) -> list[str]:
        """What two products have in common, most telling first, as short phrases."""
        out = []
        if self.brands[row] and self.brands[row] == self.brands[other]:
            out.append(f"same brand {self.brands[row]}")
        if self.categories[row] and self.categories[row] == self.categories[other]:
            out.append(f"both {self.categories[row].rsplit(' > ', 1)[-1]}")
        return out

    def paths(self, row: int, other: int) -> list[str]:
        """The shortest ways between two products over brand, category and attributes, as text."""
        ways = []
        if self.brands[row] and self.brands[row] == self.brands[other]:
            ways.append(("MADE_BY", self.brands[row]))
        if self.categories[row] and self.categories[row] == self.categories[other]:
            ways.append(("IN_CATEGORY", self.categories[row]))
        ways += [("HAS_ATTRIBUTE", fact) for fact in sorted(self.attributes[row] & self.attributes[other])]
        return [f"{self.title(row)} -{how}-> {fact} <-{how}- {self.title(other)}" for how, fact in ways]
