"""What completes a basket: products that are bought together, rather than such as replace each other."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import scipy.sparse as sp
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ..data import EVENT_TYPES, Histories, RunError
from ..data.dataset import FloatArray, IntArray, StrArray
from ..data.files import save_arrays
from ..data.matrices import Matrix, entries, largest, matrix_from_arrays, matrix_to_arrays

VISIT = 1800
"""Seconds: what a user does with no longer pause in between is one visit, and its products one basket."""

MOST = 200
"""Products of a basket, at most; larger ones are left out, as nobody chose their products for each other."""

FALLBACK = 1e-6
"""What popularity counts, so that it orders the products of which no basket tells anything."""

_ARRAYS = ("weight", "kind_weight", "kind_products")


class Described(Protocol):
    """What has to be known of the products that may complete a basket; an `Index` does."""

    @property
    def ids(self) -> StrArray:
        """Product ids, `(n_products,)`."""
        ...

    @property
    def text(self) -> FloatArray:
        """Unit text vectors, zero where there is no text, `(n_products, d_text)`."""
        ...

    @property
    def leaf(self) -> IntArray:
        """Number of each product's leaf category, -1 for none, `(n_products,)`."""
        ...

    @property
    def popularity(self) -> FloatArray:
        """How popular each product is, in [0, 1], `(n_products,)`."""
        ...


