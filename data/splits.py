"""Leak-free splits of a dataset into training events, validation cases and test cases."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .dataset import Dataset, Histories, IntArray


@dataclass(frozen=True)
class Cases:
    """Questions to a recommender: after this history, which products come?

    Case `i` asks user `histories.users[i]`, whose targets are `targets[offsets[i]:offsets[i + 1]]`.
    """

    histories: Histories
    """What each user did before, oldest first, `(n,)`."""
    offsets: IntArray
    """`(n + 1,)`."""
    targets: IntArray
    """Row numbers in `Dataset.products`, `(n_targets,)`; at least one a case, none in its history."""

    def __len__(self) -> int:
        return len(self.histories)


@dataclass(frozen=True)
class Split:
    """One dataset, cut for one protocol."""

    protocol: str
    train: Dataset
    """The whole catalogue with the training events only."""
    validation: Cases
    test: Cases
    cold: npt.NDArray[np.bool_]
    """Which products have no training event, `(n_products,)`."""
    n_without_target: int
    """Users of whom nothing could be asked in the test part."""
