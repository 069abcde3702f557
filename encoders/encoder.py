"""Texts to unit vectors with a BERT-family model."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from ..data.dataset import FloatArray

Role = Literal["passage", "query"]
Pooling = Literal["mean", "cls"]

TOKENS_PER_BATCH = 4096
"""Texts of like length are batched up to so many tokens, padding included."""


class TextEncoder:
    """A BERT-family model with its tokenizer; equal texts always get equal vectors.

    Build it with `load_encoder`. A plain BERT that was never trained to compare sentences compares them
    poorly; take a sentence encoder.
    """

    def __init__(
        self,
        name: str,
        model: torch.nn.Module,
        tokenizer: Any,
        *,
        pooling: Pooling = "mean",
        max_length: int = 256,
        prefixes: dict[Role, str] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        """Wrap a model.

        Args:
            name: What users call it.
            model: Called with `input_ids` and `attention_mask`, answers with `last_hidden_state`.
            tokenizer: A fast tokenizer of the library `tokenizers`.
            pooling: Mean over the tokens, or the first token.
            max_length: Longer texts are cut to so many tokens.
            prefixes: Put before the text by role, where the model was trained so.
            device: Where to compute.
        """
        self.name = name
        self.pooling = pooling
        self.max_length = max_length
        self.prefixes = prefixes or {}
        self._model = model.eval().to(device)
        self._device = torch.device(device)
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length)

    @cached_property
    def fingerprint(self) -> str:
        """What vectors depend on (weights, vocabulary, pooling, length, prefixes), as 16 hex digits."""
        digest = hashlib.sha256(repr((self.pooling, self.max_length, sorted(self.prefixes.items()))).encode())
        digest.update(self._tokenizer.to_str().encode())
        for name, weight in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(weight.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.config.hidden_size)  # type: ignore[union-attr, arg-type]

    def encode(self, texts: Sequence[str], *, role: Role = "passage", progress: bool = False) -> FloatArray:
        """Unit vectors of the texts, `(n_texts, dimension)`; of an empty text, the vector of no words.

        Args:
            texts: Any length; equal ones are computed once.
            role: Whether they are texts to be found or queries; matters to models with prefixes.
            progress: Whether to show a bar on stderr.
        """
        unique, inverse = np.unique(np.array(texts, dtype=object), return_inverse=True)
        prefix = self.prefixes.get(role, "")
        encoded = self._tokenizer.encode_batch([prefix + text for text in unique])
        ids = [item.ids for item in encoded]
        lengths = np.array([len(item) for item in ids], dtype=np.int64)
        out = np.zeros((len(unique), self.dimension), dtype=np.float32)
        with torch.inference_mode(), tqdm(total=len(unique), unit="text", disable=not progress) as bar:
            for rows in _batches_of_like_length(lengths):
                out[rows] = self._vectors([ids[row] for row in rows]).cpu().numpy()
                bar.update(len(rows))
        vectors: FloatArray = out[inverse.reshape(-1)]
        return vectors

    def _vectors(self, ids: list[list[int]]) -> Tensor:
        longest = max(map(len, ids))
        tokens = torch.zeros(len(ids), longest, dtype=torch.int64)
        mask = torch.zeros(len(ids), longest, dtype=torch.int64)
        for row, text in enumerate(ids):
            tokens[row, : len(text)] = torch.tensor(text)
            mask[row, : len(text)] = 1
        mask = mask.to(self._device)
        output = self._model(input_ids=tokens.to(self._device), attention_mask=mask)
        hidden: Tensor = output.last_hidden_state.float()  # (n_texts, n_tokens, d)
        if self.pooling == "cls":
            pooled = hidden[:, 0]
        else:
            weight = mask[:, :, None].float()
            pooled = (hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
        return torch.nn.functional.normalize(pooled)


def _batches_of_like_length(lengths: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Row numbers in batches of at most `TOKENS_PER_BATCH` padded tokens, longest texts first.

    >>> [rows.tolist() for rows in _batches_of_like_length(np.array([3, 4000, 5]))]
    [[1], [2, 0]]
    """
    batches: list[npt.NDArray[np.int64]] = []
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, TOKENS_PER_BATCH // max(int(lengths[order[start]]), 1))
        batches.append(order[start : start + size])
        start += size
    return batches
