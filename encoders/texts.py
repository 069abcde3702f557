"""The text of every node: products from a template, facts from their names."""

import re
from collections.abc import Iterable, Mapping
from string import Formatter

import pandas as pd

from ..kg import GraphArrays

DEFAULT_TEMPLATE = "{title}. {brand}. {category}. {description}"
"""How a product reads, unless told otherwise."""

FIELDS = ("title", "description", "brand", "category", "attributes")


def node_texts(arrays: GraphArrays, template: str = DEFAULT_TEMPLATE) -> dict[str, list[str]]:
    """The text of every product, category, brand and attribute, by label and in node order.

    A product of which the template shows nothing reads as all that is known of it.

    Args:
        arrays: The exported graph.
        template: Names some of `FIELDS` in braces; a missing field takes the punctuation after it along.

    Raises:
        ValueError: The template names an unknown field, or none.
    """
    fields = product_fields(arrays)[list(FIELDS)].itertuples(index=False)
    texts = product_texts([dict(zip(FIELDS, row, strict=True)) for row in fields], template)
    attributes = arrays.nodes["Attribute"]
    return {
        "Product": texts,
        "Category": arrays.nodes["Category"]["id"].tolist(),
        "Brand": arrays.nodes["Brand"]["name"].tolist(),
        "Attribute": [f"{k}: {v}" for k, v in zip(attributes["key"], attributes["value"], strict=True)],
    }


def product_texts(fields: Iterable[Mapping[str, str]], template: str = DEFAULT_TEMPLATE) -> list[str]:
    """How products read whose `FIELDS` are given, facts joined by commas; otherwise as `node_texts`.

    >>> product_texts([{"title": "Tea", "brand": "Ito"}, {"attributes": "green, loose"}], "{title}, {brand}")
    ['Tea, Ito', 'green, loose']
    """
    pieces, everything = _pieces(template), _pieces(". ".join(f"{{{name}}}" for name in FIELDS))
    return [_fill(pieces, row) or _fill(everything, row) for row in fields]


def product_fields(arrays: GraphArrays) -> pd.DataFrame:
    """The `FIELDS` of every product, in node order; facts joined by commas, empty where there are none."""
    products = arrays.nodes["Product"]
    leaves = arrays.nodes["Category"]["name"]
    attributes = arrays.nodes["Attribute"]["value"]
    return pd.DataFrame(
        {
            "title": products["title"],
            "description": products["description"],
            "brand": _joined(arrays, "MADE_BY", "Brand", arrays.nodes["Brand"]["name"]),
            "category": _joined(arrays, "IN_CATEGORY", "Category", leaves),
            "attributes": _joined(arrays, "HAS_ATTRIBUTE", "Attribute", attributes),
        }
    )


def _pieces(template: str) -> list[tuple[str, str]]:
    """Pairs of a field and the literal text that follows it; a leading literal goes with the field ''.

    >>> _pieces("{title}, by {brand}")
    [('title', ', by '), ('brand', '')]
    """
    parsed = list(Formatter().parse(template))
    names = [name for _, name, _, _ in parsed if name is not None]
    unknown = [name for name in names if name not in FIELDS]
    if unknown or not names:
        wrong = f"names {unknown[0]!r}" if unknown else "names no field"
        raise ValueError(f"template {template!r} {wrong}; it may use {', '.join(f'{{{f}}}' for f in FIELDS)}")
    literals = [literal for literal, _, _, _ in parsed] + [""]
    pieces = [("", literals[0])] if literals[0] else []
    return pieces + [(name, literals[i + 1]) for i, (_, name, _, _) in enumerate(parsed) if name is not None]


def _fill(pieces: list[tuple[str, str]], row: Mapping[str, str]) -> str:
    parts = [(row.get(name, ""), after) for name, after in pieces if not name or row.get(name)]
    text = "".join(value + after for value, after in parts)
    return re.sub(r"[\s.,;:|–-]+$", "", re.sub(r"\s+", " ", text)).strip()


def _joined(arrays: GraphArrays, relation: str, label: str, names: "pd.Series[str]") -> "pd.Series[str]":
    """For every product the names of its facts, separated by commas."""
    edges = arrays.edges["Product", relation, label]
    facts = pd.Series(names.to_numpy(object)[edges.target]).groupby(edges.source).agg(", ".join)
    return facts.reindex(range(len(arrays.nodes["Product"])), fill_value="")
