"""Search over products: words, meaning and the graph, fused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np

from ...data.dataset import BoolArray, FloatArray, IntArray
from ...data.words import words
from ...encoders import TextEncoder
from ..catalogue import Catalogue
from ..results import Recommendation
from .config import SearchConfig
from .dense import Encode, Scale
from .expansions import NOTHING, asked_for, with_shared
from .facets import Prices, facets
from .facts import Facts
from .lexical import Lexical, WordMatch
from .results import Expansion, Facet, SearchResult, Suggestion, Understanding
from .spelling import Spelling
from .suggest import Suggester
from .terms import readable, stems, terms
from .titles import TitleGrammar
from .understanding import limits_of, names_in, understand


@dataclass(frozen=True)
class Found:
    """What a search found, by rows of the catalogue."""

    rows: IntArray
    """Best first, `(at most k,)`."""
    scores: FloatArray
    """Comparable within one answer only, `(at most k,)`."""
    total: int
    """How many products match and are allowed."""
    facets: tuple[Facet, ...] = ()
    corrected: str | None = None
    """The query that was answered, where it is not the one that was asked."""
    expansions: tuple[Expansion, ...] = ()
    understanding: Understanding | None = None
    """What the words of the query are taken for; None where they are taken as they stand."""

    def shown(self, items: tuple[Recommendation, ...]) -> SearchResult:
        """The same with the products as they are shown."""
        return SearchResult(
            items, self.total, self.facets, self.corrected, self.expansions, self.understanding
        )


@dataclass(frozen=True)
class Scored:
    """What a query says of every product, before anything is left out."""

    scores: FloatArray
    """Words, meaning and graph together, `(n,)`."""
    match: BoolArray
    """Which products are an answer at all, `(n,)`."""
    corrected: str | None = None
    expansions: tuple[Expansion, ...] = ()


@dataclass(frozen=True)
class ProductSearch:
    """Finds products by words, by meaning and through the graph; immutable, safe to ask from many threads.

    The score is a weighted sum of three parts: BM25F over title, facts and text, as a share of the best
    product's; the cosine of the query's vector, moved towards those of its best products, on a scale where
    chance is 0; and the greatest weight among the product's brands, categories and attributes that the
    query asks for. `benchmarks/search.py` compares it with reciprocal rank fusion.
    """

    titles: tuple[str, ...]
    """Of products without one, brand and category, else the id."""
    ids: tuple[str, ...]
    prices: Prices
    vectors: FloatArray
    """Of the texts, each unit or 0, `(n, d)`."""
    encoder: TextEncoder
    encode: Encode
    """Encodes names of brands, categories and attributes."""
    lexical: Lexical
    spelling: Spelling
    facts: Facts
    suggester: Suggester
    scale: Scale
    grammar: TitleGrammar
    config: SearchConfig = field(default_factory=SearchConfig)

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        texts: Sequence[str],
        vectors: FloatArray,
        encoder: TextEncoder,
        *,
        encode: Encode | None = None,
        weight: FloatArray | None = None,
        config: SearchConfig | None = None,
    ) -> "ProductSearch":
        """Index a catalogue.

        Args:
            catalogue: Of `n` products.
            texts: What the encoder read of each product, in the catalogue's order.
            vectors: Of the texts, unit, or 0 for a product without a text, `(n, d)`.
            encoder: Encodes queries.
            encode: Encodes the names of brands, categories and attributes; the encoder unless given, but a
                cache saves the time.
            weight: How popular each product is, for suggestions, `(n,)`; all the same unless given.
            config: Weights and thresholds.
        """
        chosen = config or SearchConfig()
        encode = encode or encoder.encode
        titles = tuple(map(catalogue.title, range(len(catalogue.ids))))
        weight = np.zeros(len(titles), np.float32) if weight is None else weight
        facts = Facts.of(catalogue, encode, vectors.shape[1])
        return cls(
            titles,
            tuple(catalogue.ids),
            catalogue.prices,
            vectors,
            encoder,
            encode,
            Lexical.of(
                (chosen.title, chosen.facts, chosen.text), _fields(titles, facts, texts, 0), chosen.k1
            ),
            Spelling.of((*texts, *titles, *(node.name for node in facts.nodes))),
            facts,
            Suggester.of(titles, tuple(catalogue.ids), weight, facts),
            Scale.of(titles, vectors, partial(encoder.encode, role="query")),
            TitleGrammar.of(titles),
            chosen,
        )

    def with_products(
        self,
        catalogue: Catalogue,
        texts: Sequence[str],
        vectors: FloatArray,
        *,
        weight: FloatArray | None = None,
    ) -> "ProductSearch":
        """The same for a catalogue with products after those that are here; this one stays as it is.

        Args:
            catalogue: The longer one, of `n + m` products, the first `n` the same.
            texts: Of the `m` new products.
            vectors: Of the new texts, `(m, d)`.
            weight: Popularity of all, `(n + m,)`; the new ones have none unless given.
        """
        first = len(self.ids)
        new = range(first, len(catalogue.ids))
        if len(texts) != len(new) or len(vectors) != len(new):
            raise ValueError(
                f"{len(texts)} texts and {len(vectors)} vectors for {len(new)} new products; "
                "give one of each for every product that the catalogue has after the indexed ones"
            )
        titles = (*self.titles, *map(catalogue.title, new))
        ids = (*self.ids, *catalogue.ids[first:])
        if weight is None:
            weight = np.concatenate([self.suggester.weight, np.zeros(len(new), np.float32)])
        facts = self.facts.with_products(catalogue, self.encode)
        names = (node.name for node in facts.nodes[len(self.facts.nodes) :])
        return ProductSearch(
            titles,
            ids,
            catalogue.prices,
            np.concatenate([self.vectors, vectors]),
            self.encoder,
            self.encode,
            self.lexical.with_products(_fields(titles[first:], facts, texts, first)),
            self.spelling.with_documents((*texts, *titles[first:], *names)),
            facts,
            self.suggester.with_products(titles, ids, weight, facts),
            self.scale if first else Scale.of(titles, vectors, partial(self.encoder.encode, role="query")),
            self.grammar.with_titles(titles),
            self.config,
        )

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        allowed: BoolArray | None = None,
        preference: FloatArray | None = None,
        personal: float = 0.0,
        expand: bool = True,
        understand: bool = True,
    ) -> Found:
        """The `k` best of the products that a query asks for, with facets over all of them.

        Of a query without letters and digits nothing is an answer; of a very long one, its beginning is read.

        Args:
            query: In any language that the encoder knows.
            k: How many; fewer where fewer match.
            allowed: Which products may be shown, `(n,)`; all unless given. Scores do not depend on it.
            preference: How much a user likes each product, on any scale, `(n,)`.
            personal: How much that counts, from 0, not at all, to 1, alone among the products that match.
            expand: Whether brands, categories and attributes that the query asks for lift their products.
            understand: Whether a price limit in the query is kept, instead of looked for as words.

        Raises:
            ValueError: The query is empty, `k` is below 1, or `personal` is outside of [0, 1].
        """
        if not query.strip():
            raise ValueError("the query is empty; give a few words")
        if k < 1:
            raise ValueError(f"k is {k}; it must be at least 1")
        if not 0 <= personal <= 1:
            raise ValueError(f"personal is {personal}; it must be in [0, 1]")
        if personal and preference is None:
            raise ValueError(f"personal is {personal}, but of nobody; give the preferences too, or 0")
        understanding = self.understand(query) if understand else None
        scored = self._answer(understanding, expand) if understanding else self.scored(query, expand=expand)
        match = scored.match if allowed is None else scored.match & allowed
        scores = scored.scores
        if personal and preference is not None and match.any():
            scores = scores.copy()
            own = _between_0_and_1(preference[match].astype(np.float32))
            scores[match] = (1 - personal) * _between_0_and_1(scores[match]) + personal * own
        rows = _best(scores, np.flatnonzero(match), k)
        return Found(
            rows,
            scores[rows],
            int(match.sum()),
            facets(self.facts, self.prices, match),
            scored.corrected or _if_another(understanding, query),
            scored.expansions,
            understanding,
        )

    def understand(self, query: str) -> Understanding:
        """What the words of a query are, misspelt ones corrected."""
        asked = readable(query)
        limits = limits_of(asked, self.grammar)
        start, end = (limits.start, limits.end) if limits else (0, 0)
        answered = self._corrected(asked[:start]) + asked[start:end] + self._corrected(asked[end:])
        return understand(answered, self.grammar, names_in(answered, self.facts))

    def scored(self, query: str, *, expand: bool = True) -> Scored:
        """The score of every product for a query, and which ones match it.

        Args:
            query: Not empty.
            expand: Whether to go through the graph.
        """
        n, config = len(self.ids), self.config
        asked = readable(query)
        if not n or not words(asked):
            return Scored(np.zeros(n, np.float32), np.zeros(n, np.bool_))
        corrected = self.spelling.correct(asked, self._knows)
        answered = corrected or asked
        vector = self._vector(answered)
        by_words = self.lexical.match(terms(answered))
        near = self.scale.nearness(self.vectors @ vector)
        expanded = asked_for(answered, vector, self.facts, self.scale, config) if expand else NOTHING
        graph = self.facts.strengths(expanded.nodes, expanded.weights)
        match = self._match(by_words, near, graph)
        if not match.any():
            return Scored(np.zeros(n, np.float32), match, corrected)
        rest = config.lexical_weight * _share_of_best(by_words.scores) + config.graph_weight * graph
        best = _best(near + rest, np.flatnonzero(match), config.feedback)
        if vector.any():
            moved = vector + config.feedback_weight * self.vectors[best].mean(axis=0)
            near = self.scale.nearness(self.vectors @ (moved / (1 + config.feedback_weight)))
        if expand:
            expanded = with_shared(expanded, best, self.facts, config)
            graph = self.facts.strengths(expanded.nodes, expanded.weights)
            rest = config.lexical_weight * _share_of_best(by_words.scores) + config.graph_weight * graph
        return Scored(near + rest, match, corrected, expanded.told(self.facts))

    def suggest(self, prefix: str, k: int = 8) -> list[Suggestion]:
        """What may be meant by the beginning of a query: products, brands, categories, attributes, words.

        Args:
            prefix: As typed so far; nothing but spaces and signs suggests nothing.
            k: How many at most.

        Raises:
            ValueError: `k` is below 1.
        """
        if k < 1:
            raise ValueError(f"k is {k}; it must be at least 1")
        return self.suggester.suggest(readable(prefix), k)

    def _answer(self, understanding: Understanding, expand: bool) -> Scored:
        """What a query says whose words are corrected; products that do not keep its price limit are out."""
        limited = (understanding.low, understanding.high) != (None, None)
        low, high = understanding.low or 0, understanding.high or np.inf
        within = (self.prices >= low) & (self.prices <= high)  # what has no price keeps no limit
        if limited and not words(understanding.rest):
            return Scored(self.suggester.weight, within)
        scored = self.scored(understanding.rest, expand=expand)
        return replace(scored, match=scored.match & within) if limited else scored

    def _corrected(self, text: str) -> str:
        return self.spelling.correct(text, self._knows) or text

    def _vector(self, query: str) -> FloatArray:
        """The query's unit vector, or 0 if the encoder cannot read it, `(d,)`."""
        if not self.scale.reads(query):
            return np.zeros(self.vectors.shape[1], np.float32)
        vector: FloatArray = self.encoder.encode([query], role="query")[0]
        return vector

    def _knows(self, word: str) -> bool:
        return self.lexical.knows(stems([word])[0])

    def _match(self, by_words: WordMatch, near: FloatArray, graph: FloatArray) -> BoolArray:
        """What holds half of the query's words, is far nearer than chance, or is of a kind asked for."""
        config = self.config
        match: BoolArray = by_words.coverage >= config.match_coverage
        match |= near >= self.scale.threshold(config.match_spreads)
        match |= graph >= config.match_coverage
        return match if match.any() else near >= self.scale.threshold(config.last_spreads)


