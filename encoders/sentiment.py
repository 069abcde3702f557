"""Whether a text is praise: told by its words, and by an encoder whose upper layers learn from ratings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from torch import Tensor

from ..data import EncoderError
from ..data.dataset import BoolArray, FloatArray, IntArray
from ..data.words import with_pairs, words
from .encoder import TextEncoder, in_batches, padded
from .training import Schedule, has_bfloat16, train

HELD_OUT = 0.1
"""Share of the texts by which the two are weighed against each other, and the whole is judged."""

FEWEST = 20
"""Texts of each kind that it takes to learn."""


@dataclass(frozen=True)
class SentimentConfig(Schedule):
    """How the encoder learns."""

    learning_rate: float = 2e-4
    keep_every: int = 100
    batch: int = 32
    """Texts of a step."""
    tokens: int = 256
    """Longer texts are cut to so many tokens."""
    passes: int = 2
    """So often each text is learned from."""
    layers: int = 6
    """So many layers learn, counted from the top; what is below stays."""
    most: int = 50_000
    """Learn from at most so many texts."""


class Agreement(NamedTuple):
    """How a classifier fared with texts that it had not seen."""

    n: int
    accuracy: float
    majority: float
    """The accuracy of always giving the commoner answer."""


class SentimentClassifier:
    """`p(praise | x) = σ(a · words(x) + b · head(x) + c)`.

    `words` is logistic regression on TF-IDF of words and pairs of words (of characters and their pairs, in
    scripts without spaces); `head` is linear on the mean of the encoder's last layer, whose upper layers
    are tuned with it (Devlin et al. 2019, "BERT"). The weights come from texts that neither has seen.
    """

    def __init__(
        self, encoder: TextEncoder, words: Pipeline, head: "_Head", weigh: LogisticRegression, tokens: int
    ) -> None:
        self._encoder = encoder
        self._words = words
        self._head = head
        self._weigh = weigh
        self._tokens = tokens

    @classmethod
    def fit(
        cls,
        encoder: TextEncoder,
        texts: Sequence[str],
        praise: BoolArray,
        config: SentimentConfig = SentimentConfig(),
        *,
        states: Path,
        progress: bool = True,
    ) -> tuple[Self, Agreement]:
        """Learn from texts that are known to be praise or blame.

        Takes some forty minutes for 50,000 short reviews on one core that computes in bfloat16.

        Args:
            encoder: To start from; it is changed in place.
            texts: `n_texts`.
            praise: Which of them are praise, `(n_texts,)`.
            config: How to learn.
            states: A folder that keeps the state to go on from after a kill; the caller removes it.
            progress: Whether to show a bar on stderr.

        Returns:
            The classifier, and how it fared with the texts by which its parts were weighed.

        Raises:
            EncoderError: There are fewer than `FEWEST` texts of one kind.
        """
        if min(praise.sum(), (~praise).sum()) < FEWEST:
            raise EncoderError(
                f"{praise.sum()} texts are praise and {(~praise).sum()} blame; it takes {FEWEST} of each to "
                "tell them apart"
            )
        rows = np.random.default_rng(config.seed).permutation(len(texts))[: config.most]
        known, asked = train_test_split(
            rows, test_size=HELD_OUT, random_state=config.seed, stratify=praise[rows]
        )
        head = _Head(encoder, config.layers)
        batches = _Batches(encoder.tokens(texts, config.tokens), praise, known, config)
        train(head, batches, states, batches.steps, config, progress=progress)
        encoder.model.eval()
        own = make_pipeline(
            TfidfVectorizer(analyzer=terms, min_df=2, sublinear_tf=True),
            LogisticRegression(C=10.0, solver="liblinear"),
        ).fit([texts[row] for row in known], praise[known])
        found = cls(encoder, own, head, LogisticRegression(), config.tokens)
        logits = found._logits([texts[row] for row in asked], progress=progress)
        found._weigh.fit(logits, praise[asked])
        right = float(found._weigh.score(logits, praise[asked]))
        share = float(praise[asked].mean())
        return found, Agreement(len(asked), right, max(share, 1 - share))

    def __call__(self, texts: Sequence[str], *, progress: bool = False) -> FloatArray:
        """How likely each text is praise, `(n_texts,)`.

        Args:
            texts: Any length; equal ones are computed once.
            progress: Whether to show a bar on stderr.
        """
        if not len(texts):
            return np.zeros(0, dtype=np.float32)
        unique, inverse = np.unique(np.array(texts, dtype=object), return_inverse=True)
        found = self._weigh.predict_proba(self._logits(unique.tolist(), progress=progress))[:, 1]
        out: FloatArray = found.astype(np.float32)[inverse]
        return out

    def _logits(self, texts: Sequence[str], *, progress: bool) -> npt.NDArray[np.float64]:
        """What words and head say, `(n_texts, 2)`."""
        device = self._head.linear.weight.device
        fast = torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu" or has_bfloat16())
        with fast:
            head = in_batches(
                self._encoder.tokens(texts, self._tokens),
                1,
                lambda ids, mask: self._head.logits(ids, mask)[:, None],
                progress=progress,
            )
        return np.column_stack([self._words.decision_function(texts), head])


def terms(text: str) -> list[str]:
    """The words of a text, and each with the next.

    >>> terms("Not good.")
    ['not', 'good', 'not good']
    """
    return with_pairs(words(text))


class _Head(torch.nn.Module):
    """A linear layer on an encoder whose upper layers learn."""

    def __init__(self, encoder: TextEncoder, layers: int) -> None:
        super().__init__()
        self.model = encoder.model
        self.linear = torch.nn.Linear(encoder.dimension, 1, device=next(encoder.model.parameters()).device)
        self._encoder = encoder
        self.model.requires_grad_(False)
        stacks = [list(part) for part in self.model.modules() if isinstance(part, torch.nn.ModuleList)]
        for layer in max(stacks, key=len)[-layers:]:
            layer.requires_grad_(True)

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """`(n_texts,)` of token ids and which are there, both `(n_texts, n_tokens)`."""
        vectors = self._encoder.vectors(input_ids, attention_mask)
        out: Tensor = self.linear(vectors * self.linear.in_features**0.5)[:, 0].float()
        return out

    def forward(self, input_ids: Tensor, attention_mask: Tensor, praise: Tensor) -> dict[str, Tensor]:
        """The loss of a step; `praise` is `(n_texts,)`."""
        logits = self.logits(input_ids, attention_mask)
        return {"loss": torch.nn.functional.binary_cross_entropy_with_logits(logits, praise)}


class _Batches(torch.utils.data.IterableDataset[dict[str, Tensor]]):
    """Some passes over some texts, those of a step of like length."""

    def __init__(
        self, ids: Sequence[Sequence[int]], praise: BoolArray, rows: IntArray, config: SentimentConfig
    ) -> None:
        self._ids = ids
        self._praise = praise
        self._rows = rows
        self._config = config

    @property
    def steps(self) -> int:
        """How many there are."""
        return self._config.passes * -(-len(self._rows) // self._config.batch)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        rng = np.random.default_rng(self._config.seed)
        for _ in range(self._config.passes):
            for rows in self._drawn(rng):
                ids, mask = padded([self._ids[row] for row in rows])
                praise = torch.from_numpy(self._praise[rows].astype(np.float32))
                yield {"input_ids": ids, "attention_mask": mask, "praise": praise}

    def _drawn(self, rng: np.random.Generator) -> list[IntArray]:
        """The texts of each step of one pass."""
        size = self._config.batch
        shuffled = rng.permutation(self._rows)
        steps = []
        for start in range(0, len(shuffled), size * _STEPS_SORTED):
            some = shuffled[start : start + size * _STEPS_SORTED]
            some = some[np.argsort([len(self._ids[row]) for row in some], kind="stable")]
            steps += [some[begin : begin + size] for begin in range(0, len(some), size)]
        return [steps[place] for place in rng.permutation(len(steps))]


_STEPS_SORTED = 50
"""The texts of so many steps are sorted by length together, so that little is padding."""
