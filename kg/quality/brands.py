"""Brands, and attribute values, that are written in several ways: "OPI", "O.P.I.", "O P I"."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein

from ...data.dataset import IntArray
from ...data.words import words
from .facts import Facts
from .findings import SHOWN, Finding, Statement
from .groups import grouped
from .likeness import bags, nearest

_FORMS = {"inc", "llc", "ltd", "limited", "co", "corp", "corporation", "company", "gmbh", "ag", "bv", "srl"}
"""Legal forms, which may stand behind a name or not."""

SHORTEST = 6
"""Letters of a name from which on one letter more, less or other may be a slip."""

RARER = 3
"""A slip is rare: the other spelling has so many times as many products."""


def folded(name: str) -> str:
    """A name without what its spellings differ in: case, accents, dots, blanks, "and", legal forms.

    >>> folded("O.P.I."), folded("Seki Edge, Inc."), folded("Crabtree & Evelyn")
    ('opi', 'sekiedge', 'crabtreeevelyn')
    """
    terms = [term for term in words(name) if term != "and"]
    while len(terms) > 1 and terms[-1] in _FORMS:
        terms.pop()
    return "".join(terms)


def brand_findings(facts: Facts) -> list[Finding]:
    """Brands that look like one."""
    names = facts.names("Brand")
    products = np.bincount(facts.edges("MADE_BY", "Brand").target, minlength=len(names))
    groups = same_spelling([folded(name) for name in names])
    slips = _slips(facts, [folded(name) for name in names], products)
    return [
        _finding(
            "brand-spellings",
            "Brands written in several ways",
            "They are the same but for case, accents, dots, blanks, an ampersand or a legal form.",
            groups,
            facts,
            products,
        ),
        _finding(
            "brand-slips",
            "Brands that differ in a letter",
            f"One letter more, less or other, in names of {SHORTEST} letters and more that share a category; "
            f"one of them has {RARER} times as many products.",
            slips,
            facts,
            products,
        ),
    ]


def attribute_findings(facts: Facts) -> list[Finding]:
    """Values of an attribute that look like one."""
    nodes = facts.arrays.nodes["Attribute"]
    values = zip(nodes["key"], nodes["value"], strict=True)
    groups = same_spelling([f"{key}={folded_value(value)}" for key, value in values])
    ids = nodes["id"].to_numpy(object)
    shown = [int(row) for group in groups[:SHOWN] for row in group]
    return [
        Finding(
            "attribute-spellings",
            "Attribute values written in several ways",
            "They are the same but for case, accents and punctuation.",
            sum(map(len, groups)),
            len(ids),
            ("key", "values"),
            [
                (nodes["key"].iloc[group[0]], ", ".join(nodes["value"].iloc[group]))
                for group in groups[:SHOWN]
            ],
            Statement(
                "MATCH (a:Attribute) WHERE a.id IN $attributes\n"
                "OPTIONAL MATCH (p:Product)-[:HAS_ATTRIBUTE]->(a)\n"
                "RETURN a.key AS key, a.value AS value, count(p.id) AS products ORDER BY key, value",
                {"attributes": [ids[row] for row in shown]},
            ),
        )
    ]


def same_spelling(keys: Sequence[str]) -> list[IntArray]:
    """The rows that have a key in common, groups of two and more, the largest first; `""` is no key."""
    groups: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key:
            groups[key].append(row)
    several = [np.array(group) for group in groups.values() if len(group) > 1]
    return sorted(several, key=lambda group: (-len(group), group[0]))


def folded_value(value: str) -> str:
    """A value without case and blanks and, where it has no numbers, without punctuation and accents.

    >>> folded_value("Off-White"), folded_value(".5 OZ")
    ('offwhite', '.5oz')
    """
    bare = "".join(value.casefold().split())
    return bare if any(letter.isdigit() for letter in bare) else "".join(words(value)) or bare


def _slips(facts: Facts, keys: Sequence[str], products: IntArray) -> list[IntArray]:
    """Groups of brands whose names differ in a letter and that sell in one category."""
    long = [row for row, key in enumerate(keys) if len(key) >= SHORTEST and not key.isdigit()]
    parts = [[keys[row][i : i + 2] for i in range(len(keys[row]) - 1)] for row in long]
    bag = bags(parts, max(50, len(long) // 5))
    found = nearest(bag, bag, 8).tocoo()
    sold = _categories(facts)
    pairs = []
    for i, j in zip(*found.coords, strict=True):
        first, second = long[i], long[j]
        if first >= second or keys[first] == keys[second] or not sold[first] & sold[second]:
            continue
        if RARER * min(products[first], products[second]) > max(products[first], products[second]):
            continue
        if _digits(keys[first]) == _digits(keys[second]) and (
            DamerauLevenshtein.distance(keys[first], keys[second], score_cutoff=1) == 1
        ):
            pairs.append((first, second))
    return sorted(grouped(pairs), key=lambda group: -products[group].sum())


def _categories(facts: Facts) -> list[set[int]]:
    """The leaf categories that each brand sells in."""
    sold: list[set[int]] = [set() for _ in facts.names("Brand")]
    edges = facts.edges("MADE_BY", "Brand")
    for product, brand in zip(edges.source, edges.target, strict=True):
        if facts.leaf[product] >= 0:
            sold[brand].add(int(facts.leaf[product]))
    return sold


def _digits(key: str) -> str:
    return "".join(letter for letter in key if letter.isdigit())


def _finding(
    name: str, heading: str, meaning: str, groups: list[IntArray], facts: Facts, products: IntArray
) -> Finding:
    ids = facts.names("Brand")
    return Finding(
        name,
        heading,
        meaning,
        sum(map(len, groups)),
        len(ids),
        ("spellings", "products"),
        [
            (" | ".join(ids[group]), ", ".join(str(n) for n in products[group].tolist()))
            for group in groups[:SHOWN]
        ],
        Statement(
            "MATCH (b:Brand) WHERE b.id IN $brands\n"
            "OPTIONAL MATCH (p:Product)-[:MADE_BY]->(b)\n"
            "RETURN b.id AS brand, count(p.id) AS products ORDER BY brand",
            {"brands": [ids[row] for group in groups[:SHOWN] for row in group]},
        ),
    )
