"""What is missing: facts of products, and nodes that nothing hangs on."""

import numpy as np

from ...data.dataset import BoolArray, IntArray
from ..export import GraphArrays
from .facts import DEPTH, Facts
from .findings import SHOWN, Finding, Statement

TEXTS = ("title", "description", "image_url")
NUMBERS = ("price",)


def gaps(facts: Facts) -> list[Finding]:
    """Missing facts, the most missed first, then nodes that nothing hangs on."""
    missing = [_missing_property(facts, name) for name in (*TEXTS, *NUMBERS)]
    missing += [
        _missing_fact(facts, "brand", "MADE_BY", "Brand", facts.brand),
        _missing_fact(facts, "category", "IN_CATEGORY", "Category", facts.leaf),
    ]
    missing.sort(key=lambda finding: -finding.count)
    return [*missing, *(_orphans(facts, *given) for given in _ORPHANS)]


def lacks(facts: Facts, name: str) -> BoolArray:
    """Which products have no value of a property, `(n_products,)`."""
    column = facts.arrays.nodes["Product"][name]
    found: BoolArray = ((column == "") if name in TEXTS else column.isna()).to_numpy(bool)
    return found


def _missing_property(facts: Facts, name: str) -> Finding:
    condition = f"p.{name} IS NULL OR p.{name} = ''" if name in TEXTS else f"p.{name} IS NULL"
    return _missing(facts, name, np.flatnonzero(lacks(facts, name)), condition)


def _missing_fact(facts: Facts, name: str, relation: str, label: str, first: IntArray) -> Finding:
    condition = f"NOT EXISTS {{ MATCH (p)-[:{relation}]->(:{label}) }}"
    return _missing(facts, name, np.flatnonzero(first < 0), condition)


def _missing(facts: Facts, name: str, rows: IntArray, condition: str) -> Finding:
    rows = rows[np.argsort(-facts.n_events[rows], kind="stable")]
    return Finding(
        f"no-{name.removesuffix('_url')}",
        f"Products without {name.removesuffix('_url')}",
        "Those with most events come first.",
        len(rows),
        len(facts),
        ("product", "title", "events"),
        [(facts.ids[row], facts.titles[row], int(facts.n_events[row])) for row in rows[:SHOWN]],
        Statement(
            f"MATCH (p:Product) WHERE {condition}\n"
            f"RETURN p.id AS product, p.title AS title ORDER BY product LIMIT {SHOWN}"
        ),
    )


_ORPHANS = (
    ("Product", "Products that nothing is connected with", "They have neither facts nor events."),
    ("Brand", "Brands without products", "No product is made by them."),
    ("Category", "Categories without products", "None in them or below them."),
    ("Attribute", "Attributes that nobody has", "Neither a product nor a user."),
    ("User", "Users without events", "They are recommended what is popular."),
)


def _orphans(facts: Facts, label: str, heading: str, meaning: str) -> Finding:
    rows = np.flatnonzero(~_touched(facts.arrays, label))
    names = facts.names(label)
    conditions = {
        "Product": "NOT EXISTS { MATCH (n)--() }",
        "Brand": "NOT EXISTS { MATCH (:Product)-[:MADE_BY]->(n) }",
        "Category": "NOT EXISTS { MATCH (:Product)-[:IN_CATEGORY]->(:Category)"
        f"-[:SUBCATEGORY_OF*0..{DEPTH}]->(n) }}",
        "Attribute": "NOT EXISTS { MATCH ()-[:HAS_ATTRIBUTE]->(n) }",
        "User": "NOT EXISTS { MATCH (n)-->(:Product) }",
    }
    return Finding(
        f"idle-{label.lower()}",
        heading,
        meaning,
        len(rows),
        len(names),
        (label.lower(),),
        [(names[row],) for row in rows[:SHOWN]],
        Statement(
            f"MATCH (n:{label}) WHERE {conditions[label]}\nRETURN n.id AS id ORDER BY id LIMIT {SHOWN}"
        ),
    )


def _touched(arrays: GraphArrays, label: str) -> BoolArray:
    """Which nodes of a label have what makes them useful, `(n_nodes,)`."""
    touched = np.zeros(len(arrays.nodes[label]), dtype=bool)
    for (source, relation, target), edges in arrays.edges.items():
        if source == label and (label == "Product" or target == "Product"):
            touched[edges.source] = True
        if target == label and relation != "SUBCATEGORY_OF":
            touched[edges.target] = True
    if label == "Category":
        steps = arrays.edges["Category", "SUBCATEGORY_OF", "Category"]
        while True:
            above = np.unique(steps.target[touched[steps.source]])
            if touched[above].all():
                break
            touched[above] = True
    return touched
