"""Missing brands and categories, proposed from texts, with confidences that known products vouch for.

Every product that lacks the fact is asked, and some that have it, as if they had not. Brands: what the title
names (`Mentions`), and what the products with the most similar words have. Categories: `CategoryClassifier`,
and those above the likeliest, which are surer. Half of the known products turn scores into confidences, the
other half says how often they are right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from ...data.dataset import IntArray, StrArray
from .calibration import Calibration, Numbers, precision
from .categories import FOLDS, CategoryClassifier, TextVectors, along_path
from .facts import Facts
from .likeness import bags, nearest, product_terms
from .mentions import Mentions

NEIGHBOURS = 10
"""Products that vote."""

COMMON = 2_000
"""Terms of more products than that make none a neighbour."""

MOST_KNOWN = {"MADE_BY": 6_000, "IN_CATEGORY": 20_000}
"""Of the products whose fact is known, so many at most are asked; categories are learned from these alone."""

RELATIONS = {"MADE_BY": "Brand", "IN_CATEGORY": "Category"}
"""What can be proposed: relations from products, with the label they lead to."""

METHODS = ("title", "neighbours", "title and neighbours", "text")


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
    """One of `METHODS`; where two do not say the same, the surer one."""
    wider: tuple[tuple[str, float], ...] = ()
    """Categories above the target, the nearest first, with their confidences."""

    def sure(self, confidence: float) -> "Proposal | None":
        """Itself, or the nearest wider category of at least a confidence; None where none is.

        >>> proposal = Proposal("p1", "Tea", "IN_CATEGORY", "Food > Tea", 0.6, "text", (("Food", 0.9),))
        >>> proposal.sure(0.5).target_id, proposal.sure(0.8).target_id, proposal.sure(0.95)
        ('Food > Tea', 'Food', None)
        """
        for place, (target, sureness) in enumerate(((self.target_id, self.confidence), *self.wider)):
            if sureness >= confidence:
                return replace(self, target_id=target, confidence=sureness, wider=self.wider[place:])
        return None


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
        """For JSON; `precision` says as well how many items are as `sure` as each level."""
        return {
            "relation": self.relation,
            "missing": self.n_missing,
            "precision": [
                {**level, "missing": sum(item.sure(level["confidence"]) is not None for item in self.items)}
                for level in self.precision
            ],
            "items": [vars(item) for item in self.items],
        }


class _Answers(NamedTuple):
    """What is proposed for each product that is asked, and what is wider to its right, `(n, depth)`."""

    found: IntArray
    """Rows of nodes, -1 for nothing."""
    scores: Numbers
    methods: IntArray
    """Places in `METHODS`, `(n,)`."""


def propose(
    facts: Facts, relation: str, texts: Callable[[], TextVectors] | None = None, seed: int = 0
) -> Proposals:
    """Proposals for every product that lacks a fact, where there is any.

    Args:
        facts: The catalogue.
        relation: A key of `RELATIONS`.
        texts: Vectors of the texts, computed if categories are missing; without them words say all.
        seed: Of which known products are asked, and which half they belong to.
    """
    names = facts.names(RELATIONS[relation])
    given = facts.told(relation, RELATIONS[relation])  # what was accepted before vouches for nothing
    missing = np.flatnonzero((facts.brand if relation == "MADE_BY" else facts.leaf) < 0)
    if not len(missing):
        return Proposals(relation, 0, (), ())
    known = np.random.default_rng(seed).permutation(np.flatnonzero(given >= 0))[: MOST_KNOWN[relation]]
    asked = np.concatenate([known, missing])
    if relation == "MADE_BY":
        found, scores, methods = _brands(facts, given, asked)
        right = found[: len(known)] == given[known][:, None]
    else:
        found, scores, methods = _categories(facts, given, known, missing, texts)
        above = facts.lineages[given[known]]
        right = (found[: len(known), :, None] == above[:, None, :]).any(axis=2) & (found[: len(known)] >= 0)
    confidences = np.zeros(found.shape)
    for method, depth in np.ndindex(len(METHODS), found.shape[1]):
        own = (methods == method) & (found[:, depth] >= 0)
        taught = own[: len(known)] & (np.arange(len(known)) < len(known) // 2)
        calibration = Calibration.of(scores[: len(known), depth][taught], right[taught, depth])
        confidences[own, depth] = calibration(scores[own, depth])
    confidences = np.maximum.accumulate(confidences, axis=1)  # what is wider is right where the narrower is
    confidences[found < 0] = 0.0
    checks = np.arange(len(known)) >= len(known) // 2
    levels = precision(confidences[: len(known)][checks], right[checks], int(checks.sum()))
    items = [
        Proposal(
            str(facts.ids[asked[i]]),
            str(facts.titles[asked[i]]),
            relation,
            *_named(names, found[i, 0], confidences[i, 0]),
            METHODS[methods[i]],
            tuple(
                _named(names, *of) for of in zip(found[i, 1:], confidences[i, 1:], strict=True) if of[0] >= 0
            ),
        )
        for i in range(len(known), len(asked))
        if found[i, 0] >= 0
    ]
    items.sort(key=lambda item: (-item.confidence, item.product_id))
    return Proposals(relation, len(missing), tuple(items), tuple(levels))


def _named(names: StrArray, row: int, confidence: float) -> tuple[str, float]:
    return str(names[row]), round(float(confidence), 4)


def _brands(facts: Facts, given: IntArray, asked: IntArray) -> _Answers:
    voted, votes = _vote(facts, given, asked)
    named, shares = Mentions(facts.names("Brand"), facts.title_words, given).propose(asked)
    both = (named == voted) & (named >= 0)
    title = (named >= 0) & ~both & (shares >= votes)
    found = np.where(both | title, named, voted)
    scores = np.where(both, 1 - (1 - shares) * (1 - votes), np.where(title, shares, votes))
    return _Answers(found[:, None], scores[:, None], np.where(both, 2, np.where(title, 0, 1)))


def _categories(
    facts: Facts,
    given: IntArray,
    known: IntArray,
    missing: IntArray,
    texts: Callable[[], TextVectors] | None,
) -> _Answers:
    """The known are asked as the missing are: most of these may be of brands that none of the known is of."""
    n = len(known) + len(missing)
    methods = np.full(n, METHODS.index("text"))
    if len(known) < FOLDS:
        return _Answers(np.full((n, 1), -1), np.zeros((n, 1)), methods)
    terms, vectors = _terms(facts, "leaf"), None if texts is None else texts()
    brand, own = facts.brand, len(facts.names("Brand")) + np.arange(len(facts))
    new_brands = (brand[missing] >= 0) & ~np.isin(brand[missing], brand[known])
    groups = np.where(brand >= 0, brand, own) if new_brands.mean() > 0.5 else own
    classifier, held_out = CategoryClassifier.fit(
        [terms[row] for row in known],
        given[known],
        groups[known],
        None if vectors is None else TextVectors(vectors.products[known], vectors.categories),
    )
    new = classifier([terms[row] for row in missing], None if vectors is None else vectors.products[missing])
    found, scores = along_path(np.concatenate([held_out, new]), classifier.leaves, facts.lineages)
    return _Answers(found, scores, methods)


def _vote(facts: Facts, given: IntArray, asked: IntArray) -> tuple[IntArray, Numbers]:
    """The brand of most of the `NEIGHBOURS`, the products most similar that have one, by summed cosines."""
    known = np.flatnonzero(given >= 0)
    bag = bags(_terms(facts, "brand"), COMMON)
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


def _terms(facts: Facts, asked: Literal["brand", "leaf"]) -> list[list[str]]:
    """What products are compared by: words of title and description, and the fact that is not asked for.

    The run's own text vectors are not used: they read brand and category, and known ones would be too easy.
    """
    other: Literal["brand", "leaf"] = "brand" if asked == "leaf" else "leaf"
    descriptions = facts.arrays.nodes["Product"]["description"]
    return [
        product_terms(title, description, f"{other}:{fact}" if fact >= 0 else "")
        for title, description, fact in zip(
            facts.title_words, descriptions, getattr(facts, other), strict=True
        )
    ]
