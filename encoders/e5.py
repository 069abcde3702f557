"""Reading the packaged multilingual-e5-small: a BERT with 4-bit weights in one file.

The layout, little-endian: `"E5S1"`, version; sizes; the tokenizer's pieces, scores and normalisation map; an
index of tensors (name, type, count, offset, bytes). A 4-bit block holds 32 weights: a float16 scale and 16
bytes, `value = (nibble - 8) · scale`, low nibbles first.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from ..data.dataset import FloatArray

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass
class _Reader:
    data: memoryview
    at: int = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        out = np.frombuffer(self.data, dtype=np.dtype(kind).newbyteorder("<"), count=count, offset=self.at)
        self.at += out.nbytes
        return out


def read_e5(file: Path) -> tuple[torch.nn.Module, Tokenizer]:
    """The model and its tokenizer.

    Raises:
        ValueError: The file is not of this format.
    """
    from transformers import BertConfig, BertModel

    reader = _Reader(memoryview(file.read_bytes()))
    magic, _version = reader.take("4sI")
    if magic != b"E5S1":
        raise ValueError(f"{file} does not start with E5S1")
    hidden, layers, heads, inner, vocabulary, positions, types = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")  # block size, always 32
    tokenizer = _read_tokenizer(reader)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=epsilon,
    )
    with torch.device("meta"):
        model = BertModel(config, add_pooling_layer=False)
    shapes = {name: weight.shape for name, weight in model.state_dict().items()}
    state = {
        name: torch.from_numpy(values.reshape(shapes[name])) for name, values in _read_tensors(reader).items()
    }
    missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    if missing or unexpected:
        raise ValueError(f"{file} lacks {missing[:3]} or has unknown tensors {unexpected[:3]}")
    for name, buffer in model.named_buffers():  # position and type ids are not weights, so not in the file
        if buffer.is_meta:
            owner, _, attribute = name.rpartition(".")
            fresh = (
                torch.arange(positions)[None] if attribute == "position_ids" else torch.zeros(1, positions)
            )
            model.get_submodule(owner).register_buffer(attribute, fresh.long(), persistent=False)
    return model, tokenizer


def _read_tokenizer(reader: _Reader) -> Tokenizer:
    pieces, bos, eos, _pad, unknown = reader.take("5i")
    (blob_length,) = reader.take("Q")
    offsets = reader.array("u4", pieces + 1)
    scores = reader.array("f4", pieces)
    blob = bytes(reader.data[reader.at : reader.at + blob_length])
    reader.at += blob_length
    _entries, size = reader.take("iI")
    reader.at += size  # the normalisation map is NFKC with SentencePiece's additions; NFKC stands for it
    names = [blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(pieces)]
    vocabulary = list(zip(names, scores.astype(float).tolist(), strict=True))
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(" {2,}", " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names[bos]} $A {names[eos]}",
        special_tokens=[(names[bos], bos), (names[eos], eos)],
    )
    return tokenizer


def _read_tensors(reader: _Reader) -> dict[str, FloatArray]:
    (count,) = reader.take("i")
    tensors = {}
    for _ in range(count):
        (length,) = reader.take("H")
        name = bytes(reader.data[reader.at : reader.at + length]).decode()
        reader.at += length
        kind, values, offset, size = reader.take("BIQQ")
        tensors[_full_name(name)] = _values(reader.data[offset : offset + size], kind, values)
    return tensors


def _values(raw: memoryview, kind: int, count: int) -> FloatArray:
    if kind == 0:
        return np.frombuffer(raw, dtype="<f4", count=count).copy()
    blocks = np.frombuffer(raw, dtype=np.dtype([("scale", "<f2"), ("packed", "u1", 16)]))
    packed = blocks["packed"]
    nibbles = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - 8  # (n_blocks, 32)
    out: FloatArray = (nibbles * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)[:count]
    return out


def _full_name(name: str) -> str:
    """A tensor's name in `BertModel`.

    >>> _full_name("l0.ao.w")
    'encoder.layer.0.attention.output.dense.weight'
    """
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"
