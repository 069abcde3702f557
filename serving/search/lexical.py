"""Words: BM25 over weighted fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...data.dataset import FloatArray
from .postings import Postings


@dataclass(frozen=True)
class Field:
    """How a field of the products counts."""

    weight: float
    """What an occurrence counts, against one in another field."""
    b: float
    """How much long texts are discounted, in [0, 1]."""


@dataclass(frozen=True)
class WordMatch:
    """What a query's words say of every product."""

    scores: FloatArray
    """BM25F as a share of what no product can reach, in [0, 1), `(n,)`."""
    coverage: FloatArray
    """How much of the query a product holds, words weighted by their rarity, in [0, 1], `(n,)`."""


@dataclass(frozen=True)
class Lexical:
    """BM25F (Zaragoza et al. 2004, eq. 1-3): term counts are weighted and summed over fields, then saturate.

    With one field of weight 1 it is BM25 in Lucene's form. A product's numbers are the same whether it was
    there from the start or added later.
    """

    fields: tuple[Field, ...]
    postings: tuple[Postings, ...]
    """By field, the same products in each."""
    k1: float
    """From how many occurrences on more of them say little more."""

    @classmethod
    def of(cls, fields: Sequence[Field], texts: Sequence[Iterable[Sequence[str]]], k1: float) -> "Lexical":
        """Index products, given as terms by field and product."""
        return cls(tuple(fields), tuple(Postings.of(documents) for documents in texts), k1)

    def with_products(self, texts: Sequence[Iterable[Sequence[str]]]) -> "Lexical":
        """The same with products after those that are there."""
        grown = (own.with_documents(new) for own, new in zip(self.postings, texts, strict=True))
        return Lexical(self.fields, tuple(grown), self.k1)

    def __len__(self) -> int:
        return len(self.postings[0])

    def knows(self, term: str) -> bool:
        """Whether a product has the term in any field."""
        return any(term in postings.vocabulary for postings in self.postings)

    def match(self, query: Sequence[str]) -> WordMatch:
        """Scores of every product for a query's terms; a repeated one counts once, an unknown one not."""
        n = len(self)
        scores, coverage = np.zeros(n, np.float32), np.zeros(n, np.float32)
        total = 0.0
        for term in dict.fromkeys(query):
            weight = self._counts(term)
            held = np.flatnonzero(weight)
            if not len(held):
                continue
            rarity = float(np.log(1 + (n - len(held) + 0.5) / (len(held) + 0.5)))
            scores[held] += rarity * weight[held] / (weight[held] + self.k1)
            coverage[held] += rarity
            total += rarity
        if total:
            scores /= total
            coverage /= total
        return WordMatch(scores, np.minimum(coverage, 1))

    def _counts(self, term: str) -> FloatArray:
        """Weighted occurrences of a term, discounted by length, `(n,)`."""
        out = np.zeros(len(self), np.float32)
        for field, postings in zip(self.fields, self.postings, strict=True):
            rows, counts = postings.holders(term)
            if len(rows):
                relative = postings.lengths[rows] / postings.lengths.mean()
                out[rows] += field.weight * counts / (1 - field.b + field.b * relative)
        return out
