"""What the words of a query are: brand, kind of thing, attribute, audience, model, size, price limit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .facts import Facts, NodeKind
from .limits import Limits, price_limits
from .results import Intent, Role, Span, Understanding
from .terms import terms
from .titles import AUDIENCE_OF, FUNCTION, LONGEST, Gram, TitleGrammar, Token, grams, tokens

_NUMBER = re.compile(r"\d+[^\W\d_]{0,2}")

BRAND = 0.4
"""From this share on, words that begin the titles that hold them are a brand."""

GOES_ON = 0.5
"""A brand goes on with the term that follows it in so many of its titles: `vanity` with `fair`."""

ALONE = 0.15
"""From this share on, a term that is a part of its own in titles is an attribute."""

KIND = 0.05
"""From this share on, a term that ends the first part of titles can be a kind of thing beside a brand."""

USUAL = 0.1
"""The same share of a term that no title holds."""

SELDOM = 0.08
"""Below this share, a last word is none of the kind of thing, where another has at least twice as much."""

OFTEN = 0.3
"""From this share on, a term is a kind of thing and no brand."""

OWNED = 0.7
"""From this share on, a term of which the titles are one brand's is a model of it."""

UNIT = 0.5
"""From this share on, a term that follows numbers is a unit of measure."""

HOST = 0.2
"""From this share on, a term that stands behind "for" is something that accessories fit."""

FITS = 0.15
"""From this share on, a kind of thing that stands before "for" is an accessory."""

FEWEST = 2
"""What fewer titles hold may be chance."""


@dataclass(frozen=True)
class Named:
    """A node whose name stands in the query."""

    kind: NodeKind
    id: str
    gram: Gram
    products: int
    """How many have it."""


def understand(query: str, grammar: TitleGrammar, named: Sequence[Named] = ()) -> Understanding:
    """What the words of a query are, by the names that the graph has and by where words stand in titles.

    Names of the graph come first, the longer of two; a brand's only where titles do not use the word
    otherwise (`silver`). What neither names nor habits explain is the kind of thing that is asked for.

    Args:
        query: A few words.
        grammar: Of the catalogue's titles.
        named: Nodes whose names the query may hold.
    """
    limits = limits_of(query, grammar)
    read = [t for t in tokens(query) if limits is None or not limits.start <= t.start < limits.end]
    reader = _Reader(read, grammar, named)
    spans = reader.spans(query)
    if limits is not None:
        text = query[limits.start : limits.end]
        spans.append(Span(limits.start, limits.end, text, "price", 1.0))
    low, high = (limits.low, limits.high) if limits else (None, None)
    return Understanding(query, reader.intent, tuple(sorted(spans, key=lambda s: s.start)), low, high)


def limits_of(query: str, grammar: TitleGrammar) -> Limits | None:
    """The price limits that a query sets, None where it sets none."""
    return price_limits(query, lambda word: _measures(grammar, tokens(word)))


def names_in(query: str, facts: Facts) -> list[Named]:
    """The nodes whose whole names stand in a query."""
    numbers, _ = facts.named(terms(query))
    held = facts.products_of(numbers)
    nodes = [facts.nodes[number] for number in numbers.tolist()]
    return [
        Named(node.kind, node.id, tuple(token.term for token in tokens(node.name)), n)
        for node, n in zip(nodes, held.tolist(), strict=True)
    ]


@dataclass
class _Words:
    """Words that follow each other, and what they are."""

    start: int
    end: int
    role: Role
    confidence: float
    node: Named | None = None


