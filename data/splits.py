"""Leak-free splits of a dataset into training events, validation cases and test cases."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .dataset import Columns, Dataset, Histories, IntArray
from .errors import DataError

BoolArray = npt.NDArray[np.bool_]


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

    def take(self, rows: IntArray) -> "Cases":
        """The cases in `rows`, in that order."""
        lengths = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        flat = np.repeat(self.offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Cases(self.histories.take(rows), offsets, self.targets[flat])

    def sample(self, n: int, seed: int = 0) -> "Cases":
        """At most `n` cases, drawn at random, in their order."""
        if len(self) <= n:
            return self
        return self.take(np.sort(np.random.default_rng(seed).choice(len(self), n, replace=False)))


@dataclass(frozen=True)
class Split:
    """One dataset, cut for one protocol."""

    protocol: str
    train: Dataset
    """The whole catalogue with the training events only."""
    validation: Cases
    test: Cases
    cold: BoolArray
    """Which products have no training event, `(n_products,)`."""
    n_without_target: int
    """Users of whom nothing could be asked in the test part."""


def leave_one_out(dataset: Dataset) -> Split:
    """Every user's last event is the test target, the last but one the validation target, the rest training.

    The history of a test case holds the validation event. Users with fewer than 3 events are in training
    only; a target that is in its history already is not asked.

    Raises:
        DataError: There is nobody to ask.
    """
    histories = dataset.histories()
    lengths = histories.lengths
    users = np.flatnonzero(lengths >= 3)
    ends = lengths[users]
    trained = np.where(lengths >= 3, lengths - 2, lengths)
    return assemble(
        "leave-one-out",
        dataset,
        histories,
        positions(histories) < np.repeat(trained, lengths),
        cases(histories, users, ends - 2, *one_each(histories, users, ends - 2)),
        cases(histories, users, ends - 1, *one_each(histories, users, ends - 1)),
        n_asked=len(histories),
    )


def time_split(dataset: Dataset, validation: float = 0.1, test: float = 0.1) -> Split:
    """Train on the past, ask about the future: the same two moments cut the events of all users.

    The targets of a user are the distinct products in the window that are not in the history, which is
    everything before the window. Users without an event before a window are not asked about it.

    Args:
        dataset: One with times.
        validation: Share of the events in the validation window, which ends where the test window starts.
        test: Share of the events in the test window; it starts with its first moment, inclusive.

    Raises:
        DataError: The dataset has no times, or there is nobody to ask.
    """
    if not (0 < validation < 1 and 0 < test < 1 and validation + test < 1):
        raise ValueError(f"validation {validation} and test {test} must be above 0 and below 1 together")
    if not dataset.timed or dataset.events.empty:
        raise DataError(
            f"{dataset.name}: protocol 'time' needs times; give the events a column `at`, or choose another"
        )
    at = dataset.events[Columns.AT].to_numpy(np.int64)
    first, second = np.quantile(at, [1 - validation - test, 1 - test], method="higher")
    histories = dataset.histories()
    return assemble(
        "time",
        dataset,
        histories,
        histories.at < first,
        _window(histories, first, second),
        _window(histories, second, at[-1] + 1),
        n_asked=len(histories),
    )


def _window(histories: Histories, start: int, end: int) -> Cases:
    """What each user with a history did first in `[start, end)`."""
    owner = np.repeat(np.arange(len(histories)), histories.lengths)
    before = np.bincount(owner[histories.at < start], minlength=len(histories))
    users = np.flatnonzero(before)
    inside = (histories.at >= start) & (histories.at < end) & (before[owner] > 0)
    case_of_user = np.cumsum(before > 0) - 1
    return cases(histories, users, before[users], case_of_user[owner[inside]], histories.products[inside])


def positions(histories: Histories) -> IntArray:
    """The number of each event in its user's history, from 0, `(n_events,)`."""
    return np.arange(histories.offsets[-1]) - np.repeat(histories.offsets[:-1], histories.lengths)


def one_each(histories: Histories, users: IntArray, position: IntArray) -> tuple[IntArray, IntArray]:
    """The product at one position of each user, as cases and targets for `cases`."""
    return np.arange(len(users)), histories.products[histories.offsets[users] + position]


def cases(
    histories: Histories, users: IntArray, ends: IntArray, case_of_target: IntArray, targets: IntArray
) -> Cases:
    """Cases without repeated targets, without targets of their history, and each with a target.

    Args:
        histories: Of all users.
        users: The row of each case in `histories`, `(n,)`.
        ends: How many of the user's first events are the history, `(n,)`.
        case_of_target: In `[0, n)`, `(n_targets,)`.
        targets: Product rows, `(n_targets,)`.
    """
    history = histories.take(users)
    history = _first(history, ends)
    owner = np.repeat(np.arange(len(users)), history.lengths)
    n_products = 1 + max(histories.products.max(initial=0), targets.max(initial=0))
    keys, first_seen = np.unique(case_of_target * n_products + targets, return_index=True)
    new = ~np.isin(keys, owner * n_products + history.products)
    kept = np.sort(first_seen[new])
    kept = kept[np.argsort(case_of_target[kept], kind="stable")]
    counts = np.bincount(case_of_target[kept], minlength=len(users))
    asked = np.flatnonzero(counts)
    offsets = np.concatenate([[0], np.cumsum(counts[asked])]).astype(np.int64)
    return Cases(history.take(asked), offsets, targets[kept])


def _first(histories: Histories, n: IntArray) -> Histories:
    """The same users with only their first `n[i]` events each."""
    keep = positions(histories) < np.repeat(n, histories.lengths)
    offsets = np.concatenate([[0], np.cumsum(np.minimum(n, histories.lengths))]).astype(np.int64)
    return Histories(
        histories.users, offsets, histories.products[keep], histories.types[keep], histories.at[keep]
    )


def assemble(
    protocol: str,
    dataset: Dataset,
    histories: Histories,
    train: BoolArray,
    validation: Cases,
    test: Cases,
    *,
    n_asked: int,
) -> Split:
    """The split of one protocol.

    Args:
        protocol: Its name.
        dataset: The whole.
        histories: Of the whole.
        train: Which events of `histories` are for training, `(n_events,)`.
        validation: Its cases.
        test: Its cases.
        n_asked: How many users should have been asked in the test.

    Raises:
        DataError: There is no training event, or nobody to ask.
    """
    for part, size in (("training", train.sum()), ("validation", len(validation)), ("test", len(test))):
        if size == 0:
            raise DataError(
                f"{dataset.name}: protocol {protocol!r} leaves the {part} part empty; "
                "it takes users with several events each, so give more events or choose another protocol"
            )
    users = pd.Index(dataset.users[Columns.USER]).get_indexer(pd.Index(dataset.events[Columns.USER]))
    rows = np.sort(np.argsort(users, kind="stable")[train])
    trained = dataset.with_events(dataset.events.iloc[rows])
    cold = np.bincount(histories.products[train], minlength=len(dataset.products)) == 0
    return Split(protocol, trained, validation, test, cold, n_without_target=n_asked - len(test))
