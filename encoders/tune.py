"""Tuning an encoder on what a shop's users did, on its titles, or on both."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data import EncoderError
from ..data.dataset import FloatArray, IntArray
from ..data.matrices import Matrix
from .encoder import Pooling, TextEncoder, padded, pool
from .titles import Titles
from .training import Schedule, train

PASSES = 1.3
"""How often a step starts from each text, where that is not too much."""

MOST_STEPS = 250
"""However large the catalogue is."""


@dataclass(frozen=True)
class TuneConfig(Schedule):
    """How an encoder is tuned."""

    steps: int | None = None
    """How many; when absent, enough to start `PASSES` times from every text, but at most `MOST_STEPS`."""
    starts: int = 64
    """Texts a step begins with."""
    neighbours: int = 2
    """So many neighbours of each start are drawn into the step, without repetition."""
    tokens: int = 32
    """Longer texts are cut to so many tokens while tuning."""
    temperature: float = 0.05
    """What cosines are divided by before the softmax."""
    titles: int = 16
    """Titles of a step, each with a long text, where there are titles to tune on."""
    titles_weight: float = 20.0
    """What a distance of 1 from where titles and long texts belong costs, beside the cross-entropy."""
    cold_share: float = 0.05
    """Where fewer of the products have no event yet, text has little to say that events do not, and tuning is
    not worth its minutes: an evaluation leaves the encoder as it is there."""

    def __post_init__(self) -> None:
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps is {self.steps}; it must be at least 1")
        if self.titles < 1:
            raise ValueError(f"titles is {self.titles}; it must be at least 1")
        if self.starts < 2 or self.neighbours < 1:
            raise ValueError("a step needs at least two starts with one neighbour each")


def tune(
    encoder: TextEncoder,
    texts: Sequence[str],
    together: Matrix | None,
    config: TuneConfig = TuneConfig(),
    *,
    titles: Titles | None = None,
    states: Path,
    progress: bool = True,
) -> None:
    """Move an encoder's weights so that texts that go together are close, or long ones close to their titles.

    Of what goes together, a step draws texts and some of the neighbours of each, and compares all of them
    with each other: a text's answer is spread over its neighbours among them, so that none of these counts as
    a wrong one (InfoNCE: van den Oord et al. 2018, with several answers).

    Of titles it draws some, and for each a long text that begins with it. A title shall stay where the
    encoder as it comes puts it; the long text shall go halfway there (self-distillation: a query is short,
    and asks for what a product is, not for what else is said of it).

    A killed tuning goes on where it was, to the same result.

    Args:
        encoder: To start from; it is changed in place.
        texts: All texts, `n_texts`.
        together: How strongly the row's text goes with the column's, symmetric, `(n_texts, n_texts)`; None to
            tune on titles alone.
        config: How to tune.
        titles: The catalogue's; None to tune on what goes together alone.
        states: A folder that keeps the state to go on from; the caller removes it, once the encoder is kept.
        progress: Whether to show a bar on stderr.

    Raises:
        EncoderError: No text has a neighbour, or there are no titles.
    """
    parts: dict[str, _Together | _Titles] = {}
    if together is not None:
        parts["together"] = _Together(encoder, texts, together, config)
    if titles is not None:
        parts["titles"] = _Titles(encoder, titles, config)
    steps = config.steps or min(
        MOST_STEPS, max(1, round(PASSES * max(part.steps for part in parts.values())))
    )
    batches = _Batches(parts, steps)
    train(_Loss(encoder, config), batches, states, steps, config, progress=progress)
    encoder.model.eval()


class _Loss(torch.nn.Module):
    """The loss of a step."""

    def __init__(self, encoder: TextEncoder, config: TuneConfig) -> None:
        super().__init__()
        self.model = encoder.model
        self._pooling: Pooling = encoder.pooling
        self._config = config

    def forward(
        self, together: dict[str, Tensor] | None = None, titles: dict[str, dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor]:
        """Cross-entropy between what is close and what goes together, and distances from where texts belong.

        Args:
            together: `input_ids` and `attention_mask`, `(n, n_tokens)`; `answers`, `(n, n)`, rows that add up
                to 1 or 0.
            titles: For `titles` and for `long texts`, `input_ids`, `attention_mask`, and where they belong,
                `targets`, unit length, `(n, d)`.
        """
        losses = []
        if together is not None:
            losses.append(contrast(self._vectors(together), together["answers"], self._config.temperature))
        for part in (titles or {}).values():
            cosines = (self._vectors(part) * part["targets"]).sum(dim=1)
            losses.append(self._config.titles_weight * (1 - cosines).mean())
        return {"loss": torch.stack(losses).sum()}

    def _vectors(self, part: dict[str, Tensor]) -> Tensor:
        mask = part["attention_mask"]
        hidden = self.model(input_ids=part["input_ids"], attention_mask=mask).last_hidden_state
        return pool(hidden.float(), mask, self._pooling)


def contrast(vectors: Tensor, answers: Tensor, temperature: float) -> Tensor:
    """`-Σ_j a_ij · log softmax_j(cos(v_i, v_j) / τ)`, j ≠ i, the mean over the rows that have answers.

    Args:
        vectors: Unit length, `(n, d)`.
        answers: How much of row i's answer is j; rows add up to 1, or to 0 where there is none, `(n, n)`.
        temperature: τ.
    """
    logits = vectors @ vectors.T / temperature  # (n, n)
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    chances = logits.masked_fill(itself, -torch.inf).log_softmax(dim=1).masked_fill(itself, 0.0)
    asked = answers.sum(dim=1) > 0
    return -(answers * chances).sum(dim=1)[asked].mean()


class _Batches(torch.utils.data.IterableDataset[dict[str, Any]]):
    """The steps: of each part, what is drawn for it."""

    def __init__(self, parts: Mapping[str, "_Together | _Titles"], steps: int) -> None:
        self._parts = parts
        self._steps = steps

    def __iter__(self) -> Iterator[dict[str, Any]]:
        drawn = {name: part.drawn() for name, part in self._parts.items()}
        for _ in range(self._steps):
            yield {name: next(own) for name, own in drawn.items()}


class _Together:
    """Some texts with the neighbours drawn for them."""

    def __init__(
        self, encoder: TextEncoder, texts: Sequence[str], together: Matrix, config: TuneConfig
    ) -> None:
        self._starts = np.flatnonzero(np.diff(together.indptr))
        if len(self._starts) < 2:
            raise EncoderError("no products go together in the events, so there is nothing to tune on")
        self._ids = encoder.tokens(texts, config.tokens)
        self._together = together
        # What goes with everything is drawn less often.
        self._scale = 1 / np.sqrt(np.maximum(np.asarray(together.sum(axis=0)).ravel(), 1e-12))
        self._config = config

    @property
    def steps(self) -> float:
        """So many start once from each text."""
        return len(self._starts) / self._config.starts

    def drawn(self) -> Iterator[dict[str, Tensor]]:
        """What each step compares, without end."""
        rng = np.random.default_rng(self._config.seed)
        for begin in _in_turns(self._starts, self._config.starts, rng):
            neighbours = [self._neighbours(int(row), rng) for row in begin]
            rows = np.array(list(dict.fromkeys([*begin.tolist(), *np.concatenate(neighbours).tolist()])))
            ids, mask = padded([self._ids[row] for row in rows])
            yield {"input_ids": ids, "attention_mask": mask, "answers": torch.from_numpy(self._answers(rows))}

    def _neighbours(self, row: int, rng: np.random.Generator) -> IntArray:
        span = slice(self._together.indptr[row], self._together.indptr[row + 1])
        columns = self._together.indices[span].astype(np.int64)
        chances = self._together.data[span] * self._scale[columns]
        n = min(self._config.neighbours, len(columns))
        return rng.choice(columns, n, replace=False, p=chances / chances.sum())

    def _answers(self, rows: IntArray) -> FloatArray:
        weights = self._together[rows][:, rows].toarray().astype(np.float32)
        total = weights.sum(axis=1, keepdims=True)
        out: FloatArray = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
        return out


class _Titles:
    """Some titles with a long text for each, and where they belong."""

    def __init__(self, encoder: TextEncoder, titles: Titles, config: TuneConfig) -> None:
        if not len(titles):
            raise EncoderError("no product has a title, so there is nothing to tune on")
        self._as_it_comes = copy.deepcopy(encoder)
        self._titles = titles
        self._config = config

    @property
    def steps(self) -> float:
        """So many take each title once."""
        return len(self._titles) / self._config.titles

    def drawn(self) -> Iterator[dict[str, dict[str, Tensor]]]:
        """What each step moves, without end."""
        rng = np.random.default_rng(self._config.seed)
        for rows in _in_turns(np.arange(len(self._titles)), self._config.titles, rng):
            titles = [self._titles.titles[row] for row in rows]
            texts = [self._titles.long_text(row, rng) for row in rows]
            ends, starts = self._as_it_comes.encode(titles), self._as_it_comes.encode(texts)
            halfway = ends + starts
            halfway /= np.linalg.norm(halfway, axis=1, keepdims=True)
            yield {"titles": self._part(titles, ends), "long texts": self._part(texts, halfway)}

    def _part(self, texts: Sequence[str], targets: FloatArray) -> dict[str, Tensor]:
        ids, mask = padded(self._as_it_comes.tokens(texts))
        return {"input_ids": ids, "attention_mask": mask, "targets": torch.from_numpy(targets)}


def _in_turns(rows: IntArray, size: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """So many rows at a time, in a new order each time all have had their turn, without end."""
    left = np.zeros(0, dtype=np.int64)
    while True:
        if len(left) < size:
            left = np.concatenate([left, rng.permutation(rows)])
        yield left[:size]
        left = left[size:]
