"""The whole ranking: the index scores every product, the second stage orders the best of them anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ..data import Histories, RunError
from ..data.dataset import FloatArray, IntArray
from ..data.files import save_arrays
from .index import Index
from .nearest import SHORT
from .newcomers import Newcomers
from .results import Product
from .second_stage import SecondStage


@dataclass(frozen=True)
class Ranker:
    """Scores every product for every user."""

    index: Index
    """The first stage."""
    second: SecondStage | None = None
    """The second stage; None where the first is better alone, or the shop wants it simple."""
    newcomers: Newcomers | None = None
    """What gives products a place that come after training; None while a run is trained."""

    def scores(self, histories: Histories) -> FloatArray:
        """A score for every product and user, `(n_users, n_products)`.

        The second stage is learned for products that are new to the user; the user's own get no place in it.
        """
        parts = self.index.parts(histories)
        if self.second is None:
            return parts.scores
        known = np.flatnonzero(histories.lengths)
        if len(known) == len(histories):
            return self.second.scores(parts)
        out = parts.scores
        if len(known):
            out[known] = self.second.scores(self.index.parts(histories.take(known)))
        return out

    def scores_of_new(self, histories: Histories) -> FloatArray:
        """The same, minus infinity for what is in the history."""
        out = self.scores(histories)
        out[histories.owners, histories.products] = -np.inf
        return out

    def best(
        self, history: IntArray, n: int, *, among: IntArray | None = None, new: bool = True
    ) -> tuple[IntArray, FloatArray]:
        """The `n` best products for one user, best first, and their scores; of equals the smaller row first.

        Args:
            history: What the user did, product rows, oldest first; may be empty.
            n: How many; fewer where there are fewer.
            among: Of which products; all when absent.
            new: Whether what is in the history is left out. The second stage knows only products that are
                new to the user, so where it is not, the first ranks alone.

        Returns:
            Product rows and scores, both `(n,)`.
        """
        parts = self.index.parts(one_user(history), among)
        if new and n <= SHORT // 2:
            parts = parts.narrowed()
        if not new:
            scores = parts.scores[0]
        else:
            scores = parts.scores_of_new[0]
            if self.second is not None and len(history) and np.isfinite(scores).any():
                scores = np.where(np.isfinite(scores), self.second.scores(parts)[0], -np.inf)
        order = top(scores, n)
        return parts.rows[order], scores[order]

    def among(self, history: IntArray, products: IntArray) -> FloatArray:
        """Scores of some products for one user, all of them on one scale, `(n,)`.

        Args:
            history: What the user did, product rows, oldest first; may be empty.
            products: Product rows that are not in the history, `(n,)`; the second stage orders them all.
        """
        parts = self.index.parts(one_user(history), products)
        scores = parts.scores
        if self.second is not None and len(history) and len(products):
            scores = replace(self.second, candidates=len(products)).scores(parts)
        out: FloatArray = scores[0]
        return out

    def with_products(self, products: Sequence[Product], texts: FloatArray) -> "Ranker":
        """The ranker with `m` products that came after training.

        Args:
            products: None of which it has yet.
            texts: Their text vectors, `(m, d_bert)`.

        Raises:
            RunError: The run was trained by an older version.
        """
        if self.newcomers is None:
            raise RunError("the run cannot take new products; run `cartograph train` again")
        index, newcomers = self.newcomers.place(self.index, products, texts)
        return replace(self, index=index, newcomers=newcomers)

    def with_events(self, n_events: IntArray) -> "Ranker":
        """The ranker with other event counts, `(n_products,)`."""
        return replace(self, index=self.index.with_events(n_events))

    def save(self, path: Path) -> None:
        """Write both stages to one file, whole or not at all."""
        arrays = {f"index.{name}": values for name, values in self.index.to_arrays().items()}
        if self.second is not None:
            arrays |= {f"second.{name}": values for name, values in self.second.to_arrays().items()}
        if self.newcomers is not None:
            arrays |= {f"newcomers.{name}": values for name, values in self.newcomers.to_arrays().items()}
        save_arrays(path, arrays)

    @classmethod
    def load(cls, path: Path) -> "Ranker":
        """Read what `save` wrote.

        Raises:
            RunError: The file is absent or damaged, or of an older version.
        """
        try:
            arrays = load_file(path)
        except FileNotFoundError as error:
            raise RunError(f"no index at {path}; run `cartograph train` first") from error
        except SafetensorError as error:
            raise RunError(f"{path} is damaged ({error}); run `cartograph train` again") from error
        index, second, newcomers = (
            {name.removeprefix(part): values for name, values in arrays.items() if name.startswith(part)}
            for part in ("index.", "second.", "newcomers.")
        )
        try:
            return cls(
                Index.from_arrays(index),
                SecondStage.from_arrays(second) if second else None,
                Newcomers.from_arrays(newcomers) if newcomers else None,
            )
        except KeyError as error:
            raise RunError(f"{path} is of an older version; run `cartograph train` again") from error


def one_user(history: IntArray) -> Histories:
    """The history of a user alone, product rows, oldest first."""
    zeros = np.zeros(len(history), dtype=np.int64)
    return Histories(np.array([""], dtype=object), np.array([0, len(history)]), history, zeros, zeros)


def top(scores: FloatArray, k: int) -> IntArray:
    """The places of the `k` largest finite scores, best first; of equals the smaller place first.

    >>> top(np.array([0.5, -np.inf, 0.7, 0.5]), 2).tolist()
    [2, 0]
    """
    k = min(k, int(np.isfinite(scores).sum()))
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    limit = np.partition(scores, len(scores) - k)[len(scores) - k]
    head = np.flatnonzero(scores >= limit)
    return head[np.argsort(-scores[head], kind="stable")][:k].astype(np.int64)