class _Reader:
    """One query while it is read: every step takes words that no step before it took."""

    def __init__(self, read: Sequence[Token], grammar: TitleGrammar, named: Sequence[Named]) -> None:
        self._tokens = read
        self._terms = tuple(token.term for token in read)
        self._grams = sorted(grams(self._terms), key=lambda found: -len(found[0]))
        self._grammar = grammar
        self._found: list[_Words] = []
        self._taken = [token.word in FUNCTION for token in read]
        self._kinds = [node for node in named if node.kind == "category"]
        self._names([node for node in named if node.kind != "category"])
        self._audiences()
        self._sizes()
        if not self._has("brand"):
            self._brand()
        self._attributes()
        self._models()
        self._accessory = self._product_type()

    @property
    def intent(self) -> Intent:
        """By what was found."""
        if self._accessory:
            return "accessory"
        if self._has("product_type"):
            return "category"
        rest = {words.role for words in self._found} - {"brand", "audience"}
        return "brand" if self._has("brand") and not rest and all(self._taken) else "product"

    def spans(self, query: str) -> list[Span]:
        """What was found, with the words as they are written."""
        out = []
        for words in self._found:
            start, end = self._tokens[words.start].start, self._tokens[words.end - 1].end
            kind, node = (words.node.kind, words.node.id) if words.node else (None, None)
            sure = round(min(words.confidence, 1.0), 4)
            out.append(Span(start, end, query[start:end], words.role, sure, kind, node))
        return out

    def _has(self, role: Role) -> bool:
        return any(words.role == role for words in self._found)

    def _take(self, start: int, end: int, role: Role, confidence: float, node: Named | None = None) -> None:
        self._found.append(_Words(start, end, role, confidence, node))
        self._taken[start:end] = [True] * (end - start)

    def _free(self, start: int, end: int) -> bool:
        return not any(self._taken[start:end])

    def _names(self, named: Sequence[Named]) -> None:
        for node in sorted(named, key=lambda node: -len(node.gram)):
            sure = self._confidence(node)
            for start in _places(node.gram, self._terms):
                end = start + len(node.gram)
                if sure >= BRAND and self._free(start, end):
                    self._take(start, end, "brand" if node.kind == "brand" else "attribute", sure, node)

    def _confidence(self, node: Named) -> float:
        """How sure a name is meant where its words stand: titles may use the words of a brand otherwise."""
        if node.kind != "brand":
            return 1.0
        others = self._grammar.titles[node.gram]
        return max(
            self._grammar.share(self._grammar.first, node.gram), node.products / (node.products + others)
        )

    def _audiences(self) -> None:
        for gram, start in self._grams:
            end = start + len(gram)
            if gram in AUDIENCE_OF and self._free(start, end):
                self._take(start, end, "audience", 1.0)

    def _sizes(self) -> None:
        """Numbers with their units; a number alone is a model where it comes last, as in `fifa 15`."""
        for at, term in enumerate(self._terms):
            if self._taken[at] or not _NUMBER.fullmatch(term):
                continue
            unit = self._tokens[at + 1 : at + 2]
            end = at + 1 + (self._free(at + 1, at + 2) and _measures(self._grammar, unit))
            last = at > 0 and at + 1 == len(self._terms) and term.isdigit()
            self._take(at, end, "model" if last else "size", 1.0)

    def _brand(self) -> None:
        grammar, best = self._grammar, (BRAND, 0, 0)
        for start, term in enumerate(self._terms):
            gram: Gram = (term,)
            end = start + 1
            if self._taken[start] or grammar.share_of(grammar.last, term) >= OFTEN:
                continue
            while end < len(self._terms) and self._goes_on(gram, end):
                gram, end = (*gram, self._terms[end]), end + 1
            if grammar.titles[gram] >= FEWEST:
                best = max(best, (grammar.share(grammar.first, gram), start, end), key=lambda found: found[0])
        sure, start, end = best
        if end:
            self._take(start, end, "brand", sure)

    def _goes_on(self, gram: Gram, at: int) -> bool:
        held = self._grammar.titles[gram]
        free = not self._taken[at] or self._tokens[at].word in FUNCTION
        together = self._grammar.titles[(*gram, self._terms[at])]
        return free and len(gram) < LONGEST and held > FEWEST and together >= GOES_ON * held

    def _attributes(self) -> None:
        grammar = self._grammar
        for gram, start in self._grams:
            end = start + len(gram)
            if not self._free(start, end) or grammar.titles[gram] < FEWEST:
                continue
            alone = grammar.share(grammar.alone, gram)
            if alone >= ALONE and alone > grammar.share_of(grammar.last, gram[-1]):
                self._take(start, end, "attribute", alone)

    def _models(self) -> None:
        brand = next((words for words in self._found if words.role == "brand"), None)
        if brand is None:
            return
        grammar, first = self._grammar, self._terms[brand.start]
        for at, term in enumerate(self._terms):
            held = grammar.titles[(term,)]
            if self._taken[at] or held < FEWEST or self._kind(at) >= 2 * USUAL:
                continue
            own = grammar.under[(first, term)] / held
            if own >= OWNED:
                self._take(at, at + 1, "model", own)

    def _product_type(self) -> bool:
        """Take the words that name the kind of thing; whether it is an accessory of something named."""
        runs = self._runs()
        if not runs:
            return False
        run = max(runs, key=lambda run: (self._named_kind(run) is not None, max(map(self._kind, run))))
        node = self._named_kind(run)
        best = max(map(self._kind, run))
        while node is None and len(run) > 1 and self._kind(run[-1]) < SELDOM <= best / 2:
            run = run[:-1]
        if node is None and best < KIND and self._has("brand"):
            return False
        hosts = [at for at in range(len(self._terms)) if at != run[-1] and self._fitted(at)]
        grammar = self._grammar
        accessory = bool(hosts) and grammar.share_of(grammar.fitting, self._terms[run[-1]]) >= FITS
        if accessory:
            run = [at for at in run if at > max((host for host in hosts if host in run), default=-1)]
        sure = 1.0 if node else max(map(self._kind, run))
        self._take(run[0], run[-1] + 1, "product_type", sure, node)
        return accessory

    def _runs(self) -> list[list[int]]:
        """Words next to each other that nothing explains so far; an `and` between two of them joins them."""
        runs: list[list[int]] = []
        for at in (at for at in range(len(self._terms)) if not self._taken[at]):
            if runs and runs[-1][-1] == at - 1:
                runs[-1].append(at)
            elif runs and runs[-1][-1] == at - 2 and self._terms[at - 1] == "and":
                runs[-1] += [at - 1, at]
            else:
                runs.append([at])
        return runs

    def _named_kind(self, run: Sequence[int]) -> Named | None:
        """The longest name of a category among some words."""
        here = tuple(self._terms[at] for at in run)
        inside = [node for node in self._kinds if _places(node.gram, here)]
        return max(inside, key=lambda node: len(node.gram), default=None)

    def _kind(self, at: int) -> float:
        """How much like a kind of thing a word is."""
        return self._grammar.share_of(self._grammar.last, self._terms[at], usual=USUAL)

    def _fitted(self, at: int) -> bool:
        """Whether accessories fit what a word names."""
        audience = any(w.role == "audience" and w.start <= at < w.end for w in self._found)
        share = self._grammar.share_of(self._grammar.host, self._terms[at])
        return share >= HOST and not audience and self._terms[at] not in FUNCTION


def _measures(grammar: TitleGrammar, read: Sequence[Token]) -> bool:
    """Whether the first of some words is a unit of measure."""
    return bool(read) and grammar.share_of(grammar.unit, read[0].term) >= UNIT


def _places(gram: Gram, terms: Gram) -> list[int]:
    """Where a gram stands among terms."""
    return [start for start in range(len(terms)) if terms[start : start + len(gram)] == gram]
