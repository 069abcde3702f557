"""Vectors kept on disk by what they depend on: encoder, role and text."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ..data.dataset import FloatArray
from ..data.files import atomically
from .encoder import Role, TextEncoder

_CHUNK = 2048
_KEY_BYTES = 16


class EmbeddingCache:
    """A folder of vectors; one encoded text is never encoded again, also not after a kill.

    New vectors go in by chunks, each a file of its own that is whole or absent. A damaged file is treated as
    absent: its texts are encoded again.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Use a folder, created when something is written; `~/.cache/cartograph/embeddings` when absent."""
        self.folder = folder or Path.home() / ".cache" / "cartograph" / "embeddings"

    def encode(
        self, encoder: TextEncoder, texts: Sequence[str], *, role: Role = "passage", progress: bool = False
    ) -> FloatArray:
        """The same as `encoder.encode`, from the cache where it can be: `(n_texts, d)`.

        Args:
            encoder: Computes what is missing.
            texts: Any length.
            role: As in `TextEncoder.encode`.
            progress: Whether to show a bar on stderr while computing.
        """
        folder = self.folder / f"{encoder.fingerprint}-{role}"
        keys = _keys(texts)
        known_keys, known = self._read(folder, encoder.dimension)
        missing = np.flatnonzero(~np.isin(keys, known_keys))
        _, first = np.unique(keys[missing], return_index=True)
        new = missing[np.sort(first)]
        # Texts of like length together, so that a chunk needs little padding.
        new = new[np.argsort([len(texts[row]) for row in new], kind="stable")]
        with tqdm(total=len(new), unit="text", disable=not (progress and len(new))) as bar:
            for start in range(0, len(new), _CHUNK):
                rows = new[start : start + _CHUNK]
                vectors = encoder.encode([texts[row] for row in rows], role=role)
                self._write(folder, keys[rows], vectors)
                known_keys = np.concatenate([known_keys, keys[rows]])
                known = np.concatenate([known, vectors])
                bar.update(len(rows))
        order = np.argsort(known_keys)
        found: FloatArray = known[order[np.searchsorted(known_keys, keys, sorter=order)]]
        return found

    def _write(self, folder: Path, keys: npt.NDArray[np.bytes_], vectors: FloatArray) -> None:
        name = hashlib.sha256(keys.tobytes()).hexdigest()[:16]
        with atomically(folder / f"{name}.npz") as unfinished, unfinished.open("wb") as out:
            np.savez(out, keys=np.frombuffer(keys.tobytes(), dtype=np.uint8), vectors=vectors)

    def _read(self, folder: Path, dimension: int) -> tuple[npt.NDArray[np.bytes_], FloatArray]:
        all_keys = [np.zeros(0, dtype=f"S{2 * _KEY_BYTES}")]
        all_vectors = [np.zeros((0, dimension), dtype=np.float32)]
        for file in sorted(folder.glob("*.npz")):
            try:
                with np.load(file) as arrays:
                    keys = arrays["keys"].view(f"S{2 * _KEY_BYTES}")
                    vectors = arrays["vectors"]
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                file.unlink()
                continue
            all_keys.append(keys)
            all_vectors.append(vectors)
        return np.concatenate(all_keys), np.concatenate(all_vectors)


def _keys(texts: Sequence[str]) -> npt.NDArray[np.bytes_]:
    """A digest of each text, 32 hex digits."""
    digests = [hashlib.blake2b(text.encode(), digest_size=_KEY_BYTES).hexdigest() for text in texts]
    return np.array(digests, dtype=f"S{2 * _KEY_BYTES}")
