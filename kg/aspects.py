"""What a product is praised and blamed for: terms that its reviews have more often than those of others."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ..data.words import has_cjk, runs, with_pairs, words
from .phrases import substrings, words_among

_CLAUSE = re.compile(r"[.,;:!?…。，、；：！？\n]+")

SURE = 1.96
"""A term counts from so many standard deviations."""

AT_LEAST = 3
"""A term counts that so many reviews of the product have."""

COMMON = 0.2
"""Words in the reviews of more than so many of the products, and of more than one, are no aspects."""

AT_MOST = 5
"""Aspects of a product that are praised, and as many that are blamed."""

PRIOR = 10.0
"""So many reviews, which are like all others, every product is taken to have besides its own."""


@dataclass(frozen=True)
class Aspect:
    """Something that reviews of a product praise or blame."""

    product: str
    term: str
    praised: bool
    reviews: int
    """How many reviews of the product say so."""
    score: float
    """By how many standard deviations they do so more often than those of other products."""


def clauses(text: str) -> list[str]:
    """The parts of a text between its punctuation marks.

    >>> clauses("Great sound, but the battery dies.")
    ['Great sound', 'but the battery dies']
    """
    return [part for piece in _CLAUSE.split(text) if (part := piece.strip())]


def terms(clause: str) -> set[str]:
    """The words of a clause and each with the next; of scripts without spaces all that may be a word.

    >>> sorted(terms("the battery dies")), sorted(terms("电池坏"))
    (['battery', 'battery dies', 'dies', 'the', 'the battery'], ['池坏', '电池', '电池坏'])
    """
    own = runs(clause)
    if has_cjk(clause):
        return {term for run in own for term in (substrings(run) if has_cjk(run) else [run]) if len(term) > 1}
    return set(with_pairs(own))


def find_aspects(
    reviews: Iterable[tuple[str, Iterable[tuple[str, bool]]]], known: Mapping[str, str]
) -> list[Aspect]:
    """The aspects of every product, those of a product together, surest first.

    How much more often a product's reviews praise with a term is the log-odds ratio against the praise of all
    others, with what all reviews say as the prior (Monroe, Colaresi, Quinn 2008, "Fightin' words", eq. 16 and
    22, with reviews for words); so for blame. Words that are everywhere, such as "the" and "great", are none.

    Args:
        reviews: The product of each, and its clauses with whether they are praise.
        known: By product, what it is called; such words are no aspects of it.
    """
    said = {praised: _Said() for praised in (True, False)}
    everything = _Said()
    unspaced = []  # clauses whose words have to be found
    for product, own in reviews:
        heard: dict[bool, set[str]] = {True: set(), False: set()}
        for clause, praised in own:
            heard[praised] |= terms(clause)
            if has_cjk(clause):
                unspaced.append(clause)
        everything.add(product, heard[True] | heard[False])
        for praised, found in heard.items():
            if found:
                said[praised].add(product, found)
    spread = Counter(term for own in everything.terms.values() for term in own)
    most = max(1, COMMON * len(everything.terms))
    common = {term for term, n in spread.items() if n > most}
    names = {product: set(words(known.get(product, ""))) for product in everything.terms}
    candidates = [
        _of_product(product, side, everything, common, names[product], praised=praised)
        for product in everything.terms
        for praised, side in said.items()
    ]
    runs_of_characters = {aspect.term for own in candidates for aspect in own if has_cjk(aspect.term)}
    none = runs_of_characters - words_among(runs_of_characters, unspaced)
    return [
        aspect
        for own in candidates
        for aspect in _apart(aspect for aspect in own if aspect.term not in none)[:AT_MOST]
    ]


class _Said:
    """In how many reviews each term is, of every product and of all."""

    def __init__(self) -> None:
        self.terms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.reviews: Counter[str] = Counter()
        self.all_terms: Counter[str] = Counter()

    def add(self, product: str, found: set[str]) -> None:
        """Count a review."""
        self.terms[product].update(found)
        self.all_terms.update(found)
        self.reviews[product] += 1


def _of_product(
    product: str, side: _Said, everything: _Said, common: set[str], known: set[str], *, praised: bool
) -> list[Aspect]:
    n_own = side.reviews[product]
    n_others = side.reviews.total() - n_own
    found = []
    for term, n in side.terms[product].items():
        if n < AT_LEAST or len(term) < 2 or term.isdigit() or _is_known(term, common, known):
            continue
        prior = PRIOR * (everything.all_terms[term] + 0.5) / (everything.reviews.total() + 1)
        own, others = n + prior, side.all_terms[term] - n + prior
        rest, other_rest = n_own + PRIOR - own, n_others + PRIOR - others
        ratio = math.log(own / rest) - math.log(others / other_rest)
        score = ratio / math.sqrt(1 / own + 1 / rest + 1 / others + 1 / other_rest)
        if score >= SURE:
            found.append(Aspect(product, term, praised, n, score))
    return sorted(found, key=lambda aspect: (-aspect.score, aspect.term))


def _is_known(term: str, common: set[str], known: set[str]) -> bool:
    """Whether a word of a term is everywhere, or in the name; without spaces, whether it is all name."""
    if has_cjk(term):
        pairs = {a + b for a, b in pairwise(term)}
        return bool(pairs & common) or pairs <= known
    parts = {term, *term.split()}
    return bool(parts & common or parts & known)


def _apart(aspects: Iterable[Aspect]) -> list[Aspect]:
    """Those that share no word with one before them; no character, in scripts without spaces."""
    kept, taken = [], set[str]()
    for aspect in aspects:
        parts = set(aspect.term) if has_cjk(aspect.term) else set(aspect.term.split())
        if not parts & taken:
            kept.append(aspect)
            taken |= parts
    return kept
