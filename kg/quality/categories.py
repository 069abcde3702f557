"""Which category a product belongs to, told by its words and by what BERT makes of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from ...data.dataset import FloatArray, IntArray
from .calibration import Numbers

Terms = Sequence[Sequence[str]]

FOLDS = 3
"""Parts of the products, no group in two, of which each is asked about by what the others teach."""

MOST_WEIGHTS = 1 << 22
"""Terms times categories of the regression, at most; the commonest terms are kept."""

MOST_ASKED = 5_000
"""The weights are fitted to so many products at most."""

FLOOR = 1e-4
"""What the words leave to every category, one that they have never been seen in among them."""


class TextVectors(NamedTuple):
    """Unit vectors of an encoder, of texts that name no category of a product."""

    products: FloatArray
    """`(n_products, d)`."""
    categories: FloatArray
    """Of their names, `(n_categories, d)`."""


@dataclass(frozen=True)
class CategoryClassifier:
    """Three factors, each learned from the catalogue alone, and how much each is worth.

    `p(c | x) ∝ words(c | x)^a · exp(b cos(x, name of c) + g cos(x, mean of c))`: logistic regression on
    TF-IDF of words and pairs of them; the text's vector against that of the category's name, which needs no
    example; and against the mean of the category's products (Snell et al. 2017, "Prototypical networks",
    eq. 1 and 2). The exponents are the likeliest for products of groups that the factors have not seen.
    Without vectors the words are all there is.
    """

    leaves: IntArray
    """Rows of the categories that products have, ascending, `(n_leaves,)`."""
    exponents: Numbers
    """`(3,)`, or `(1,)` without vectors."""
    _factors: "_Factors"

    @classmethod
    def fit(
        cls,
        terms: Terms,
        category: IntArray,
        groups: IntArray,
        vectors: TextVectors | None = None,
        seed: int = 0,
    ) -> tuple["CategoryClassifier", Numbers]:
        """Learn from products whose category is known.

        Time and memory grow with products times categories: a minute on one core for 12,000 and 245.

        Args:
            terms: Of each product.
            category: The row of each product's category, `(n,)`.
            groups: Products of one group, such as a brand, are never asked about by what the others of it
                teach, `(n,)`; where there are fewer groups than `FOLDS`, every product is one.
            vectors: Of these products, and of all categories.
            seed: Of the parts.

        Returns:
            The classifier, and the probabilities `(n, n_leaves)` that it gives each of these products when it
            does not know the product's group.

        Raises:
            ValueError: There are fewer products than `FOLDS`.
        """
        leaves, target = np.unique(category, return_inverse=True)
        names = None if vectors is None else vectors.categories[leaves]
        products = None if vectors is None else vectors.products
        if len(np.unique(groups)) < FOLDS:
            groups = np.arange(len(target))

        def taught(rows: IntArray) -> _Factors:
            given = [terms[row] for row in rows]
            return _Factors.of(given, target[rows], len(leaves), names, _rows(products, rows))

        scores = np.zeros((1 if names is None else 3, len(target), len(leaves)), dtype=np.float32)
        folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
        for known, asked in folds.split(target, groups=groups):
            scores[:, asked] = taught(known)([terms[row] for row in asked], _rows(products, asked))
        few = np.random.default_rng(seed).permutation(len(target))[:MOST_ASKED]
        exponents = _likeliest(scores[:, few], target[few])
        return cls(leaves, exponents, taught(np.arange(len(target)))), _pooled(scores, exponents)

    def __call__(self, terms: Terms, vectors: FloatArray | None = None) -> Numbers:
        """The probability of every category of `leaves`, `(n, n_leaves)`; rows add up to 1.

        Args:
            terms: Of each product.
            vectors: Of the same products, `(n, d)`, where it was fitted with some.
        """
        return _pooled(self._factors(terms, vectors), self.exponents)


@dataclass(frozen=True)
class _Factors:
    words: Pipeline | None
    """None where no term or no second category is there to learn from."""
    n_leaves: int
    names: FloatArray | None
    means: FloatArray | None

    @classmethod
    def of(
        cls,
        terms: Terms,
        target: IntArray,
        n_leaves: int,
        names: FloatArray | None,
        vectors: FloatArray | None,
    ) -> "_Factors":
        words, n_seen = None, len(np.unique(target))
        counts = Counter(term for text in terms for term in set(text))
        kept = [term for term, n in counts.most_common(MOST_WEIGHTS // n_seen) if n > 1]
        if kept and n_seen > 1:
            words = make_pipeline(
                TfidfVectorizer(analyzer=_as_they_are, lowercase=False, vocabulary=kept, sublinear_tf=True),
                LogisticRegression(C=10.0, tol=1e-3),
            ).fit(terms, target)
        means = None
        if names is not None and vectors is not None:
            sums = names * 1e-6  # a category without products in this part is where its name is
            np.add.at(sums, target, vectors)
            means = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return cls(words, n_leaves, names, means)

    def __call__(self, terms: Terms, vectors: FloatArray | None) -> FloatArray:
        """Scores `(n_factors, n, n_leaves)`."""
        words = np.full((len(terms), self.n_leaves), FLOOR, dtype=np.float32)
        if self.words is not None:
            words[:, self.words.classes_] += self.words.predict_proba(terms)
        factors = [np.log(words)]
        if vectors is not None and self.names is not None and self.means is not None:
            factors += [vectors @ self.names.T, vectors @ self.means.T]
        return np.stack(factors)


def along_path(probabilities: Numbers, leaves: IntArray, lineages: IntArray) -> tuple[IntArray, Numbers]:
    """The likeliest category and those above it, with the probability of being in each or below it.

    A category that all of `leaves` are in says nothing, and is left out.

    Args:
        probabilities: `(n, n_leaves)`.
        leaves: Rows of categories, `(n_leaves,)`.
        lineages: Of every category itself and those above it, nearest first, -1 beyond the top,
            `(n_categories, depth)`.

    Returns:
        Rows of categories and their probabilities, both `(n, depth)`; -1 and 0 beyond the top.
    """
    above = lineages[leaves]
    within = np.zeros((len(leaves), len(lineages)))
    for step in above.T:
        within[step >= 0, step[step >= 0]] = 1.0
    found = above[probabilities.argmax(axis=1)]
    telling = within.sum(axis=0) < max(len(leaves), 2)
    found = np.where((found >= 0) & telling[found], found, -1)
    masses = np.take_along_axis(probabilities @ within, np.maximum(found, 0), axis=1)
    return found, np.where(found >= 0, np.minimum(masses, 1.0), 0.0)


def _likeliest(scores: FloatArray, target: IntArray) -> Numbers:
    """The exponents under which the known categories are likeliest (maximum a posteriori, nearly flat)."""
    right = scores[:, np.arange(len(target)), target].astype(np.float64)

    def loss(exponents: Numbers) -> tuple[float, Numbers]:
        logs = log_softmax(np.tensordot(exponents, scores, 1), axis=1)
        expected = (np.exp(logs) * scores).sum(axis=2).mean(axis=1)
        value = -logs[np.arange(len(target)), target].mean() + 1e-4 * exponents @ exponents
        return float(value), expected - right.mean(axis=1) + 2e-4 * exponents

    found = minimize(loss, np.ones(len(scores)), jac=True, bounds=[(0.0, None)] * len(scores))
    return np.asarray(found.x, dtype=np.float64)


def _pooled(scores: FloatArray, exponents: Numbers) -> Numbers:
    return np.asarray(softmax(np.tensordot(exponents, scores, 1), axis=1), dtype=np.float64)


def _rows(vectors: FloatArray | None, rows: IntArray) -> FloatArray | None:
    return None if vectors is None else vectors[rows]


def _as_they_are(terms: Sequence[str]) -> Sequence[str]:
    return terms
