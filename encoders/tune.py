"""Tuning an encoder on what a shop's users did, on its titles, or on both."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..data import EncoderError
from .encoder import TextEncoder
from .titles import Titles
from .together import Together
from .training import Schedule, train

PASSES = 1.3
"""How often a step starts from each text, where that is not too much."""

MOST_STEPS = 250
"""However large the catalogue is."""

FEW = 4
"""So many long texts are in memory at once, with all that their gradient takes."""


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
    config: TuneConfig = TuneConfig(),
    *,
    together: Together | None = None,
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
        config: How to tune.
        together: What shall be close, where that is to be learned.
        titles: The catalogue's, where long texts shall go towards them.
        states: A folder that keeps the state to go on from; the caller removes it, once the encoder is kept.
        progress: Whether to show a bar on stderr.

    Raises:
        EncoderError: No text has a neighbour, or there are no titles.
    """
    parts: dict[str, Callable[[], Iterator[Any]]] = {}
    once = []  # so many steps take each text of a part once
    if together is not None:
        if len(together.accompanied) < 2:
            raise EncoderError("no products go together in the events, so there is nothing to tune on")
        parts["together"] = partial(
            together.drawn,
            encoder,
            starts=config.starts,
            neighbours=config.neighbours,
            tokens=config.tokens,
            seed=config.seed,
        )
        once.append(len(together.accompanied) / config.starts)
    if titles is not None:
        if not len(titles):
            raise EncoderError("no product has a title, so there is nothing to tune on")
        as_it_comes = copy.deepcopy(encoder)
        parts["titles"] = partial(titles.drawn, as_it_comes, size=config.titles, seed=config.seed)
        once.append(len(titles) / config.titles)
    steps = config.steps or min(MOST_STEPS, max(1, round(PASSES * max(once))))
    train(_Loss(encoder, config), _Batches(parts, steps), states, steps, config, progress=progress)
    encoder.model.eval()


class _Loss(torch.nn.Module):
    """The loss of a step."""

    def __init__(self, encoder: TextEncoder, config: TuneConfig) -> None:
        super().__init__()
        self.model = encoder.model  # its weights are what is trained
        self._encoder = encoder
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
            vectors = self._encoder.vectors(together["input_ids"], together["attention_mask"])
            losses.append(contrast(vectors, together["answers"], self._config.temperature))
        for part in (titles or {}).values():
            cosines = (self._frugally(part["input_ids"], part["attention_mask"]) * part["targets"]).sum(dim=1)
            losses.append(self._config.titles_weight * (1 - cosines).mean())
        return {"loss": torch.stack(losses).sum()}

    def _frugally(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Vectors of long texts; what their gradient takes is computed again, for a few at a time.

        Cached gradients: Gao, Zhang, Han, Callan 2021.
        """
        few = [slice(start, start + FEW) for start in range(0, len(ids), FEW)]
        vectors = self._encoder.vectors
        return torch.cat([checkpoint(vectors, ids[some], mask[some], use_reentrant=False) for some in few])


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

    def __init__(self, parts: Mapping[str, Callable[[], Iterator[Any]]], steps: int) -> None:
        self._parts = parts
        self._steps = steps

    def __iter__(self) -> Iterator[dict[str, Any]]:
        drawn = {name: draw() for name, draw in self._parts.items()}
        for _ in range(self._steps):
            yield {name: next(own) for name, own in drawn.items()}
