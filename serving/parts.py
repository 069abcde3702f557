"""What the scores of users are made of."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..data import Histories
from ..data.dataset import FloatArray, IntArray
from ..data.matrices import path_strengths, path_strengths_of_one, unit
from .nearest import places

if TYPE_CHECKING:
    from .index import Index


@dataclass(frozen=True)
class Parts:
    """What the scores of users are made of, each `(n_users, n_columns)`, computed when first asked for."""

    index: "Index"
    histories: Histories
    products: IntArray | None = None
    """The product of each column, ascending; None for all. Columns may be chosen for a user alone."""

    @cached_property
    def rows(self) -> IntArray:
        """The product of each column, `(n_columns,)`."""
        return np.arange(len(self.index.ids)) if self.products is None else self.products

    @cached_property
    def queries(self) -> FloatArray:
        """What each user asks for, at unit length, `(n_users, d)`."""
        return unit(self.index.queries(self.histories))

    @cached_property
    def tastes(self) -> FloatArray:
        """What each user's titles say, at unit length, `(n_users, d_text)`."""
        return unit(self.index.tastes(self.histories))

    @cached_property
    def leanings(self) -> FloatArray:
        """What each user chose, by who else chose it, at unit length, `(n_users, k)`."""
        return unit(self.index.leanings(self.histories))

    @cached_property
    def graph(self) -> FloatArray:
        """The cosine of every user's query with every product."""
        out: FloatArray = self.queries @ self._of(self.index.unit).T
        return out

    @cached_property
    def text(self) -> FloatArray:
        """The cosine of every user's taste in titles with every title."""
        out: FloatArray = self.tastes @ self._of(self.index.text).T
        return out

    @cached_property
    def spectral(self) -> FloatArray:
        """The cosine of every user's leaning with every product's spectral vector."""
        out: FloatArray = self.leanings @ self._of(self.index.spectral).T
        return out

    def narrowed(self) -> "Parts":
        """The parts of the products worth scoring for a user alone, among whom are the best that are new."""
        nearest = self.index.nearest
        if nearest is None or self.products is not None or not self.histories.lengths.any():
            return self
        asked = (self.queries[0], self.tastes[0], self.leanings[0])
        rows = nearest.shortlist(asked, *self.reached, self.histories.products)
        out = replace(self, products=rows)
        kept = ("queries", "tastes", "leanings", "reached")
        out.__dict__.update({name: getattr(self, name) for name in kept})
        return out

    @cached_property
    def paths(self) -> FloatArray:
        """How strongly what each user did leads to every product, not negative."""
        if self.products is None:
            out: FloatArray = path_strengths(self.histories, self.index.leads_to).toarray()
            return out
        reached, strengths = self.reached
        at = np.minimum(np.searchsorted(reached, self.products), len(reached) - 1)
        found = np.where(reached[at] == self.products, strengths[at], 0) if len(reached) else 0
        return np.broadcast_to(np.float32(found), (1, len(self.products)))

    @cached_property
    def reached(self) -> tuple[IntArray, FloatArray]:
        """The products that what a user alone did leads to, ascending, and how strongly."""
        return path_strengths_of_one(self.histories.of(0), self.index.leads_to)

    @cached_property
    def scores(self) -> FloatArray:
        """All of it, weighed; popularity for users without events."""
        fusion = self.index.fusion
        out = self.graph + self._of(self.index.prior)
        if fusion.path_weight:
            out += fusion.path_weight * np.sqrt(self.paths)
        if self.index.text_weights.any():
            out += self._of(self.index.text_weights) * self.text
        if fusion.spectral_weight:
            out += fusion.spectral_weight * self.spectral
        out[self.histories.lengths == 0] = self._of(self.index.popularity)
        return out

    @cached_property
    def scores_of_new(self) -> FloatArray:
        """The same, minus infinity for what is in the history."""
        out = self.scores.copy()
        if self.products is None:
            out[self.histories.owners, self.histories.products] = -np.inf
        else:
            out[0, places(self.products, self.histories.products)] = -np.inf
        return out

    def _of(self, values: FloatArray) -> FloatArray:
        """The rows of the columns' products."""
        return values if self.products is None else values[self.products]
