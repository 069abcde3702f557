"""Where words stand in a shop's titles: brands begin them, kinds of things end their first part."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from ...data.words import CJK, words
from .terms import stems

MOST_TITLES = 20_000
"""A grammar is learned from at most so many titles, spread evenly over the catalogue."""

QUICK = 2_000
"""So many titles are learned from in no time: a catalogue that grows is read again up to here."""

LONGEST = 4
"""Terms of a name that is recognised by where it stands, at most."""

FUNCTION = frozenset(["a", "an", "and", "by", "for", "from", "in", "of", "on", "the", "to", "with"])
"""Words that join the parts of a title."""

AUDIENCES: Mapping[str, Sequence[str]] = {
    "men": ("man", "men", "mens", "male", "gentlemen", "男", "男士", "男款"),
    "women": ("woman", "women", "womens", "female", "lady", "ladies", "女", "女士", "女款"),
    "boys": ("boy", "boys", "男童"),
    "girls": ("girl", "girls", "女童"),
    "kids": ("kid", "kids", "child", "children", "childrens", "toddler", "toddlers", "儿童"),
    "babies": ("baby", "babies", "infant", "infants", "婴儿", "宝宝"),
    "everybody": ("unisex", "adult", "adults", "男女"),
}
"""For whom a product is made, and the words for it."""

Gram = tuple[str, ...]
"""Terms that follow each other."""

_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:['’][^\W_{CJK}]+)*")
_PART = re.compile(r"[,;:|()\[\]/–—!\"]|\s-\s|\bfor\b|\bwith\b|\bby\b|\bin\b", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """A word, or a character of a script without spaces, and where it stands in its text."""

    term: str
    """Without case, accents, apostrophes and English endings."""
    word: str
    """The same with its ending."""
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of a text in reading order, and CJK characters one by one.

    >>> [(token.term, token.start) for token in tokens("Levi's jeans, 牛仔")]
    [('levi', 0), ('jean', 7), ('牛', 14), ('仔', 15)]
    """
    read = ((match, *_word(match.group())) for match in _TOKEN.finditer(text))
    return [Token(term, word, match.start(), match.end()) for match, term, word in read if word]


@lru_cache(maxsize=50_000)
def _word(written: str) -> tuple[str, str]:
    """A token as term and as word; words come back again and again."""
    (word, *_) = words(written.replace("'", "").replace("’", "")) or [""]
    return stems([word])[0], word


def _audience_terms() -> Iterator[tuple[Gram, str]]:
    for audience, names in AUDIENCES.items():
        for name in names:
            yield tuple(token.term for token in tokens(name)), audience


AUDIENCE_OF: Mapping[Gram, str] = dict(_audience_terms())


@dataclass(frozen=True)
class TitleGrammar:
    """How often terms stand where in titles, each title counted once; learned from titles alone.

    Titles are noun phrases with a habit: `Nike Women's Running Shoes, Black`. The brand comes first, the kind
    of thing ends the first part, a colour or size is a part of its own, and what stands behind "for" is what
    an accessory fits. So a catalogue without any facts still tells what the words of a query are.
    """

    titles: Counter[Gram]
    """Titles that hold the terms next to each other; of several terms only what more than one title holds."""
    first: Counter[Gram]
    """… that begin with them, audiences and numbers aside."""
    last: Counter[str]
    """… whose first part ends with the term, and is longer."""
    alone: Counter[Gram]
    """… of which they are a later part of their own."""
    host: Counter[str]
    """… where the term is among the first behind "for"."""
    fitting: Counter[str]
    """… where the term stands before "for"."""
    unit: Counter[str]
    """… where the term follows a number."""
    under: Counter[tuple[str, str]]
    """… that hold the second term and begin with the first."""

    @classmethod
    def of(cls, titles: Iterable[str]) -> "TitleGrammar":
        """Learn from titles; what is repeated counts once."""
        distinct = list(dict.fromkeys(titles))
        places = np.linspace(0, len(distinct) - 1, min(len(distinct), MOST_TITLES)).astype(int)
        grammar = cls(*(Counter() for _ in range(8)))
        for place in places.tolist():
            grammar._read(distinct[place])
        several = {gram: n for gram, n in grammar.titles.items() if n > 1 or len(gram) == 1}
        kept = {gram: n for gram, n in grammar.first.items() if gram in several}
        return replace(grammar, titles=Counter(several), first=Counter(kept))

    def with_titles(self, titles: Sequence[str]) -> "TitleGrammar":
        """The grammar of a catalogue that has grown to these titles; of a large one, only after a reload."""
        return self.of(titles) if len(titles) <= QUICK else self

    def _read(self, title: str) -> None:
        """Count one title, in place."""
        read = tokens(title)
        terms = [token.term for token in read]
        if not terms:
            return
        self.titles.update({gram for gram, _ in grams(terms)})
        self.unit.update({b for a, b in pairwise(terms) if a[0].isdigit()})
        begin = 0
        while begin < len(terms) - 1 and ((terms[begin],) in AUDIENCE_OF or not _may_begin(terms[begin])):
            begin += 1
        self.first.update(tuple(terms[begin : begin + n]) for n in range(1, min(LONGEST, len(terms)) + 1))
        self.under.update({(terms[begin], term) for term in terms[begin + 1 :]})
        parts = [part for part in _parts(title, read) if part[1]]
        if parts and len(parts[0][1]) > 1:
            self.last[parts[0][1][-1]] += 1
        self.alone.update({tuple(own) for _, own in parts[1:] if len(own) <= LONGEST})
        hosts = {term for joint, own in parts if joint == "for" for term in own[:3] if term not in FUNCTION}
        self.host.update(hosts)
        fitted = {own[-1] for (_, own), (joint, _) in pairwise(parts) if joint == "for"}
        self.fitting.update(fitted)

    def share(self, counts: Counter[Gram], gram: Gram) -> float:
        """The share of the titles that hold a gram in which it stands so; rare ones are trusted less."""
        return counts[gram] / (self.titles[gram] + 1)

    def share_of(self, counts: Counter[str], term: str, *, usual: float = 0.0) -> float:
        """The same of a term, drawn to what is usual where few titles hold it."""
        return (counts[term] + 2 * usual) / (self.titles[(term,)] + 2)


def grams(terms: Sequence[str]) -> Iterator[tuple[Gram, int]]:
    """Every one to `LONGEST` terms that follow each other, and where they begin."""
    for start in range(len(terms)):
        for end in range(start + 1, min(start + LONGEST, len(terms)) + 1):
            yield tuple(terms[start:end]), start


def _may_begin(term: str) -> bool:
    return term not in FUNCTION and term != "new" and not term[0].isdigit()


def _parts(title: str, read: Sequence[Token]) -> list[tuple[str, list[str]]]:
    """The parts of a title, each with what joins it to the one before and its terms."""
    out: list[tuple[str, list[str]]] = [("", [])]
    joints = list(_PART.finditer(title))
    at = 0
    for token in read:
        while at < len(joints) and joints[at].start() <= token.start:
            out.append((joints[at].group().lower(), []))
            at += 1
        if not at or token.start >= joints[at - 1].end():
            out[-1][1].append(token.term)
    return out
