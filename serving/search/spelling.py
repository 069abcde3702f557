"""Misspelt words of a query, replaced by words of the catalogue."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ...data.words import words

SHORTEST = 5
"""Words of fewer letters have too many neighbours to be corrected."""

LONG = 8
"""From so many letters on, two slips are forgiven."""

SHORTEST_HALF = 4
"""A word is taken for two that were run together when each has so many letters."""

_PIECE = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True)
class Spelling:
    """Corrects to the nearest word that the catalogue has, of equally near ones to the most frequent."""

    frequency: Counter[str]
    """In how many products a word occurs."""

    @classmethod
    def of(cls, documents: Iterable[str]) -> "Spelling":
        """Learn the words of texts."""
        return cls(Counter()).with_documents(documents)

    def with_documents(self, documents: Iterable[str]) -> "Spelling":
        """The same with the words of more texts."""
        frequency = Counter(self.frequency)
        for document in documents:
            frequency.update(set(words(document)))
        return Spelling(frequency)

    def correct(self, query: str, knows: Callable[[str], bool]) -> str | None:
        """The query with its unknown words replaced, or None where there is nothing to replace.

        Args:
            query: As typed.
            knows: Whether a word, other than those of the texts, is known; such a word is never replaced.
        """

        def replacement(piece: re.Match[str]) -> str:
            folded = words(piece.group())
            if len(folded) != 1 or folded[0] in self.frequency or knows(folded[0]):
                return piece.group()
            return self.nearest(folded[0]) or piece.group()

        corrected = _PIECE.sub(replacement, query)
        return corrected if corrected != query else None

    def nearest(self, word: str) -> str | None:
        """The word, or the two words, that were probably meant; None where there is no good guess.

        A slip is a letter too many, too few or wrong, or two swapped (optimal string alignment).
        The first letter is seldom wrong, so it has to agree.
        """
        if len(word) < SHORTEST or not word.isascii():
            return None
        most = 2 if len(word) >= LONG else 1
        lengths = range(len(word) - most, len(word) + most + 1)
        near = [other for length in lengths for other in self._by_start.get((word[0], length), ())]
        found = process.extract(word, near, scorer=OSA.distance, score_cutoff=most, limit=None)
        if found:
            return min(found, key=lambda match: (match[1], -self.frequency[match[0]], match[0]))[0]
        halves = [(word[:at], word[at:]) for at in range(SHORTEST_HALF, len(word) - SHORTEST_HALF + 1)]
        known = [pair for pair in halves if pair[0] in self.frequency and pair[1] in self.frequency]
        if not known:
            return None
        return " ".join(max(known, key=lambda pair: min(self.frequency[half] for half in pair)))

    @cached_property
    def _by_start(self) -> dict[tuple[str, int], list[str]]:
        """Words of letters only, by first letter and length."""
        out: dict[tuple[str, int], list[str]] = {}
        for word in self.frequency:
            if word.isascii() and word.isalpha():
                out.setdefault((word[0], len(word)), []).append(word)
        return out