def _fields(
    titles: Sequence[str], facts: Facts, texts: Sequence[str], first: int
) -> tuple[Iterable[Sequence[str]], ...]:
    """Terms of the products from row `first` on, by field."""
    own = facts.incidence
    named = cache(lambda node: terms(facts.nodes[node].name))
    held = (own.indices[own.indptr[row] : own.indptr[row + 1]].tolist() for row in range(first, own.shape[0]))
    return (
        map(terms, titles),
        ([term for node in nodes for term in named(node)] for nodes in held),
        map(terms, texts),
    )


def _if_another(understanding: Understanding | None, query: str) -> str | None:
    """The query as it was understood, if that is not how it was asked."""
    if understanding is None or understanding.query == readable(query):
        return None
    return understanding.query


def _share_of_best(scores: FloatArray) -> FloatArray:
    most = float(scores.max(initial=0))
    return scores / most if most else scores


def _between_0_and_1(scores: FloatArray) -> FloatArray:
    """Scores on the scale from their least, 0, to their greatest, 1; all 0 where they are equal."""
    low, high = float(scores.min()), float(scores.max())
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def _best(scores: FloatArray, rows: IntArray, k: int) -> IntArray:
    """The `k` rows of the highest scores, best first; of equals the smaller."""
    own = scores[rows]
    if len(rows) > k:
        keep = own >= np.partition(own, len(rows) - k)[len(rows) - k]
        rows, own = rows[keep], own[keep]
    return rows[np.argsort(-own, kind="stable")][:k].astype(np.int64)
