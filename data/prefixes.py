"""What a model of the next product learns from: a stretch of a history, and what came after it."""

from dataclasses import dataclass

import numpy as np

from .dataset import Histories, IntArray, stretches


@dataclass(frozen=True)
class Prefixes:
    """Stretches of the flat event arrays of `Histories`, and the product that came after each."""

    starts: IntArray
    """Where each stretch begins, `(n,)`."""
    ends: IntArray
    """Where it ends, exclusive, `(n,)`."""
    targets: IntArray
    """Product rows, `(n,)`."""

    @classmethod
    def of(cls, histories: Histories) -> "Prefixes":
        """Every product that a user chose for the first time, after everything at an earlier moment.

        That is what is recommended: products that are new to the user, at a later visit. What is bought at
        the same moment shares a history.

        >>> at = np.array([1, 2, 2, 3])
        >>> visits = Histories(np.array(["u"]), np.array([0, 4]), np.array([5, 6, 7, 5]), at, at)
        >>> Prefixes.of(visits)
        Prefixes(starts=array([0, 0]), ends=array([1, 1]), targets=array([6, 7]))
        """
        starts = np.repeat(histories.offsets[:-1], histories.lengths)
        n_products = int(histories.products.max(initial=0)) + 1
        _, first = np.unique(histories.owners * n_products + histories.products, return_index=True)
        moments, chosen = histories.moments, np.sort(first)
        chosen = chosen[moments[chosen] > starts[chosen]]
        return cls(starts[chosen], moments[chosen], histories.products[chosen])

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: IntArray) -> "Prefixes":
        """Those in `rows`, in that order."""
        return Prefixes(self.starts[rows], self.ends[rows], self.targets[rows])

    def last(self, n: int) -> "Prefixes":
        """The same with only the last `n` events of each stretch."""
        return Prefixes(np.maximum(self.starts, self.ends - n), self.ends, self.targets)

    def histories(self, histories: Histories) -> Histories:
        """The stretches as histories of `n` users, whose ids mean nothing."""
        offsets, flat = stretches(self.starts, self.ends - self.starts)
        users = np.full(len(self), "", dtype=object)
        return Histories(users, offsets, histories.products[flat], histories.types[flat], histories.at[flat])
