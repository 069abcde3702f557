"""Brands, categories and attributes as nodes: which products have them, and which a query names or means."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from ...data.dataset import BoolArray, FloatArray, IntArray
from ...kg.schema import CATEGORY_SEPARATOR
from ..catalogue import Catalogue
from .dense import Encode
from .postings import Postings
from .terms import terms

Matrix = sp.csr_array[Any, Any]
NodeKind = Literal["brand", "category", "attribute"]


@dataclass(frozen=True)
class Node:
    """A brand, a step of a category path, or an attribute."""

    kind: NodeKind
    id: str
    """As in the graph."""

    @property
    def name(self) -> str:
        r"""How people call it: the last step of a path, the value of an attribute.

        >>> Node("category", "Food \\> Drink > Tea").name, Node("attribute", "colour=red").name
        ('Tea', 'red')
        """
        if self.kind == "category":
            return self.id.rsplit(CATEGORY_SEPARATOR, 1)[-1].replace("\\>", ">")
        return self.id.partition("=")[2] if self.kind == "attribute" else self.id

    @property
    def text(self) -> str:
        """What the encoder reads of it: the same as everywhere, so its vector is in the cache."""
        return self.id.replace("=", ": ", 1) if self.kind == "attribute" else self.id


@dataclass(frozen=True)
class Facts:
    """The nodes, and which products have them; a product is in the ancestors of its category too."""

    nodes: tuple[Node, ...]
    incidence: Matrix
    """Ones, `(n_products, n_nodes)`."""
    names: Postings
    """Terms of the nodes' names."""
    vectors: FloatArray
    """`(n_nodes, d)`."""

    @classmethod
    def of(cls, catalogue: Catalogue, encode: Encode, d: int) -> "Facts":
        """Read the facts of all products, whose vectors have `d` dimensions."""
        nothing = Matrix((0, 0), dtype=np.float32)
        empty = cls((), nothing, Postings.of(()), np.zeros((0, d), np.float32))
        return empty.with_products(catalogue, encode)

    def with_products(self, catalogue: Catalogue, encode: Encode) -> "Facts":
        """The same with the products of the catalogue that come after those that are here."""
        first = self.incidence.shape[0]
        numbers = {node: number for number, node in enumerate(self.nodes)}
        rows: list[int] = []
        columns: list[int] = []
        for row in range(first, len(catalogue.ids)):
            own = {numbers.setdefault(node, len(numbers)) for node in _nodes(catalogue, row)}
            columns += sorted(own)
            rows += [row - first] * len(own)
        nodes = tuple(numbers)
        fresh = nodes[len(self.nodes) :]
        ones = np.ones(len(rows), dtype=np.float32)
        shape = (len(catalogue.ids) - first, len(nodes))
        added = Matrix((ones, (np.array(rows, np.int64), np.array(columns, np.int64))), shape=shape)
        known = self.incidence
        wide = Matrix((known.data, known.indices, known.indptr), shape=(first, len(nodes)))
        vectors = encode([node.text for node in fresh]) if fresh else self.vectors[:0]
        return Facts(
            nodes,
            Matrix(sp.vstack([wide, added], format="csr")),
            self.names.with_documents(terms(node.name) for node in fresh),
            np.concatenate([self.vectors, vectors]),
        )

    def named(self, query: Sequence[str]) -> tuple[IntArray, FloatArray]:
        """Nodes whose whole name stands in a query, and what share of the query's terms it is.

        Args:
            query: Terms in reading order.
        """
        hits = np.zeros(len(self.nodes), np.float32)
        for term in dict.fromkeys(query):
            held, counts = self.names.holders(term)
            hits[held] += counts
        whole = np.flatnonzero((hits > 0) & (hits >= self.names.lengths))
        sentence = _sentence(query)
        found = [node for node in whole if _sentence(terms(self.nodes[node].name)) in sentence]
        chosen = np.array(found, dtype=np.int64)
        return chosen, (self.names.lengths[chosen] / max(len(query), 1)).astype(np.float32)

    def shared(self, products: IntArray, least: float, lift: float) -> tuple[IntArray, FloatArray]:
        """Nodes that many of some products have, compared to all, and the share of the products that do.

        Args:
            products: Rows.
            least: The share from which on a node is told.
            lift: How many times the share among all products it has to be.
        """
        share = self.incidence[products].sum(axis=0) / max(len(products), 1)
        chosen = np.flatnonzero((share >= least) & (share >= lift * self._usual)).astype(np.int64)
        return chosen, np.asarray(share[chosen], dtype=np.float32)

    def products_of(self, nodes: IntArray) -> IntArray:
        """How many products have each of some nodes, `(n,)`."""
        return np.diff(self._by_node.indptr)[nodes].astype(np.int64)

    def counts(self, match: BoolArray) -> IntArray:
        """How many of the matched products each node has, `(n_nodes,)`."""
        return np.asarray(match.astype(np.float32) @ self.incidence).astype(np.int64)

    def strengths(self, nodes: IntArray, weights: FloatArray) -> FloatArray:
        """The greatest weight among each product's nodes, 0 where it has none of these, `(n_products,)`."""
        out = np.zeros(self.incidence.shape[0], np.float32)
        start = self._by_node.indptr
        for node, weight in zip(nodes, weights, strict=True):
            products = self._by_node.indices[start[node] : start[node + 1]]
            out[products] = np.maximum(out[products], weight)
        return out

    @cached_property
    def of_kind(self) -> dict[str, BoolArray]:
        """Which nodes are of each kind, each `(n_nodes,)`."""
        kinds = np.array([node.kind for node in self.nodes], dtype="U9")
        return {kind: kinds == kind for kind in ("brand", "category", "attribute")}

    @cached_property
    def _usual(self) -> FloatArray:
        """The share of all products that have each node, `(n_nodes,)`."""
        n = max(self.incidence.shape[0], 1)
        return np.asarray(self.incidence.sum(axis=0) / n, dtype=np.float32)

    @cached_property
    def _by_node(self) -> "sp.csc_array[Any]":
        return sp.csc_array(self.incidence)


def _sentence(query: Sequence[str]) -> str:
    return f" {' '.join(query)} "


def _nodes(catalogue: Catalogue, row: int) -> list[Node]:
    out = [Node("brand", catalogue.brands[row])] if catalogue.brands[row] else []
    steps = catalogue.categories[row].split(CATEGORY_SEPARATOR) if catalogue.categories[row] else []
    out += [Node("category", CATEGORY_SEPARATOR.join(steps[: i + 1])) for i in range(len(steps))]
    return out + [Node("attribute", fact) for fact in sorted(catalogue.attributes[row])]
