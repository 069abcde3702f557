"""Missing brands and categories, proposed from titles, with confidences that known products vouch for.

Two methods ask every product that lacks the fact, and some that have it, as if they had not: what the title
names (`Mentions`, brands only), and what the products with the most similar words have. Half of the known
products turn scores into confidences, the other half says how often they are right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data.dataset import IntArray
from ...data.words import words
from .calibration import Calibration, Numbers, precision
from .facts import Facts
from .likeness import bags, nearest, with_pairs
from .mentions import Mentions

NEIGHBOURS = 10
"""Products that vote."""

COMMON = 2_000
"""Terms of more products than that make none a neighbour."""

MOST_KNOWN = 6_000
"""Of the products whose fact is known, so many at most are asked."""

RELATIONS = {"MADE_BY": "Brand", "IN_CATEGORY": "Category"}
"""What can be proposed: relations from products, with the label they lead to."""

METHODS = ("title", "neighbours", "title and neighbours")


@dataclass(frozen=True)
class Proposal:
    """A fact that a product may be lacking."""

    product_id: str
    title: str
    relation: str
    """A key of `RELATIONS`."""
    target_id: str
    confidence: float
    """How often such a proposal is right on products whose fact is known, in [0, 1]."""
    method: str
    """One of `METHODS`; where both do not say the same, the surer one."""


@dataclass(frozen=True)
class Proposals:
    """The proposals of one relation, and what they are worth."""

    relation: str
    n_missing: int
    """Products without the fact."""
    items: tuple[Proposal, ...]
    """The surest first."""
    precision: tuple[Mapping[str, Any], ...]
    """By level of confidence, on known products that no calibration has seen; see `calibration.precision`."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "relation": self.relation,
            "missing": self.n_missing,
            "precision": [dict(level) for level in self.precision],
            "items": [vars(item) for item in self.items],
        }


def propose(facts: Facts, relation: str, seed: int = 0) -> Proposals:
    """Proposals for every product that lacks a fact, where there is any.

    Args:
        facts: The catalogue.
        relation: A key of `RELATIONS`.
        seed: Of which known products are asked, and which half they belong to.
    """
    names = facts.names(RELATIONS[relation])
    given = facts.told(relation, RELATIONS[relation])  # what was accepted before vouches for nothing
    missing = np.flatnonzero((facts.brand if relation == "MADE_BY" else facts.leaf) < 0)
    if not len(missing):
        return Proposals(relation, 0, (), ())
    known = np.random.default_rng(seed).permutation(np.flatnonzero(given >= 0))[:MOST_KNOWN]
    asked = np.concatenate([known, missing])
    found, scores, methods = _ask(facts, relation, given, asked)
    right = found[: len(known)] == given[known]
    tried = found[: len(known)] >= 0
    learns = tried & (np.arange(len(known)) < len(known) // 2)
    confidences = np.zeros(len(asked))
    for method in range(len(METHODS)):
        own = methods == method
        taught = learns & own[: len(known)]
        calibration = Calibration.of(scores[: len(known)][taught], right[taught])
        confidences[own] = calibration(scores[own])
    checks = tried & ~learns
    levels = precision(confidences[: len(known)][checks], right[checks], len(known) - len(known) // 2)
    items = [
        Proposal(
            str(facts.ids[asked[i]]),
            str(facts.titles[asked[i]]),
            relation,
            str(names[found[i]]),
            round(float(confidences[i]), 4),
            METHODS[methods[i]],
        )
        for i in range(len(known), len(asked))
        if found[i] >= 0
    ]
    items.sort(key=lambda item: (-item.confidence, item.product_id))
    return Proposals(relation, len(missing), tuple(items), tuple(levels))


def _ask(facts: Facts, relation: str, given: IntArray, asked: IntArray) -> tuple[IntArray, Numbers, IntArray]:
    """What is proposed for each product that is asked, -1 for nothing, its score, and its method."""
    voted, votes = _vote(facts, relation, given, asked)
    named, shares = np.full(len(asked), -1, dtype=np.int64), np.zeros(len(asked))
    if relation == "MADE_BY":
        named, shares = Mentions(facts.names("Brand"), facts.title_words, given).propose(asked)
    both = (named == voted) & (named >= 0)
    title = (named >= 0) & ~both & (shares >= votes)
    found = np.where(both | title, named, voted)
    scores = np.where(both, 1 - (1 - shares) * (1 - votes), np.where(title, shares, votes))
    return found, scores, np.where(both, 2, np.where(title, 0, 1))


def _vote(facts: Facts, relation: str, given: IntArray, asked: IntArray) -> tuple[IntArray, Numbers]:
    """What the `NEIGHBOURS` most similar other products with the fact have, by the sum of their cosines."""
    known = np.flatnonzero(given >= 0)
    bag = bags(_terms(facts, relation), COMMON)
    found = nearest(bag[asked], bag[known], NEIGHBOURS + 1).tocoo()
    row, neighbour, cosine = found.coords[0], known[found.coords[1]], found.data.astype(np.float64)
    keep = neighbour != asked[row]
    row, neighbour, cosine = row[keep], neighbour[keep], cosine[keep]
    order = np.lexsort((-cosine, row))
    row, neighbour, cosine = row[order], neighbour[order], cosine[order]
    first = np.searchsorted(row, row)
    keep = np.arange(len(row)) - first < NEIGHBOURS
    pair, place = np.unique(row[keep] * (given.max() + 1) + given[neighbour[keep]], return_inverse=True)
    sums = np.bincount(place, weights=cosine[keep], minlength=len(pair)) / NEIGHBOURS
    best, votes = np.full(len(asked), -1, dtype=np.int64), np.zeros(len(asked))
    order = np.argsort(sums, kind="stable")
    rows, values = np.divmod(pair[order], given.max() + 1)
    best[rows], votes[rows] = values, sums[order]  # the largest sum is written last
    return best, votes


def _terms(facts: Facts, relation: str) -> list[list[str]]:
    """What products are compared by: words of title and description, and the fact that is not asked for.

    Text vectors are not used: they read brand and category, so known products would be too easy.
    """
    other = "brand" if relation == "IN_CATEGORY" else "leaf"
    descriptions = facts.arrays.nodes["Product"]["description"]
    return [
        [*with_pairs(title), *words(description), *([f"{other}:{fact}"] if fact >= 0 else [])]
        for title, description, fact in zip(
            facts.title_words, descriptions, getattr(facts, other), strict=True
        )
    ]
