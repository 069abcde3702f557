"""Texts to unit vectors with a BERT-family model."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from ..data.dataset import FloatArray
from .quiet import quiet

Role = Literal["passage", "query"]
Pooling = Literal["mean", "cls"]
Precision = Literal["float32", "bfloat16"]

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
        precision: Precision = "float32",
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
            precision: What to compute with; vectors are float32 either way.
        """
        self.name = name
        self.pooling = pooling
        self.max_length = max_length
        self.prefixes = prefixes or {}
        self.model = model.eval().to(device, getattr(torch, precision))
        self._device = torch.device(device)
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length)

    @cached_property
    def fingerprint(self) -> str:
        """What vectors depend on (weights as rounded, vocabulary, pooling, …), as 16 hex digits."""
        digest = hashlib.sha256(repr((self.pooling, self.max_length, sorted(self.prefixes.items()))).encode())
        digest.update(self._tokenizer.to_str().encode())
        for name, weight in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            plain = weight.float() if weight.is_floating_point() else weight
            digest.update(plain.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.model.config.hidden_size)  # type: ignore[union-attr, arg-type]

    def encode(self, texts: Sequence[str], *, role: Role = "passage", progress: bool = False) -> FloatArray:
        """Unit vectors of the texts, `(n_texts, dimension)`; of an empty text, the vector of no words.

        Args:
            texts: Any length; equal ones are computed once.
            role: Whether they are texts to be found or queries; matters to models with prefixes.
            progress: Whether to show a bar on stderr.
        """
        unique, inverse = np.unique(np.array(texts, dtype=object), return_inverse=True)
        ids = self.tokens(unique.tolist(), role=role)
        vectors = in_batches(ids, self.dimension, self.vectors, progress=progress)
        out: FloatArray = vectors[inverse.reshape(-1)]
        return out

    def tokens(
        self, texts: Sequence[str], most: int | None = None, *, role: Role = "passage"
    ) -> list[list[int]]:
        """The token ids of each text with its prefix, cut to `most` tokens and to what the model takes."""
        self._tokenizer.enable_truncation(min(most or self.max_length, self.max_length))
        prefix = self.prefixes.get(role, "")
        return [item.ids for item in self._tokenizer.encode_batch([prefix + text for text in texts])]

    def vectors(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Unit vectors, float32, `(n_texts, dimension)`, of token ids and which of them are there.

        Args:
            input_ids: `(n_texts, n_tokens)`.
            attention_mask: `(n_texts, n_tokens)`.
        """
        ids, mask = input_ids.to(self._device), attention_mask.to(self._device)
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return pool(hidden.float(), mask, self.pooling)

    def save(self, folder: Path) -> None:
        """Write a folder as `load_encoder` reads it, whole or not at all; what was there is replaced."""
        unfinished = folder.with_name(f".{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        with quiet():
            self.model.save_pretrained(unfinished)  # type: ignore[operator]
        self._tokenizer.enable_truncation(self.max_length)
        self._tokenizer.save(str(unfinished / "tokenizer.json"))
        settings = {"max_seq_length": self.max_length, "prefixes": self.prefixes}
        (unfinished / "sentence_bert_config.json").write_text(json.dumps(settings), encoding="utf-8")
        pooling = unfinished / "1_Pooling" / "config.json"
        pooling.parent.mkdir()
        pooling.write_text(json.dumps({"pooling_mode_cls_token": self.pooling == "cls"}), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)


def padded(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token ids filled up with zeros, and which of them are there, both int64 `(n_texts, longest)`.

    >>> [tensor.tolist() for tensor in padded([[5, 6], [7]])]
    [[[5, 6], [7, 0]], [[1, 1], [1, 0]]]
    """
    tokens = torch.zeros(len(ids), max(map(len, ids)), dtype=torch.int64)
    mask = torch.zeros_like(tokens)
    for row, text in enumerate(ids):
        tokens[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
    return tokens, mask


def pool(hidden: Tensor, mask: Tensor, pooling: Pooling) -> Tensor:
    """Unit vectors of texts from those of their tokens, `(n_texts, d)`.

    Args:
        hidden: `(n_texts, n_tokens, d)`.
        mask: Which tokens are there, `(n_texts, n_tokens)`.
        pooling: Mean over the tokens, or the first token.
    """
    if pooling == "cls":
        return torch.nn.functional.normalize(hidden[:, 0])
    weight = mask[:, :, None].float()
    return torch.nn.functional.normalize((hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1))


def in_batches(
    ids: Sequence[Sequence[int]], width: int, answer: Callable[[Tensor, Tensor], Tensor], *, progress: bool
) -> FloatArray:
    """What a model answers to each text, `(n_texts, width)`; texts of like length are asked together.

    Args:
        ids: The token ids of each text.
        width: Of an answer.
        answer: Called with token ids and which are there, both `(n, n_tokens)`; answers `(n, width)`.
        progress: Whether to show a bar on stderr.
    """
    lengths = np.array([len(item) for item in ids], dtype=np.int64)
    out = np.zeros((len(ids), width), dtype=np.float32)
    with torch.inference_mode(), tqdm(total=len(ids), unit="text", disable=not progress) as bar:
        for rows in batches_of_like_length(lengths):
            out[rows] = answer(*padded([ids[row] for row in rows])).cpu().numpy()
            bar.update(len(rows))
    return out


def batches_of_like_length(lengths: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Row numbers in batches of at most `TOKENS_PER_BATCH` padded tokens, longest texts first.

    >>> [rows.tolist() for rows in batches_of_like_length(np.array([3, 4000, 5]))]
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
