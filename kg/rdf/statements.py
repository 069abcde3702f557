"""The graph as RDF statements, a page of nodes at a time, so that memory stays bounded."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyoxigraph as ox

from ...data.vocabulary import CURRENCY, DIRECT, RDF_TYPE, SCHEMA, XSD
from ..pages import node_pages, relationships_of
from ..schema import NODES, RELATIONS
from ..store import GraphStore
from . import terms

BASE = "urn:cartograph:"
"""What the addresses of nodes start with where nobody says otherwise."""

_PAGE = {"User": 2_000}
_NODES_AT_ONCE = 5_000

Statement = ox.Triple


@dataclass(frozen=True)
class RdfConfig:
    """What becomes a statement, and under which addresses."""

    base: str = BASE
    """What the addresses of nodes start with, such as `https://shop.example/`."""
    events: bool = False
    """Whether users and what they did come along; that is private, so only where asked."""
    derived: bool = False
    """Whether what Cartograph derived comes along, each with a node that says where it comes from; whoever
    loads it takes it for the shop's own word."""
    timed: bool = True
    """Whether `at` is in seconds since epoch, not a place in an order."""

    def __post_init__(self) -> None:
        try:
            ox.NamedNode(self.base)
        except ValueError as error:
            raise ValueError(
                f"base is {self.base!r}; it must be the start of addresses, such as https://shop.example/"
            ) from error


def statements(store: GraphStore, config: RdfConfig = RdfConfig()) -> Iterator[Statement]:
    """Every statement about the graph once, those about a node together.

    Args:
        store: Read a page of nodes at a time.
        config: What to tell.

    Raises:
        StoreError: The store cannot be read.
    """
    nodes = _Nodes(config.base)
    yield from _categories(store, nodes)
    for page in _pages(store, "Brand"):
        for name in page["id"]:
            yield from _head(nodes.of("Brand", name), "Brand", name)
    yield from _attributes(store, nodes, "Product")
    for page in _pages(store, "Product"):
        yield from _products(store, nodes, page, derived=config.derived)
    if config.events:
        yield from _attributes(store, nodes, "User")
        for page in _pages(store, "User"):
            yield from _users(store, nodes, page, timed=config.timed)


class _Nodes:
    """The addresses of nodes."""

    def __init__(self, base: str) -> None:
        self._base = base

    def of(self, kind: str, *names: str) -> ox.NamedNode:
        """The node of that kind with that id."""
        parts = "/".join(quote(name, safe="") for name in names)
        return ox.NamedNode(f"{self._base}{kind.lower()}/{parts}")

    def codes(self) -> ox.NamedNode:
        """The one set that all categories are in."""
        return ox.NamedNode(f"{self._base}categories")


@lru_cache(maxsize=1_000)
def _term(address: str) -> ox.NamedNode:
    return ox.NamedNode(address)


def _number(value: float) -> ox.Literal:
    """A number as `xsd:decimal`, with exactly the digits that tell it from all others.

    >>> _number(0.1).value, _number(3.0).value, _number(1e-7).value
    ('0.1', '3', '0.0000001')
    """
    if not math.isfinite(value):
        return ox.Literal(str(value).upper().replace("INFINITY", "INF"), datatype=_term(XSD + "double"))
    text = format(Decimal(repr(float(value))), "f")
    return ox.Literal(text.removesuffix(".0"), datatype=_term(XSD + "decimal"))


def _head(node: ox.NamedNode, label: str, name: str) -> Iterator[Statement]:
    for kind in terms.CLASSES[label]:
        yield ox.Triple(node, _term(RDF_TYPE), _term(kind))
    if label in terms.IDS:
        yield ox.Triple(node, _term(terms.IDS[label]), ox.Literal(name))


def _texts(node: ox.NamedNode, label: str, row: Mapping[Any, Any]) -> Iterator[Statement]:
    for name in NODES[label].properties:
        term = terms.PROPERTIES.get((label, name))
        if term is not None and row[name]:
            yield ox.Triple(node, _term(term), ox.Literal(row[name]))


def _pages(store: GraphStore, label: str, of: str | None = None) -> Iterator[pd.DataFrame]:
    """The nodes of a label with their properties, in pages by id; missing texts are `""`."""
    for page in node_pages(store, label, _PAGE.get(label, _NODES_AT_ONCE), of=of):
        for name, kind in NODES[label].properties.items():
            if kind == "STRING":
                page[name] = page[name].astype(object).where(page[name].notna(), "")
        yield page


