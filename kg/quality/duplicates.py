"""Products that look like one: titles that say the same, facts that do not contradict each other."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein

from ...data.dataset import FloatArray, IntArray
from ...data.words import with_pairs, words
from .brands import folded, folded_value, same_spelling
from .facts import Facts
from .findings import SHOWN, Finding, Statement
from .groups import grouped
from .likeness import bags, nearest, nearest_vectors

NEIGHBOURS = 10
"""Of each product, so many of those most like it are compared with it closely."""

COMMON = 500
"""Terms of more products than that do not make two products neighbours."""

PRICES = 2.0
"""Products whose prices differ by more than this factor are not the same."""

_FILLERS = {"a", "an", "and", "by", "for", "from", "in", "new", "of", "pack", "the", "to", "with"}
_SHORTEST = 5


def duplicate_findings(facts: Facts, vectors: FloatArray | None = None) -> list[Finding]:
    """Products with one title, and products whose titles are nearly one.

    Args:
        facts: The catalogue.
        vectors: Unit text vectors, `(n_products, d)`: neighbours by them are compared as well.
    """
    alike = Alike(facts)
    spelled = same_spelling([" ".join(terms) for terms in facts.title_words])
    same = [pair for group in spelled for pair in alike.pairs_within(group)]
    near = [pair for pair in sorted(set(_candidates(facts, vectors))) if alike(*pair)]
    return [
        _finding(
            "same-title",
            "Products with the same title",
            "Title, brand and attributes are the same or do not contradict, but for case and punctuation.",
            grouped(same),
            facts,
        ),
        _finding(
            "near-duplicates",
            "Products that are nearly the same",
            "Titles differ only in the order of words, blanks, filler words, the brand's name, or a letter; "
            "numbers, brands, attributes and prices do not contradict.",
            grouped(near),
            facts,
        ),
    ]


class Alike:
    """Says whether two products are one."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._brands = [folded(name) for name in facts.names("Brand")] + [""]
        self._brand_words = [set(words(name)) for name in facts.names("Brand")] + [set()]
        self._values: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        table = facts.attributes
        for product, key, value in zip(table["product"], table["key"], table["value"], strict=True):
            self._values[product][key].add(folded_value(value))

    def __call__(self, first: int, second: int) -> bool:
        """Whether titles, which are not the same, and facts say so."""
        titles = self._facts.title_words
        if titles[first] == titles[second]:
            return False
        brand = self._brand_words[self._facts.brand[first]] | self._brand_words[self._facts.brand[second]]
        return same_words(titles[first], titles[second], brand) and self.agree(first, second)

    def agree(self, first: int, second: int) -> bool:
        """Whether no number in the title and no fact of one contradicts one of the other."""
        facts = self._facts
        if numbers(facts.titles[first]) != numbers(facts.titles[second]):
            return False
        brands = {self._brands[facts.brand[first]], self._brands[facts.brand[second]]} - {""}
        if len(brands) > 1:
            return False
        prices = sorted((facts.prices[first], facts.prices[second]))
        if prices[1] > PRICES * prices[0] > 0:
            return False
        one, other = self._values.get(first, {}), self._values.get(second, {})
        return all(one[key] & other[key] for key in one.keys() & other.keys())

    def pairs_within(self, group: IntArray) -> Iterator[tuple[int, int]]:
        """Pairs of a group that agree, each with the first one before it that it agrees with."""
        heads: list[int] = []
        for row in map(int, group):
            head = next((head for head in heads if self.agree(head, row)), None)
            if head is None:
                heads.append(row)
            else:
                yield head, row


def same_words(first: Sequence[str], second: Sequence[str], brand: Set[str] = frozenset()) -> bool:
    """Whether two titles, as words, differ in nothing that tells products apart.

    >>> same_words(["lip", "stick", "red", "01"], ["lipstick", "red", "01"])
    True
    >>> same_words(["lipstick", "red", "01"], ["lipstick", "red", "02"])
    False
    """
    if not first or not second:
        return False
    one, other = Counter(first), Counter(second)
    left, right = list((one - other).elements()), list((other - one).elements())
    if "".join(first) == "".join(second):
        return True
    left, right = ([word for word in side if word not in _FILLERS | brand] for side in (left, right))
    if not left and not right:
        return len(set(first) & set(second)) > 1
    if len(left) != len(right):
        return False
    return all(_slip(a, b) for a, b in zip(sorted(left), sorted(right), strict=True))


@lru_cache(maxsize=1 << 16)
def numbers(title: str) -> tuple[float, ...]:
    """The numbers in a title, ascending.

    >>> numbers("No. 7 Serum, .5 oz")
    (0.5, 7.0)
    """
    return tuple(sorted(map(float, re.findall(r"\d*\.\d+|\d+", title))))


def _slip(first: str, second: str) -> bool:
    """Whether one word may be the other, mistyped."""
    return (
        min(len(first), len(second)) >= _SHORTEST
        and first.isalpha()
        and second.isalpha()
        and DamerauLevenshtein.distance(first, second, score_cutoff=1) <= 1
    )


def _candidates(facts: Facts, vectors: FloatArray | None) -> Iterator[tuple[int, int]]:
    """Pairs of products worth a closer look, the lower row first."""
    bag = bags([with_pairs(terms) for terms in facts.title_words], COMMON)
    found = nearest(bag, bag, NEIGHBOURS + 1).tocoo()
    yield from _ascending(*(side.astype(np.int64) for side in found.coords))
    if vectors is not None and len(vectors) > 1:
        others, _ = nearest_vectors(vectors, NEIGHBOURS)
        rows = np.repeat(np.arange(len(others)), others.shape[1])
        yield from _ascending(rows[others.ravel() >= 0], others.ravel()[others.ravel() >= 0])


def _ascending(rows: IntArray, others: IntArray) -> Iterator[tuple[int, int]]:
    for a, b in zip(rows.tolist(), others.tolist(), strict=True):
        if a != b:
            yield (a, b) if a < b else (b, a)


def _finding(name: str, heading: str, meaning: str, groups: list[IntArray], facts: Facts) -> Finding:
    groups = sorted(groups, key=lambda group: (-len(group), group[0]))
    brands = [*facts.names("Brand"), ""]
    return Finding(
        name,
        heading,
        meaning,
        sum(map(len, groups)),
        len(facts),
        ("products", "titles", "brand"),
        [
            (
                ", ".join(facts.ids[group]),
                " | ".join(dict.fromkeys(facts.titles[group])),
                " | ".join(dict.fromkeys(brands[row] for row in facts.brand[group] if row >= 0)),
            )
            for group in groups[:SHOWN]
        ],
        Statement(
            "MATCH (p:Product) WHERE p.id IN $products\n"
            "OPTIONAL MATCH (p)-[:MADE_BY]->(b:Brand)\n"
            "RETURN p.id AS product, p.title AS title, b.id AS brand, p.price AS price "
            "ORDER BY title, product",
            {"products": [facts.ids[row] for group in groups[:SHOWN] for row in group]},
        ),
    )
