"""The product graph's one table: node labels, relationship types, their properties and keys.

Constraints, table declarations, the loader and `docs/graph.md` derive from it.
"""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Kind = Literal["STRING", "INT64", "DOUBLE"]

ARROW: dict[Kind, pa.DataType] = {"STRING": pa.string(), "INT64": pa.int64(), "DOUBLE": pa.float64()}
"""How Arrow calls each kind."""

CATEGORY_SEPARATOR = " > "
"""Between the steps of a category's id."""

EVENT_RELATIONS = {
    "view": "VIEWED",
    "cart": "ADDED_TO_CART",
    "purchase": "PURCHASED",
    "rating": "RATED",
}
"""Relationship type by event type."""

LINK_RELATIONS = {
    "also_bought": "ALSO_BOUGHT",
    "also_viewed": "ALSO_VIEWED",
    "bought_together": "BOUGHT_TOGETHER",
}
"""Relationship type by product link type."""


@dataclass(frozen=True)
class Node:
    """A node label. Every node has an `id`, a string that is unique within its label."""

    label: str
    properties: dict[str, Kind]
    """Besides `id`."""
    meaning: str


@dataclass(frozen=True)
class Relation:
    """A relationship type."""

    name: str
    ends: tuple[tuple[str, str], ...]
    """Allowed (source label, target label)."""
    properties: dict[str, Kind]
    key: tuple[str, ...]
    """Properties that, with both ends, make a relationship unique."""
    meaning: str
    learned: bool = False
    """Whether it is what a trained run says (`learned.publish`)."""
    teaches: bool = True
    """Whether rankings are learned from it."""


PROVENANCE: dict[str, Kind] = {
    "run": "STRING",
    "model": "STRING",
    "derived_at": "STRING",
    "confidence": "DOUBLE",
}
"""Of every relationship that Cartograph derives: the acceptance that wrote it, the method, when (ISO 8601,
UTC), and how sure it was, in [0, 1]. The shop's own relationships have none of them."""

_DERIVED: dict[str, Kind] = {"run": "STRING", "model": "STRING", "derived_at": "STRING"}

_LEARNED: dict[str, Kind] = {"score": "DOUBLE", "rank": "INT64", **_DERIVED}

_EVENT: dict[str, Kind] = {"at": "INT64", "value": "DOUBLE", "nth": "INT64"}

_REVIEW: dict[str, Kind] = {
    "at": "INT64",
    "nth": "INT64",
    "rating": "DOUBLE",
    "text": "STRING",
    "sentiment": "DOUBLE",
    **_DERIVED,
}

_ASPECT: dict[str, Kind] = {"reviews": "INT64", "score": "DOUBLE", **_DERIVED}

NODES = {
    node.label: node
    for node in (
        Node(
            "Product",
            {
                "title": "STRING",
                "description": "STRING",
                "price": "DOUBLE",
                "image_url": "STRING",
                "stock": "DOUBLE",
            },
            "what the shop sells",
        ),
        Node("Category", {"name": "STRING"}, "a step of a category path; its id is the path from the root"),
        Node("Brand", {"name": "STRING"}, "who makes a product"),
        Node("Attribute", {"key": "STRING", "value": "STRING"}, "a fact, shared by all that have it"),
        Node("User", {}, "who views, buys, rates and reviews"),
        Node("Aspect", {}, "derived: what reviews praise or blame"),
    )
}
"""Node labels by name."""

RELATIONS = {
    relation.name: relation
    for relation in (
        *(
            Relation(
                name,
                (("User", "Product"),),
                _EVENT,
                ("at", "nth"),
                f"an event of type {kind}; `nth` counts those equal in user, product and time",
            )
            for kind, name in EVENT_RELATIONS.items()
        ),
        Relation(
            "IN_CATEGORY",
            (("Product", "Category"),),
            PROVENANCE,
            (),
            "the leaf of the product's category path",
        ),
        Relation("SUBCATEGORY_OF", (("Category", "Category"),), {}, (), "from a category to its parent"),
        Relation("MADE_BY", (("Product", "Brand"),), PROVENANCE, (), "the product's brand"),
        Relation(
            "HAS_ATTRIBUTE", (("Product", "Attribute"), ("User", "Attribute")), {}, (), "a fact about it"
        ),
        Relation(
            "REVIEWED",
            (("User", "Product"),),
            _REVIEW,
            ("at", "nth"),
            "what a user wrote; derived: `sentiment`, how likely it is praise, in [0, 1], and what says so",
            teaches=False,
        ),
        *(
            Relation(
                name,
                (("Product", "Aspect"),),
                _ASPECT,
                (),
                f"derived: what so many `reviews` {verb}, oftener than those of others by `score` deviations",
                teaches=False,
            )
            for name, verb in (("PRAISED_FOR", "praise"), ("BLAMED_FOR", "blame"))
        ),
        *(
            Relation(name, (("Product", "Product"),), {}, (), f"a link that the shop supplies: {kind}")
            for kind, name in LINK_RELATIONS.items()
        ),
        *(
            Relation(name, ((source, "Product"),), _LEARNED, ("run",), meaning, learned=True, teaches=False)
            for name, source, meaning in (
                ("SIMILAR_TO", "Product", "learned: used alike and described alike; the best has `rank` 1"),
                ("FOLLOWED_BY", "Product", "learned: what users touch next, most often first"),
                ("RECOMMENDED", "User", "learned: the best of what is new to the user"),
            )
        ),
    )
}
"""Relationship types by name."""


VECTORS = ("graph_vector", "text_vector")
"""Of products on a Neo4j server, once a run was published; `neo4j_vectors` writes them. Answers leave them
out, which are to be read."""


def category_id(path: tuple[str, ...]) -> str:
    r"""The id of the category at the end of a path.

    >>> category_id(("Food", "Salt > Pepper"))
    'Food > Salt \\> Pepper'
    """
    return CATEGORY_SEPARATOR.join(step.replace(">", "\\>") for step in path)


def attribute_id(key: str, value: str) -> str:
    """The id of an attribute.

    >>> attribute_id("colour", "red")
    'colour=red'
    """
    return f"{key}={value}"


def quoted(identifier: str) -> str:
    """An identifier as Cypher takes it, whatever it contains. Values are never quoted: they are parameters.

    >>> quoted("odd`name")
    '`odd``name`'
    """
    return "`" + identifier.replace("`", "``") + "`"
