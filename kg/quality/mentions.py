"""Which brand a title names, and how often a title that names it means it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from ...data.dataset import IntArray, StrArray
from ...data.words import words
from .calibration import Numbers

Phrase = tuple[str, ...]

PRIOR = 2.0
"""Titles that what is usual counts for beside those that name the same brand."""


class Mentions:
    """Learned from the products whose brand is known.

    A title that begins with a brand's name means it nearly always; further inside, "Simple" or "Nature" may
    be any word. So the share of the titles with a name, at the beginning or inside, whose product is of the
    brand is counted name by name, with `PRIOR` titles of what is usual for names of as many words.
    """

    def __init__(self, names: StrArray, titles: Sequence[Sequence[str]], brand: IntArray) -> None:
        """Count.

        Args:
            names: Of the brands.
            titles: The words of every title.
            brand: The row of each product's brand, -1 for unknown, `(n_products,)`.
        """
        self._products = np.bincount(brand[brand >= 0], minlength=len(names))
        self._brand, self._titles = brand, titles
        self._phrases: dict[Phrase, int] = {}
        for row in np.argsort(self._products, kind="stable").tolist():  # of two spellings, the commoner one
            if phrase := tuple(words(names[row])):
                self._phrases[phrase] = row
        self._by_first: dict[str, list[Phrase]] = defaultdict(list)
        for phrase in sorted(self._phrases, key=len, reverse=True):
            self._by_first[phrase[0]].append(phrase)
        self._phrase_of = [tuple(words(name)) for name in names]
        self._seen: Counter[tuple[Phrase, bool]] = Counter()
        self._meant: Counter[tuple[Phrase, bool]] = Counter()
        self._usual_seen: Counter[tuple[int, bool]] = Counter()
        self._usual_meant: Counter[tuple[int, bool]] = Counter()
        for product in np.flatnonzero(brand >= 0).tolist():
            own = self._phrase_of[brand[product]]
            for phrase, first in self._found(titles[product]):
                self._seen[phrase, first] += 1
                self._meant[phrase, first] += phrase == own
                self._usual_seen[len(phrase), first] += 1
                self._usual_meant[len(phrase), first] += phrase == own

    def propose(self, products: IntArray) -> tuple[IntArray, Numbers]:
        """The brand that each product's title names most surely, -1 for none, and the share that means it.

        A product whose brand is known is asked as if it were not, and as if it were not there.

        Args:
            products: Rows, `(n,)`.
        """
        found = [self._best(int(product)) for product in products]
        rows = np.array([row for row, _ in found], dtype=np.int64)
        return rows, np.array([score for _, score in found], dtype=np.float64)

    def _best(self, product: int) -> tuple[int, float]:
        own = self._brand[product]
        own_phrase = self._phrase_of[own] if own >= 0 else None
        best, highest = -1, 0.0
        for phrase, first in self._found(self._titles[product]):
            row = self._phrases[phrase]
            known, right = int(own >= 0), int(phrase == own_phrase)
            if self._products[row] - (row == own) <= 0:
                continue  # nobody would know this brand without the product itself
            length = len(phrase), first
            usual = (self._usual_meant[length] - right + 1) / (self._usual_seen[length] - known + 2)
            seen, meant = self._seen[phrase, first] - known, self._meant[phrase, first] - right
            share = (meant + PRIOR * usual) / (seen + PRIOR)
            if share > highest:
                best, highest = row, share
        return best, highest

    def _found(self, title: Sequence[str]) -> Iterator[tuple[Phrase, bool]]:
        """The names in a title, and whether it begins with them; none within a longer one."""
        place = 0
        while place < len(title):
            longest = next(
                (
                    phrase
                    for phrase in self._by_first.get(title[place], ())
                    if tuple(title[place : place + len(phrase)]) == phrase
                ),
                None,
            )
            if longest is None:
                place += 1
                continue
            yield longest, place == 0
            place += len(longest)
