"""Figures of the lists themselves, whatever their users chose: their breadth, novelty, variety.

`lists` are product rows, `(n_users, k)`, -1 where there is no product; the order within a list plays no part.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from ..data import Columns, Dataset
from ..data.splits import Split
from .metrics import IntArray, Values

FloatArray = npt.NDArray[np.float64]

CHUNK = 10_000
"""Lists whose facts are held in memory at once."""


@dataclass(frozen=True)
class Catalogue:
    """What the figures need to know of the products."""

    events: IntArray
    """Training events by product, `(n_products,)`."""
    novelty: FloatArray
    """Self-information by product, in bits, `(n_products,)`; see `self_information`."""
    facts: sp.csr_array
    """Unit rows of facts by product, `(n_products, n_facts)`; see `product_facts`."""

    @classmethod
    def of(cls, split: Split) -> "Catalogue":
        """The catalogue as training knows it."""
        histories = split.train.histories()
        n = len(split.train.products)
        pairs = np.unique(histories.owners * n + histories.products)
        return cls(
            np.bincount(histories.products, minlength=n),
            self_information(np.bincount(pairs % n, minlength=n), int(np.count_nonzero(histories.lengths))),
            product_facts(split.train),
        )

    def per_list(self, lists: IntArray) -> dict[str, Values]:
        """`popularity`, `novelty` and, where products have facts, `diversity` of every list, `(n_users,)`."""
        figures = {
            "popularity": mean_of(self.events.astype(np.float64), lists),
            "novelty": mean_of(self.novelty, lists),
        }
        return figures | ({"diversity": diversity(lists, self.facts)} if self.facts.nnz else {})


def coverage(lists: IntArray, n_products: int) -> float:
    """The share of the catalogue in anybody's list.

    >>> coverage(np.array([[0, 1], [1, 2]]), n_products=6)
    0.5
    """
    return len(np.unique(lists[lists >= 0])) / n_products


def gini(lists: IntArray, n_products: int) -> float:
    """How unevenly products get into lists: 0 where all do equally often, towards 1 where only a few do.

    With `x_i` the number of lists that product `i` is in, ascending, zeros included, it is
    `Σ (2i - n - 1) x_i / (n Σ x_i)`, `i = 1 … n` (Gini index, as in Fleder, Hosanagar 2009, and RecBole).

    >>> gini(np.array([[0, 1], [0, 2]]), n_products=4)  # x = 0 1 1 2: (-3·0 - 1·1 + 1·1 + 3·2) / (4·4)
    0.375
    """
    counts = np.sort(np.bincount(lists[lists >= 0], minlength=n_products)).astype(np.float64)
    weights = 2 * np.arange(1, n_products + 1) - n_products - 1
    return float(weights @ counts / (n_products * max(counts.sum(), 1)))


def self_information(users: IntArray, n_users: int) -> FloatArray:
    """Bits by which a product surprises, `-log2(users / n_users)` (Zhou et al. 2010), `(n_products,)`.

    A product that nobody has counts as had by one user, as in RecTools, since its surprise has no bound.

    Args:
        users: How many users have each product, `(n_products,)`.
        n_users: Users with a training event.

    >>> self_information(np.array([8, 2, 0]), n_users=8).tolist()
    [0.0, 2.0, 3.0]
    """
    out: FloatArray = np.log2(max(n_users, 1)) - np.log2(np.maximum(users, 1))
    return out


def mean_of(values: FloatArray, lists: IntArray) -> Values:
    """The mean of a product's value over each list, `(n_users,)`; 0 for an empty list.

    >>> mean_of(np.array([1.0, 2.0, 6.0]), np.array([[0, 2], [1, -1]])).tolist()
    [3.5, 2.0]
    """
    there = lists >= 0
    out: Values = np.where(there, values[lists], 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return out


def product_facts(dataset: Dataset) -> sp.csr_array:
    """Category path, brand and attributes of every product as unit rows, `(n_products, n_facts)`.

    Every step of the path is a fact, so that siblings share all but the last. Titles and prices are none.
    """
    paths = dataset.products[Columns.CATEGORY]
    steps = (
        paths.map(lambda path: [("category", *path[: i + 1]) for i in range(len(path))]).explode().dropna()
    )
    brands = dataset.products[Columns.BRAND]
    brands = brands[brands != ""].map(lambda brand: ("brand", brand))
    table = dataset.product_attributes
    attributes = pd.Series(
        list(zip(table[Columns.KEY], table[Columns.VALUE], strict=True)),
        index=dataset.product_index.get_indexer(pd.Index(table[Columns.PRODUCT])),
        dtype=object,
    ).map(lambda pair: ("attribute", *pair))
    facts = pd.concat([steps, brands, attributes])
    columns, names = pd.factorize(facts)
    shape = (len(dataset.products), len(names))
    matrix = sp.csr_array((np.ones(len(facts)), (facts.index.to_numpy(np.int64), columns)), shape=shape)
    matrix.data[:] = 1.0  # a fact given twice is one
    norms = np.sqrt(np.maximum(matrix.sum(axis=1), 1.0))
    return sp.csr_array(sp.diags_array(1 / norms) @ matrix)


def diversity(lists: IntArray, facts: sp.csr_array) -> Values:
    """1 minus the mean cosine of all pairs in each list (Smyth, McClave 2001; Ziegler et al. 2005).

    A product without facts is like no other. A list of fewer than two products has diversity 0.

    Args:
        lists: Product rows, `(n_users, k)`.
        facts: Unit rows (or empty ones) by product, `(n_products, n_facts)`.

    Returns:
        In [0, 1], `(n_users,)`.

    >>> facts = sp.csr_array(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    >>> diversity(np.array([[0, 1, 2]]), facts).round(9).tolist()  # 1 - (0.6 + 0 + 0.8) / 3
    [0.533333333]
    """
    squares = np.asarray(facts.multiply(facts).sum(axis=1))
    out = [_diversity(lists[i : i + CHUNK], facts, squares) for i in range(0, len(lists), CHUNK)]
    return np.concatenate([np.zeros(0), *out])


def _diversity(lists: IntArray, facts: sp.csr_array, squares: FloatArray) -> Values:
    there = lists >= 0
    n = there.sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(n)])
    members = sp.csr_array((np.ones(offsets[-1]), lists[there], offsets), shape=(len(lists), facts.shape[0]))
    total = members @ facts
    # The cosines of all ordered pairs: the square of the sum without the squares of the parts.
    pairs = np.asarray(total.multiply(total).sum(axis=1)) - members @ squares
    similar = pairs / np.maximum(n * (n - 1), 1)
    return np.where(n > 1, np.clip(1 - similar, 0.0, 1.0), 0.0)
