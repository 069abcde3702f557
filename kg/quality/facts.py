"""The products of an exported graph with their facts, as arrays by product row."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...data.dataset import IntArray, StrArray
from ...data.words import words
from ..export import Edges, GraphArrays
from ..schema import CATEGORY_SEPARATOR, EVENT_RELATIONS

DEPTH = 20
"""Steps of a category path, at most; there may be circles."""


@dataclass(frozen=True)
class Facts:
    """What is known of every product, by its row in `arrays.nodes["Product"]`."""

    arrays: GraphArrays

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def ids(self) -> StrArray:
        """Product ids, `(n_products,)`."""
        return self.names("Product")

    @cached_property
    def titles(self) -> StrArray:
        """Titles, `""` where there is none, `(n_products,)`."""
        return self.arrays.nodes["Product"]["title"].to_numpy(object)

    @cached_property
    def prices(self) -> npt.NDArray[np.float64]:
        """Prices, NaN where there is none, `(n_products,)`."""
        return self.arrays.nodes["Product"]["price"].to_numpy(np.float64)

    @cached_property
    def title_words(self) -> list[list[str]]:
        """The words of every title."""
        return [words(title) for title in self.titles]

    def names(self, label: str) -> StrArray:
        """The ids of all nodes of a label."""
        return self.arrays.nodes[label]["id"].to_numpy(object)

    def edges(self, relation: str, label: str) -> Edges:
        """The relationships from products to nodes of a label."""
        return self.arrays.edges["Product", relation, label]

    @cached_property
    def brand(self) -> IntArray:
        """The row of each product's first brand, -1 for none, `(n_products,)`."""
        edges = self.edges("MADE_BY", "Brand")
        return self._first(edges.source, edges.target)

    @cached_property
    def leaf(self) -> IntArray:
        """The row of each product's first category, -1 for none, `(n_products,)`."""
        edges = self.edges("IN_CATEGORY", "Category")
        return self._first(edges.source, edges.target)

    @cached_property
    def lineages(self) -> IntArray:
        """The row of every category and of those above it, nearest first, -1 beyond the top, `(n, depth)`."""
        steps = self.arrays.edges["Category", "SUBCATEGORY_OF", "Category"]
        parent = np.full(len(self.names("Category")) + 1, -1, dtype=np.int64)
        parent[steps.source[::-1]] = steps.target[::-1]
        columns = [np.arange(len(parent) - 1)]
        while len(columns) < DEPTH and (parent[columns[-1]] >= 0).any():
            columns.append(parent[columns[-1]])
        return np.stack(columns, axis=1)

    def told(self, relation: str, label: str) -> IntArray:
        """The row of each product's first node that the shop itself has told, not Cartograph; -1 for none."""
        edges = self.edges(relation, label)
        own = edges.properties["run"] == ""
        return self._first(edges.source[own], edges.target[own])

    @cached_property
    def n_events(self) -> IntArray:
        """Events of each product, `(n_products,)`."""
        return np.bincount(self.events["product"], minlength=len(self)).astype(np.int64)

    @cached_property
    def events(self) -> pd.DataFrame:
        """All events: rows of `user` and `product`, relation, `at`, `value`, `nth`."""
        parts = []
        for relation in EVENT_RELATIONS.values():
            edges = self.arrays.edges["User", relation, "Product"]
            part = pd.DataFrame({"user": edges.source, "product": edges.target, **edges.properties})
            parts.append(part.assign(relation=relation))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def attributes(self) -> pd.DataFrame:
        """The attributes of products: `product` (row), `key`, `value`."""
        edges, nodes = self.edges("HAS_ATTRIBUTE", "Attribute"), self.arrays.nodes["Attribute"]
        return pd.DataFrame(
            {
                "product": edges.source,
                "key": nodes["key"].to_numpy(object)[edges.target],
                "value": nodes["value"].to_numpy(object)[edges.target],
            }
        )

    @cached_property
    def department(self) -> StrArray:
        """The step of each product's category path at which the catalogue first divides, `""` for none.

        The first depth at which there are five different ones, or as many as there are at any depth.
        """
        paths = [name.split(CATEGORY_SEPARATOR) for name in self.names("Category")]
        used = np.unique(self.leaf[self.leaf >= 0])
        deepest = max((len(paths[row]) for row in used), default=1)
        kinds = [{tuple(paths[row][:depth]) for row in used} for depth in range(1, deepest + 1)]
        depth = next((i for i, kind in enumerate(kinds, 1) if len(kind) >= 5), deepest)
        names = np.array([CATEGORY_SEPARATOR.join(path[:depth]) for path in paths] + [""], dtype=object)
        return names[self.leaf]

    def _first(self, source: IntArray, target: IntArray) -> IntArray:
        out = np.full(len(self), -1, dtype=np.int64)
        out[source[::-1]] = target[::-1]
        return out
