"""Texts that go together: what an encoder can learn of a shop's events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import FloatArray, IntArray
from ..data.matrices import Matrix
from .encoder import TextEncoder, padded
from .training import in_turns


@dataclass(frozen=True)
class Together:
    """Texts, and how strongly they go together."""

    texts: Sequence[str]
    """`n`."""
    weights: Matrix
    """How strongly the row's text goes with the column's, symmetric, `(n, n)`."""

    @cached_property
    def accompanied(self) -> IntArray:
        """The texts that any goes with."""
        return np.flatnonzero(np.diff(self.weights.indptr))

    def drawn(
        self, encoder: TextEncoder, *, starts: int, neighbours: int, tokens: int, seed: int
    ) -> Iterator[dict[str, Tensor]]:
        """What each step compares, without end: `input_ids`, `attention_mask` and `answers`.

        Args:
            encoder: Whose tokens they are.
            starts: Texts a step begins with.
            neighbours: So many of those that go with each are drawn into the step.
            tokens: Longer texts are cut to so many.
            seed: Of what is drawn.
        """
        ids = encoder.tokens(self.texts, tokens)
        rng = np.random.default_rng(seed)
        for begin in in_turns(self.accompanied, starts, rng):
            beside = [self._neighbours(int(row), neighbours, rng) for row in begin]
            rows = np.array(list(dict.fromkeys([*begin.tolist(), *np.concatenate(beside).tolist()])))
            tokens_of, mask = padded([ids[row] for row in rows])
            answers = torch.from_numpy(self._answers(rows))
            yield {"input_ids": tokens_of, "attention_mask": mask, "answers": answers}

    @cached_property
    def _scale(self) -> FloatArray:
        """What goes with everything is drawn less often."""
        total: FloatArray = np.asarray(self.weights.sum(axis=0), dtype=np.float32).ravel()
        out: FloatArray = np.reciprocal(np.sqrt(np.maximum(total, np.float32(1e-12))))
        return out

    def _neighbours(self, row: int, most: int, rng: np.random.Generator) -> IntArray:
        span = slice(self.weights.indptr[row], self.weights.indptr[row + 1])
        columns = self.weights.indices[span].astype(np.int64)
        chances = self.weights.data[span] * self._scale[columns]
        return rng.choice(columns, min(most, len(columns)), replace=False, p=chances / chances.sum())

    def _answers(self, rows: IntArray) -> FloatArray:
        """How much of each row's answer each other is; rows add up to 1, or to 0 where there is none."""
        weights = self.weights[rows][:, rows].toarray().astype(np.float32)
        total = weights.sum(axis=1, keepdims=True)
        out: FloatArray = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
        return out