def _by_source(found: pd.DataFrame) -> dict[str, list[tuple[Any, ...]]]:
    """By source id: the other columns of `relationships_of`, the target id first, of each."""
    grouped: dict[str, list[tuple[Any, ...]]] = {}
    if len(found):
        for key, *row in zip(*(found[name].tolist() for name in found.columns), strict=True):
            grouped.setdefault(key, []).append(tuple(row))
    return grouped


def _categories(store: GraphStore, nodes: _Nodes) -> Iterator[Statement]:
    codes = nodes.codes()
    declared = False
    ends = ("Category", "Category")
    for page in _pages(store, "Category"):
        if not declared:
            yield ox.Triple(codes, _term(RDF_TYPE), _term(terms.CODE_SET))
            declared = True
        parents = _by_source(relationships_of(store, page, "SUBCATEGORY_OF", ends))
        broader = _term(terms.RELATIONS["Category", "SUBCATEGORY_OF", "Category"])
        for row in page.to_dict("records"):
            node = nodes.of("Category", row["id"])
            yield from _head(node, "Category", row["id"])
            yield from _texts(node, "Category", row)
            yield ox.Triple(node, _term(terms.IN_CODE_SET), codes)
            for (parent,) in parents.get(row["id"], ()):
                yield ox.Triple(node, broader, nodes.of("Category", parent))


def _attributes(store: GraphStore, nodes: _Nodes, owner: str) -> Iterator[Statement]:
    """The nodes of attributes; those of users only where no product has them, which are there already."""
    for page in _pages(store, "Attribute", owner):
        shared = set()
        if owner == "User":
            span = {"first": page["id"].iloc[0], "last": page["id"].iloc[-1]}
            found = store.frame(
                "MATCH (n:Attribute) WHERE n.id >= $first AND n.id <= $last "
                "AND EXISTS { MATCH (:Product)-[:HAS_ATTRIBUTE]->(n) } RETURN n.id AS id, n.key AS key",
                span,
            )
            shared = {name for name, key in zip(found["id"], found["key"], strict=True) if not _direct(key)}
        for row in page.to_dict("records"):
            if (owner == "Product" and _direct(row["key"])) or row["id"] in shared:
                continue
            node = nodes.of("Attribute", row["id"])
            yield from _head(node, "Attribute", row["id"])
            for name in ("key", "value"):
                yield ox.Triple(node, _term(terms.PROPERTIES["Attribute", name]), ox.Literal(row[name]))


def _direct(key: str) -> bool:
    return key in DIRECT or key == CURRENCY


def _products(store: GraphStore, nodes: _Nodes, page: pd.DataFrame, *, derived: bool) -> Iterator[Statement]:
    own = {name: ends for name, ends in terms.RELATIONS.items() if name[0] == "Product"}
    targets = {
        (term, target): _by_source(
            relationships_of(store, page, relation, ("Product", target), RELATIONS[relation].properties)
        )
        for (_, relation, target), term in own.items()
    }
    ends = ("Product", "Attribute")
    facts = _by_source(relationships_of(store, page, "HAS_ATTRIBUTE", ends, of_target=("key", "value")))
    for row in page.to_dict("records"):
        name = row["id"]
        node = nodes.of("Product", name)
        yield from _head(node, "Product", name)
        yield from _texts(node, "Product", row)
        origins: list[Statement] = []
        for (term, label), found in targets.items():
            for target, *origin in found.get(name, ()):
                if origin and isinstance(origin[0], str):  # its run
                    if not derived:
                        continue
                    about = nodes.of("Derived", name, label, target)
                    origins += _origin(about, (node, _term(term), nodes.of(label, target)), origin)
                yield ox.Triple(node, _term(term), nodes.of(label, target))
        currencies = []
        for attribute, key, value in facts.get(name, ()):
            if key == CURRENCY:
                currencies.append(value)
            elif _direct(key):
                yield ox.Triple(node, _term(SCHEMA + key), ox.Literal(value))
            else:
                yield ox.Triple(node, _term(terms.PRODUCT_ATTRIBUTE), nodes.of("Attribute", attribute))
        yield from _offer(nodes, node, row, currencies)
        yield from origins


def _origin(
    about: ox.NamedNode, triple: tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode], origin: list[Any]
) -> Iterator[Statement]:
    """Where a relationship comes from that Cartograph derived, on a node that stands for it."""
    yield ox.Triple(about, _term(RDF_TYPE), _term(terms.STATEMENT))
    for term, part in zip(terms.ABOUT, triple, strict=True):
        yield ox.Triple(about, _term(term), part)
    for value, (term, kind) in zip(origin, terms.ORIGIN.values(), strict=True):
        literal = _number(value) if kind == XSD + "decimal" else ox.Literal(value, datatype=_term(kind))
        yield ox.Triple(about, _term(term), literal)


