"""Names by the beginnings of their words."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...data.dataset import BoolArray, IntArray
from ...data.words import words

MERGED = 2000
"""Portions of names are merged up to so many; each merge sorts them anew."""

FREQUENT = 64
"""Of words with a common beginning, so many are told a portion."""

_LAST = "\U0010ffff"
"""Comes after every letter."""


@dataclass(frozen=True)
class _Segment:
    """Names that follow each other, by word; words are sorted, so those with one beginning lie together."""

    words: list[str]
    starts: IntArray
    """Where a word's names begin in `holders`, `(n_words + 1,)`."""
    holders: npt.NDArray[np.int32]
    n: int

    @classmethod
    def of(cls, names: Sequence[Sequence[str]]) -> "_Segment":
        numbers: dict[str, int] = {}
        held = [numbers.setdefault(word, len(numbers)) for name in names for word in name]
        vocabulary = sorted(numbers)
        place = np.zeros(len(vocabulary), np.int64)
        place[[numbers[word] for word in vocabulary]] = np.arange(len(vocabulary))
        row = np.repeat(np.arange(len(names)), [len(name) for name in names])
        # A name that holds a word twice counts once.
        pairs = np.unique(place[np.array(held, dtype=np.int64)] * max(len(names), 1) + row)
        word, holder = np.divmod(pairs, max(len(names), 1))
        starts = np.searchsorted(word, np.arange(len(vocabulary) + 1)).astype(np.int64)
        return cls(vocabulary, starts, holder.astype(np.int32), len(names))

    def range(self, beginning: str) -> tuple[int, int]:
        """The words that begin so, as numbers `[from, to)`."""
        return bisect_left(self.words, beginning), bisect_left(self.words, beginning + _LAST)

    def find(self, whole: Sequence[str], beginning: str) -> BoolArray:
        low, high = self.range(beginning)
        match = np.zeros(self.n, dtype=np.bool_)
        match[self.holders[self.starts[low] : self.starts[high]]] = True
        for word in whole:
            own = np.zeros(self.n, dtype=np.bool_)
            at = bisect_left(self.words, word)
            if at < len(self.words) and self.words[at] == word:
                own[self.holders[self.starts[at] : self.starts[at + 1]]] = True
            match &= own
        return match


@dataclass(frozen=True)
class Prefixes:
    """Finds names of which the words typed are words and the last one is the beginning of a word.

    Case and accents do not count. CJK is found by its characters and pairs, wherever they stand.
    """

    names: tuple[tuple[tuple[str, ...], ...], ...]
    """Their words, by segment; not kept of segments that are too large to be merged."""
    segments: tuple[_Segment, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Prefixes":
        """Index names."""
        return cls((), ()).with_names(names)

    def with_names(self, names: Iterable[str]) -> "Prefixes":
        """The same with names after those that are there; small portions are merged as they grow."""
        new = tuple(tuple(words(name)) for name in names)
        if not new:
            return self
        known, segments = list(self.names), list(self.segments)
        while known and 0 < len(known[-1]) <= 2 * len(new) and len(known[-1]) + len(new) <= MERGED:
            new = known.pop() + new
            segments.pop()
        kept = new if len(new) <= MERGED else ()
        return Prefixes((*known, kept), (*segments, _Segment.of(new)))

    def __len__(self) -> int:
        return sum(segment.n for segment in self.segments)

    def find(self, prefix: str) -> IntArray:
        """The numbers of the names that fit, ascending; none for a prefix without letters and digits."""
        typed = words(prefix)
        if not typed or not self.segments:
            return np.zeros(0, np.int64)
        parts = [segment.find(typed[:-1], typed[-1]) for segment in self.segments]
        return np.flatnonzero(np.concatenate(parts)).astype(np.int64)

    def completions(self, beginning: str) -> dict[str, int]:
        """The most frequent words that begin so, and how many names hold each."""
        out: dict[str, int] = {}
        for segment in self.segments:
            low, high = segment.range(beginning)
            counts = np.diff(segment.starts[low : high + 1])
            for at in np.argsort(-counts, kind="stable")[:FREQUENT].tolist():
                word = segment.words[low + at]
                out[word] = out.get(word, 0) + int(counts[at])
        return out
