"""Titles, and longer texts that begin with them: what an encoder can learn of a catalogue alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import IntArray
from ..kg import GraphArrays
from .encoder import TextEncoder, padded
from .texts import product_fields
from .training import in_turns

DETAILS = ("brand", "category", "attributes", "description")

DETAIL_CHANCE = 0.5
"""How often a detail that a product has is in its long text."""

MOST_OTHERS = 6
"""So many titles of products of the same category follow at most."""


@dataclass(frozen=True)
class Titles:
    """The distinct titles of a catalogue, and what a long text says after each."""

    titles: Sequence[str]
    """`n`, none of them empty."""
    details: Sequence[Sequence[str]]
    """Brand, category, attributes and description of a product of that title: those it has."""
    kinds: IntArray
    """Titles of the same category share a number, `(n,)`."""

    @classmethod
    def of(cls, arrays: GraphArrays, rows: IntArray | None = None) -> Self:
        """Those of a graph's products, or of some of them, given by their node numbers."""
        fields = product_fields(arrays).iloc[slice(None) if rows is None else rows]
        fields = fields[fields["title"] != ""].drop_duplicates("title")
        details = [[text for text in row if text] for row in fields[list(DETAILS)].itertuples(index=False)]
        kinds = fields["category"].factorize()[0].astype(np.int64)
        return cls(fields["title"].tolist(), details, kinds)

    def __len__(self) -> int:
        return len(self.titles)

    def drawn(self, encoder: TextEncoder, *, size: int, seed: int) -> Iterator[dict[str, dict[str, Tensor]]]:
        """What each step moves, without end: titles and long texts, each with where they belong.

        Args:
            encoder: As it comes: it says where titles stay and long texts go; it must not move.
            size: Titles of a step.
            seed: Of what is drawn.
        """
        rng = np.random.default_rng(seed)
        for rows in in_turns(np.arange(len(self)), size, rng):
            titles = _tokens(encoder, [self.titles[row] for row in rows])
            texts = _tokens(encoder, [self.long_text(row, rng) for row in rows])
            with torch.no_grad():
                ends, starts = encoder.vectors(**titles).cpu(), encoder.vectors(**texts).cpu()
                halfway = torch.nn.functional.normalize(ends + starts)
            yield {"titles": {**titles, "targets": ends}, "long texts": {**texts, "targets": halfway}}

    def long_text(self, row: int, rng: np.random.Generator) -> str:
        """A title with some of its details and some titles of its category after it.

        Shops whose products have no descriptions have long texts, too, that way.
        """
        details = [text for text in self.details[row] if rng.random() < DETAIL_CHANCE]
        alike = self._of_kind[self.kinds[row]]
        alike = alike[alike != row]
        others = rng.choice(alike, min(int(rng.integers(MOST_OTHERS + 1)), len(alike)), replace=False)
        return ". ".join([self.titles[row], *details, *(self.titles[other] for other in others)])

    @cached_property
    def _of_kind(self) -> list[IntArray]:
        """The titles of each category."""
        order = np.argsort(self.kinds, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.kinds))[:-1])


def _tokens(encoder: TextEncoder, texts: Sequence[str]) -> dict[str, Tensor]:
    ids, mask = padded(encoder.tokens(texts))
    return {"input_ids": ids, "attention_mask": mask}