def _offer(
    nodes: _Nodes, product: ox.NamedNode, row: Mapping[Any, Any], currencies: list[str]
) -> Iterator[Statement]:
    """What the product costs and how many there are, where either is known."""
    price, stock = (math.nan if row[name] is None else float(row[name]) for name in ("price", "stock"))
    if math.isnan(price) and math.isnan(stock) and not currencies:
        return
    offer = nodes.of("Offer", row["id"])
    yield ox.Triple(product, _term(terms.OFFERS), offer)
    yield ox.Triple(offer, _term(RDF_TYPE), _term(terms.OFFER))
    if not math.isnan(price):
        yield ox.Triple(offer, _term(terms.PRICE), _number(price))
    for currency in currencies:
        yield ox.Triple(offer, _term(terms.PRICE_CURRENCY), ox.Literal(currency))
    if not math.isnan(stock):
        quantity = nodes.of("Stock", row["id"])
        there = terms.IN_STOCK if stock > 0 else terms.OUT_OF_STOCK
        yield ox.Triple(offer, _term(terms.AVAILABILITY), _term(there))
        yield ox.Triple(offer, _term(terms.STOCK), quantity)
        yield ox.Triple(quantity, _term(RDF_TYPE), _term(terms.QUANTITY))
        yield ox.Triple(quantity, _term(terms.VALUE), _number(stock))


def _users(store: GraphStore, nodes: _Nodes, page: pd.DataFrame, *, timed: bool) -> Iterator[Statement]:
    facts = _by_source(relationships_of(store, page, "HAS_ATTRIBUTE", ("User", "Attribute")))
    for name in page["id"]:
        node = nodes.of("User", name)
        yield from _head(node, "User", name)
        for (attribute,) in facts.get(name, ()):
            yield ox.Triple(node, _term(terms.OF_USER), nodes.of("Attribute", attribute))
    for relation, kind in terms.EVENTS.items():
        found = relationships_of(store, page, relation, ("User", "Product"), ("at", "value", "nth"))
        for user, events in _by_source(found).items():
            for product, at, value, nth in events:
                node = nodes.of(relation, user, product, str(int(at)), str(int(nth)))
                yield ox.Triple(node, _term(RDF_TYPE), _term(kind))
                yield ox.Triple(node, _term(terms.AGENT), nodes.of("User", user))
                yield ox.Triple(node, _term(terms.OBJECT), nodes.of("Product", product))
                yield _moment(node, terms.TIME, int(at), timed=timed)
                if value is not None and not math.isnan(value):
                    yield ox.Triple(node, _term(terms.WORTH), _number(value))
                if nth:
                    yield ox.Triple(node, _term(terms.NTH), _integer(int(nth)))
    found = relationships_of(store, page, "REVIEWED", ("User", "Product"), ("at", "nth", "rating", "text"))
    for user, reviews in _by_source(found).items():
        for product, *review in reviews:
            yield from _review(nodes, user, product, *review, timed=timed)


def _review(
    nodes: _Nodes, user: str, product: str, at: int, nth: int, rating: float | None, text: str, *, timed: bool
) -> Iterator[Statement]:
    """What a user wrote; what was derived of it is left out."""
    key = (user, product, str(int(at)), str(int(nth)))
    node = nodes.of("REVIEWED", *key)
    yield ox.Triple(node, _term(RDF_TYPE), _term(terms.REVIEW))
    yield ox.Triple(node, _term(terms.AUTHOR), nodes.of("User", user))
    yield ox.Triple(node, _term(terms.ITEM_REVIEWED), nodes.of("Product", product))
    yield ox.Triple(node, _term(terms.REVIEW_BODY), ox.Literal(text))
    yield _moment(node, terms.CREATED, int(at), timed=timed)
    if rating is not None and not math.isnan(rating):
        value = nodes.of("Rating", *key)
        yield ox.Triple(node, _term(terms.REVIEW_RATING), value)
        yield ox.Triple(value, _term(RDF_TYPE), _term(terms.RATING))
        yield ox.Triple(value, _term(terms.RATING_VALUE), _number(rating))
    if nth:
        yield ox.Triple(node, _term(terms.NTH), _integer(int(nth)))


def _moment(node: ox.NamedNode, when: str, at: int, *, timed: bool) -> Statement:
    if not timed:
        return ox.Triple(node, _term(terms.POSITION), _integer(at))
    moment = np.datetime_as_string(np.datetime64(at, "s"), timezone="UTC")
    return ox.Triple(node, _term(when), ox.Literal(str(moment), datatype=_term(XSD + "dateTime")))


def _integer(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=_term(XSD + "integer"))
