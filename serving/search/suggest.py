"""What a visitor may be typing: products, brands, categories and words, popular ones first."""

from dataclasses import dataclass

import numpy as np

from ...data.dataset import FloatArray, IntArray
from ...data.words import words
from .facts import Facts
from .prefixes import Prefixes
from .results import Suggestion

LEAST = 3
"""In how many titles a word has to stand to be worth suggesting."""

SHARES = {"category": 0.25, "brand": 0.125, "query": 0.125, "attribute": 0.125}
"""What part of the list each kind may take before products do; what it leaves goes to the others."""


@dataclass(frozen=True)
class Suggester:
    """Suggestions by prefix: case and accents do not count, and words inside of titles are found too."""

    titles: tuple[str, ...]
    ids: tuple[str, ...]
    weight: FloatArray
    """How popular each product is, `(n,)`."""
    facts: Facts
    products: Prefixes
    nodes: Prefixes
    node_weight: FloatArray
    """How popular the products of each node are together, `(n_nodes,)`."""

    @classmethod
    def of(
        cls, titles: tuple[str, ...], ids: tuple[str, ...], weight: FloatArray, facts: Facts
    ) -> "Suggester":
        """Index titles and the names of nodes."""
        names = (node.name for node in facts.nodes)
        return cls._with(titles, ids, weight, facts, Prefixes.of(titles), Prefixes.of(names))

    def with_products(
        self, titles: tuple[str, ...], ids: tuple[str, ...], weight: FloatArray, facts: Facts
    ) -> "Suggester":
        """The same for a longer catalogue, given whole, and other weights."""
        products = self.products.with_names(titles[len(self.titles) :])
        names = (node.name for node in facts.nodes[len(self.facts.nodes) :])
        return self._with(titles, ids, weight, facts, products, self.nodes.with_names(names))

    @classmethod
    def _with(
        cls,
        titles: tuple[str, ...],
        ids: tuple[str, ...],
        weight: FloatArray,
        facts: Facts,
        products: Prefixes,
        nodes: Prefixes,
    ) -> "Suggester":
        # Of nodes with equally popular products, the one with more of them.
        node_weight = (weight + 1e-6) @ facts.incidence
        return cls(titles, ids, weight, facts, products, nodes, np.asarray(node_weight, dtype=np.float32))

    def suggest(self, prefix: str, k: int) -> list[Suggestion]:
        """Up to `k` suggestions: a few of each kind, then products; no text twice.

        Args:
            prefix: As typed so far; nothing but spaces and signs suggests nothing.
            k: How many at most.
        """
        kinds = self._nodes(prefix, k) | {
            "query": self._words(prefix, k),
            "product": self._products(prefix, k),
        }
        taken: dict[str, Suggestion] = {}
        for kind, share in SHARES.items():
            _take(taken, kinds[kind], max(1, int(share * k)))
        for kind in ("product", *SHARES):
            _take(taken, kinds[kind], k)
        return list(taken.values())[:k]

    def _products(self, prefix: str, k: int) -> list[Suggestion]:
        rows = _heaviest(self.products.find(prefix), self.weight, 4 * k)
        return [Suggestion(self.titles[row], "product", self.ids[row]) for row in rows]

    def _nodes(self, prefix: str, k: int) -> dict[str, list[Suggestion]]:
        found = self.nodes.find(prefix)
        out: dict[str, list[Suggestion]] = {"brand": [], "category": [], "attribute": []}
        for kind, own in out.items():
            for i in _heaviest(found[self.facts.of_kind[kind][found]], self.node_weight, k):
                node = self.facts.nodes[i]
                own.append(Suggestion(node.name, node.kind, node.id))
        return out

    def _words(self, prefix: str, k: int) -> list[Suggestion]:
        typed = words(prefix)
        if len(typed) != 1 or not typed[0].isascii():
            return []
        found = [pair for pair in self.products.completions(typed[0]).items() if pair[1] >= LEAST]
        best = sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]
        return [Suggestion(word, "query", word) for word, _ in best if not word.isdigit()]


def _take(taken: dict[str, Suggestion], new: list[Suggestion], most: int) -> None:
    for suggestion in new:
        if most <= 0:
            return
        key = suggestion.text.casefold()
        if key and key not in taken:
            taken[key] = suggestion
            most -= 1


def _heaviest(rows: IntArray, weight: FloatArray, k: int) -> IntArray:
    """The `k` rows of most weight; of equal ones the smaller."""
    own = weight[rows]
    if len(rows) > k:
        limit = np.partition(own, len(rows) - k)[len(rows) - k]
        keep = own >= limit
        rows, own = rows[keep], own[keep]
    return rows[np.argsort(-own, kind="stable")][:k]