@dataclass(frozen=True)
class BasketConfig:
    """How baskets are counted and read; `benchmarks/baskets.py` chose the defaults on a validation window."""

    damping: float = 5.0
    """Added to the baskets that a product is in: one that is in few says little of what goes with it."""
    popularity_discount: float = 0.25
    """Power of a product's own number of baskets that its score is divided by, in [0, 1]: at 0 what is in all
    baskets completes every basket, at 1 what is hardly in any."""
    size_discount: float = 0.5
    """Power of its number of products that a basket's weight is divided by: small baskets tell more."""
    companions: int = 400
    """Of the products that are bought with one, only so many are kept, the most frequent."""
    substitutes: float = 0.5
    """How much of its score a product loses that could replace one of the basket, in [0, 1]: one of the same
    leaf category, in proportion to the cosine of their texts."""

    def __post_init__(self) -> None:
        for name in ("popularity_discount", "substitutes"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be in [0, 1]")
        if self.damping <= 0 or self.size_discount < 0 or self.companions < 1:
            raise ValueError(
                f"damping is {self.damping}, size_discount {self.size_discount} and companions "
                f"{self.companions}; they must be above 0, not negative, and at least 1"
            )


@dataclass(frozen=True)
class Baskets:
    """How often products were in one basket.

    A product `j` completes a basket `B` as much as `Σ_i w_ij / (w_i + damping) / w_j^popularity_discount`,
    over the products `i` of `B`; `w_ij` is the weight of the baskets with both, `w_i` of those with `i`. One
    that was in no basket is taken for an average product of its leaf category, on either side.
    """

    together: Matrix
    """Weight of the baskets with both products, diagonal empty, `(n_products, n_products)`."""
    weight: FloatArray
    """Weight of the baskets with each product, `(n_products,)`."""
    kinds: Matrix
    """The sums of `together` by leaf category, `(n_leaves, n_leaves)`."""
    kind_weight: FloatArray
    """The sum of `weight` by leaf category, `(n_leaves,)`."""
    kind_products: FloatArray
    """How many products of each leaf category were in a basket, `(n_leaves,)`."""
    config: BasketConfig = BasketConfig()

    @classmethod
    def of(
        cls, histories: Histories, leaf: IntArray, *, timed: bool, config: BasketConfig = BasketConfig()
    ) -> Self:
        """Count the baskets of what users did.

        Purchases alone are counted where there are any. A basket holds the products of one visit; where the
        events have no times, those of a whole history.

        Args:
            histories: Of all users.
            leaf: Number of each product's leaf category, -1 for none, `(n_products,)`.
            timed: Whether `at` is in seconds.
            config: How to count.
        """
        baskets = basket_products(histories, len(leaf), timed=timed)
        size = np.maximum(np.diff(baskets.indptr), 1).astype(np.float32)
        scale = size**-config.size_discount
        weighted = sp.csr_array(sp.diags_array(scale) @ baskets)
        together = sp.csr_array(baskets.T @ weighted)
        together.setdiag(0)
        together.eliminate_zeros()
        weight = np.asarray(weighted.sum(axis=0), dtype=np.float32).ravel()
        known = np.flatnonzero(leaf >= 0)
        ones = np.ones(len(known), dtype=np.float32)
        has = sp.csr_array((ones, (known, leaf[known])), shape=(len(leaf), int(leaf.max(initial=-1)) + 1))
        return cls(
            largest(together, config.companions),
            weight,
            sp.csr_array(has.T @ together @ has),
            has.T @ weight,
            has.T @ (weight > 0).astype(np.float32),
            config,
        )

    def with_config(self, config: BasketConfig) -> "Baskets":
        """The same counts read otherwise; how they were counted stays."""
        return replace(self, config=config)

    def complete(self, rows: IntArray, index: Described) -> FloatArray:
        """How well each product completes a basket, `(n_products,)`; minus infinity for what it holds.

        Args:
            rows: Product rows of the basket; popularity decides where it is empty.
            index: With the texts and leaf categories of the products, perhaps of more than were counted.
        """
        n, rows = len(self.weight), np.unique(rows)
        out = np.zeros(len(index.ids), dtype=np.float32)
        old = rows[rows < n]
        known = old[self.weight[old] > 0]
        out[:n] += (1 / (self.weight[known] + self.config.damping)) @ self.together[known]
        for row in np.setdiff1d(rows, known):  # a product that was in no basket
            alike = np.flatnonzero((index.leaf[:n] == index.leaf[row]) & (index.leaf[row] >= 0))
            share = 1 / (self.weight[alike].sum() + self.config.damping)
            out[:n] += np.full(len(alike), share, dtype=np.float32) @ self.together[alike]
        out[:n] *= self._discounts
        new = np.concatenate([self._in_none, np.arange(n, len(out))])
        leaf = np.append(self._kind_scores(index.leaf[rows]), 0)
        out[new] = leaf[np.where(index.leaf[new] < len(leaf) - 1, index.leaf[new], -1)]
        out *= 1 - self.config.substitutes * _likeness(rows, index)
        out += FALLBACK * index.popularity
        out[rows] = -np.inf
        return out

    def partners(self, rows: IntArray, products: IntArray) -> IntArray:
        """The product of a basket that each of some distinct products goes with most.

        Args:
            rows: Product rows of the basket, at least one.
            products: Product rows, `(n,)`.

        Returns:
            Positions in `rows`, -1 where a product was never bought with any of them, `(n,)`.
        """
        n = len(self.weight)
        old, asked = np.flatnonzero(rows < n), np.flatnonzero(products < n)
        out = np.full(len(products), -1, dtype=np.int64)
        if len(old) and len(asked):
            shares = entries(self.together, rows[old], products[asked])
            shares /= (self.weight[rows[old]] + self.config.damping)[:, None]
            out[asked] = np.where(shares.max(axis=0) > 0, old[shares.argmax(axis=0)], -1)
        return out

    def _kind_scores(self, leaf: IntArray) -> FloatArray:
        """What an average product of each leaf category scores beside products of these, `(n_leaves,)`."""
        leaf = leaf[(leaf >= 0) & (leaf < len(self.kind_weight))]
        rates = (1 / (self.kind_weight[leaf] + self.config.damping)) @ self.kinds[leaf]
        mean = self.kind_weight / np.maximum(self.kind_products, 1)
        discount = np.maximum(mean, 1e-12) ** self.config.popularity_discount
        out: FloatArray = np.where(mean > 0, rates / np.maximum(self.kind_products, 1) / discount, 0)
        return out.astype(np.float32)

    @cached_property
    def _in_none(self) -> IntArray:
        """Products that were in no basket."""
        return np.flatnonzero(self.weight == 0)

    @cached_property
    def _discounts(self) -> FloatArray:
        """One over the power of each product's weight, 0 for a product that was in no basket."""
        powers = np.maximum(self.weight, 1e-12) ** -self.config.popularity_discount
        return np.where(self.weight > 0, powers, 0).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write the counts to a file, whole or not at all."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        matrices = matrix_to_arrays("together", self.together) | matrix_to_arrays("kinds", self.kinds)
        save_arrays(path, arrays | matrices)

    @classmethod
    def load(cls, path: Path, config: BasketConfig = BasketConfig()) -> Self:
        """Read what `save` wrote.

        Raises:
            RunError: The file is absent or damaged.
        """
        try:
            arrays = load_file(path)
        except (FileNotFoundError, SafetensorError) as error:
            raise RunError(f"{path} is absent or damaged; run `cartograph train` again") from error
        together, kinds = (matrix_from_arrays(name, arrays) for name in ("together", "kinds"))
        weight, kind_weight, kind_products = (arrays[name] for name in _ARRAYS)
        return cls(together, weight, kinds, kind_weight, kind_products, config)


def basket_products(histories: Histories, n_products: int, *, timed: bool) -> Matrix:
    """Which products are in each basket of two to `MOST` products, 0 or 1, `(n_baskets, n_products)`.

    Args:
        histories: Of all users.
        n_products: Size of the catalogue.
        timed: Whether `at` is in seconds, so that histories can be cut into visits.
    """
    purchase = EVENT_TYPES.index("purchase")
    if (histories.types == purchase).any():
        histories = histories.select(histories.types == purchase)
    begins = histories.ages == np.repeat(histories.lengths, histories.lengths) - 1
    if timed:
        begins[1:] |= np.diff(histories.at) > VISIT
    keys = np.unique((np.cumsum(begins) - 1) * n_products + histories.products)
    size = np.bincount(keys // n_products)
    counted = (size >= 2) & (size <= MOST)
    kept = np.repeat(counted, size)
    number = np.repeat(np.cumsum(counted) - 1, size)[kept]
    ones = np.ones(len(number), dtype=np.float32)
    shape = (int(number.max(initial=-1)) + 1, n_products)
    return sp.csr_array((ones, (number, keys[kept] % n_products)), shape=shape)


def _likeness(rows: IntArray, index: Described) -> FloatArray:
    """How alike each product is to the most alike of its leaf category among `rows`, in [0, 1]."""
    out = np.zeros(len(index.ids), dtype=np.float32)
    rows = rows[index.leaf[rows] >= 0]
    alike = np.flatnonzero(np.isin(index.leaf, index.leaf[rows]))
    if len(alike):
        cosines = index.text[alike] @ index.text[rows].T
        same = index.leaf[alike][:, None] == index.leaf[rows]
        out[alike] = np.where(same, cosines, 0).max(axis=1).clip(0, 1)
    return out
