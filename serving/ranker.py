"""The whole ranking: the index scores every product, the second stage orders the best of them anew."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from ..data import Histories, RunError
from ..data.dataset import FloatArray
from ..data.files import atomically
from .index import Index
from .second_stage import SecondStage


@dataclass(frozen=True)
class Ranker:
    """Scores every product for every user."""

    index: Index
    """The first stage."""
    second: SecondStage | None = None
    """The second stage; None where the first is better alone, or the shop wants it simple."""

    def scores(self, histories: Histories) -> FloatArray:
        """A score for every product and user, `(n_users, n_products)`.

        The second stage is learned for products that are new to the user; the user's own get no place in it.
        """
        parts = self.index.parts(histories)
        if self.second is None:
            return parts.scores
        known = np.flatnonzero(histories.lengths)
        if len(known) == len(histories):
            return self.second.scores(parts)
        out = parts.scores
        if len(known):
            out[known] = self.second.scores(self.index.parts(histories.take(known)))
        return out

    def save(self, path: Path) -> None:
        """Write both stages to one file, whole or not at all."""
        arrays = {f"index.{name}": values for name, values in self.index.to_arrays().items()}
        if self.second is not None:
            arrays |= {f"second.{name}": values for name, values in self.second.to_arrays().items()}
        with atomically(path) as unfinished:
            save_file({name: np.ascontiguousarray(values) for name, values in arrays.items()}, unfinished)

    @classmethod
    def load(cls, path: Path) -> "Ranker":
        """Read what `save` wrote.

        Raises:
            RunError: The file is absent or damaged.
        """
        try:
            arrays = load_file(path)
        except FileNotFoundError as error:
            raise RunError(f"no index at {path}; run `cartograph train` first") from error
        except SafetensorError as error:
            raise RunError(f"{path} is damaged ({error}); run `cartograph train` again") from error
        index, second = (
            {name.removeprefix(part): values for name, values in arrays.items() if name.startswith(part)}
            for part in ("index.", "second.")
        )
        return cls(Index.from_arrays(index), SecondStage.from_arrays(second) if second else None)
