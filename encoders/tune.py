"""Tuning an encoder on what a shop's users did: texts of what goes together move together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data import EncoderError
from ..data.dataset import FloatArray, IntArray
from ..data.matrices import Matrix
from .encoder import TextEncoder, padded, pool
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
    cold_share: float = 0.05
    """Where fewer of the products have no event yet, text has little to say that events do not, and tuning is
    not worth its minutes: an evaluation leaves the encoder as it is there."""

    def __post_init__(self) -> None:
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps is {self.steps}; it must be at least 1")
        if self.starts < 2 or self.neighbours < 1:
            raise ValueError("a step needs at least two starts with one neighbour each")


def tune(
    encoder: TextEncoder,
    texts: Sequence[str],
    together: Matrix,
    config: TuneConfig = TuneConfig(),
    *,
    states: Path,
    progress: bool = True,
) -> None:
    """Move an encoder's weights so that texts that go together are close.

    A step draws texts and some of the neighbours of each, and compares all of them with each other: a text's
    answer is spread over its neighbours among them, so that none of these counts as a wrong one (InfoNCE:
    van den Oord et al. 2018, with several answers). A killed tuning goes on where it was, to the same result.

    Args:
        encoder: To start from; it is changed in place.
        texts: All texts, `n_texts`.
        together: How strongly the row's text goes with the column's, symmetric, `(n_texts, n_texts)`.
        config: How to tune.
        states: A folder that keeps the state to go on from; the caller removes it, once the encoder is kept.
        progress: Whether to show a bar on stderr.

    Raises:
        EncoderError: No text has a neighbour.
    """
    starts = np.flatnonzero(np.diff(together.indptr))
    if len(starts) < 2:
        raise EncoderError("no products go together in the events, so there is nothing to tune on")
    steps = config.steps or min(MOST_STEPS, max(1, round(PASSES * len(starts) / config.starts)))
    batches = _Batches(encoder, texts, together, starts, steps, config)
    model = _Contrast(encoder, config.temperature)
    train(model, batches, states, steps, config, progress=progress)
    encoder.model.eval()


class _Contrast(torch.nn.Module):
    """The loss of a step."""

    def __init__(self, encoder: TextEncoder, temperature: float) -> None:
        super().__init__()
        self.model = encoder.model
        self._pooling = encoder.pooling
        self._temperature = temperature

    def forward(self, input_ids: Tensor, attention_mask: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """Cross-entropy between what is close and what goes together.

        Shapes:
            - input_ids, attention_mask: `(n, n_tokens)`; answers: `(n, n)`, rows that add up to 1 or 0
        """
        hidden = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        vectors = pool(hidden.float(), attention_mask, self._pooling)
        return {"loss": contrast(vectors, answers, self._temperature)}


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


class _Batches(torch.utils.data.IterableDataset[dict[str, Tensor]]):
    """The steps: each some texts with the neighbours drawn for them."""

    def __init__(
        self,
        encoder: TextEncoder,
        texts: Sequence[str],
        together: Matrix,
        starts: IntArray,
        steps: int,
        config: TuneConfig,
    ) -> None:
        self._ids = encoder.tokens(texts, config.tokens)
        self._together = together
        # What goes with everything is drawn less often.
        self._scale = 1 / np.sqrt(np.maximum(np.asarray(together.sum(axis=0)).ravel(), 1e-12))
        self._starts = starts
        self._steps = steps
        self._config = config

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        rng = np.random.default_rng(self._config.seed)
        left = np.zeros(0, dtype=np.int64)
        for _ in range(self._steps):
            if len(left) < self._config.starts:
                left = np.concatenate([left, rng.permutation(self._starts)])
            begin, left = left[: self._config.starts], left[self._config.starts :]
            drawn = [self._neighbours(int(row), rng) for row in begin]
            rows = np.array(list(dict.fromkeys([*begin.tolist(), *np.concatenate(drawn).tolist()])))
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
