"""Leak-free splits of a dataset into training events, validation cases and test cases."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from .dataset import BoolArray, Columns, Dataset, Histories, IntArray, stretches
from .errors import DataError

DAY = 86_400
"""Seconds."""


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

    @property
    def owners(self) -> IntArray:
        """The case of each target, `(n_targets,)`."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def take(self, rows: IntArray) -> "Cases":
        """The cases in `rows`, in that order."""
        offsets, flat = stretches(self.offsets[rows], np.diff(self.offsets)[rows])
        return Cases(self.histories.take(rows), offsets, self.targets[flat])

    def sample(self, n: int, seed: int = 0) -> "Cases":
        """At most `n` cases, drawn at random, in their order."""
        if len(self) <= n:
            return self
        return self.take(np.sort(np.random.default_rng(seed).choice(len(self), n, replace=False)))


@dataclass(frozen=True)
class Split:
    """What a model may know of a dataset that was cut for one protocol: all but the test part."""

    protocol: str
    train: Dataset
    """The whole catalogue with the training events only."""
    validation: Cases
    """To choose settings on."""
    seed: int
    """Of what was drawn at random for the split; a model that draws at random adds it to its own seed."""

    @cached_property
    def cold(self) -> BoolArray:
        """Which products have no training event, `(n_products,)`."""
        counts = np.bincount(self.train.histories().products, minlength=len(self.train.products))
        out: BoolArray = counts == 0
        return out


@dataclass(frozen=True)
class Exam(Split):
    """A split with its test part, which is opened once for each model."""

    final: Split
    """The same with all events for training that are known when the test begins, so with those that the
    validation asks for, and with nobody left to ask: what a shop has learned from when it serves."""
    settings: Mapping[str, float | None]
    """What the protocol was asked for, by name."""
    n_without_target: int
    """Users of whom nothing could be asked in the test part."""
    _test: Cases
    _opened: set[str] = field(default_factory=set, init=False, repr=False)

    def split(self) -> Split:
        """The same without the test part: what a model is fitted on."""
        return Split(self.protocol, self.train, self.validation, self.seed)

    def fingerprint(self) -> str:
        """A digest of catalogue, training, validation and test part; it tells nothing of the latter."""
        digest = hashlib.sha256(json.dumps([self.protocol, self.seed, dict(self.settings)]).encode())
        digest.update("\n".join(self.train.product_index).encode())
        events = [part.train.histories() for part in (self, self.final)]
        for histories in (*events, self.validation.histories, self._test.histories):
            for part in (histories.offsets, histories.products, histories.at):
                digest.update(part.tobytes())
        for cases in (self.validation, self._test):
            digest.update(cases.offsets.tobytes() + cases.targets.tobytes())
        return digest.hexdigest()

    def open(self, model: str) -> Cases:
        """The test part, once for each model.

        Args:
            model: Who asks.

        Raises:
            ValueError: This model has had it: a second look would choose on test data.
        """
        if model in self._opened:
            raise ValueError(
                f"the test part was opened for {model!r} before; choose settings on `split.validation`, "
                "or cut the dataset anew for an evaluation of its own"
            )
        self._opened.add(model)
        return self._test


def leave_one_out(dataset: Dataset, *, seed: int = 0) -> Exam:
    """Every user's last event is the test target, the last but one the validation target, the rest training.

    The history of a test case holds the validation event. Users with fewer than 3 events are in training
    only; a target that is in its history already is not asked.

    Args:
        dataset: Any.
        seed: For the models; nothing is drawn for this split.

    Raises:
        DataError: There is nobody to ask.
    """
    histories = dataset.histories()
    lengths = histories.lengths
    users = np.flatnonzero(lengths >= 3)
    ends = lengths[users]
    trained, known = (np.repeat(np.where(lengths >= 3, lengths - n, lengths), lengths) for n in (2, 1))
    return assemble(
        "leave-one-out",
        dataset,
        histories,
        positions(histories) < trained,
        positions(histories) < known,
        cases(histories, users, ends - 2, *one_each(histories, users, ends - 2)),
        cases(histories, users, ends - 1, *one_each(histories, users, ends - 1)),
        n_asked=len(histories),
        seed=seed,
        settings={},
    )


def time_split(
    dataset: Dataset,
    validation: float = 0.1,
    test: float = 0.1,
    *,
    gap: float = 0.0,
    window: float | None = None,
    seed: int = 0,
) -> Exam:
    """Train on the past, ask about the future: the same moments cut the events of all users.

    In time: training, gap, validation window, gap, test window. The targets of a user are the distinct
    products in a window that are not in the history, which is everything before the gap in front of it. What
    happens in a gap is known to nobody, as in a shop that trains nightly or weekly. Users without an event
    before the gap are not asked.

    Args:
        dataset: One with times.
        validation: Share of the events in the validation window.
        test: Share of the events in the test window; it starts with its first moment, inclusive.
        gap: Days before each window that are left out.
        window: Days that each window is long, the test window being the last; given instead of shares.
        seed: For the models; nothing is drawn for this split.

    Raises:
        DataError: The dataset has no times, or there is nobody to ask.
    """
    if gap < 0 or (window is not None and window <= 0):
        raise ValueError(
            f"gap {gap} and window {window} are in days; they must not be negative, nor window 0"
        )
    if not (0 < validation < 1 and 0 < test < 1 and validation + test < 1):
        raise ValueError(f"validation {validation} and test {test} must be above 0 and below 1 together")
    if not dataset.timed or dataset.events.empty:
        raise DataError(
            f"{dataset.name}: protocol 'time' needs times; give the events a column `at`, or choose another"
        )
    at = dataset.events[Columns.AT].to_numpy(np.int64)
    end, unseen = int(at[-1]) + 1, round(gap * DAY)
    if window is None:
        last = int(np.quantile(at, 1 - test, method="higher"))
        missed = np.count_nonzero((at >= last - unseen) & (at < last)) / len(at)
        share = max(0.0, 1 - test - missed - validation)
        first = int(np.quantile(at, share, method="higher"))
    else:
        last = end - round(window * DAY)
        first = last - unseen - round(window * DAY)
    histories = dataset.histories()
    return assemble(
        "time",
        dataset,
        histories,
        histories.at < first - unseen,
        histories.at < last - unseen,
        _window(histories, first - unseen, first, last - unseen),
        _window(histories, last - unseen, last, end),
        n_asked=len(histories),
        seed=seed,
        settings={"gap": gap, "window": window}
        | ({"validation": validation, "test": test} if window is None else {}),
    )


def _window(histories: Histories, known: int, start: int, end: int) -> Cases:
    """What each user with a history before `known` did first in `[start, end)`."""
    owner = histories.owners
    before = np.bincount(owner[histories.at < known], minlength=len(histories))
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
    history = history.select(positions(history) < np.repeat(ends, history.lengths))
    n_products = 1 + max(histories.products.max(initial=0), targets.max(initial=0))
    keys, first_seen = np.unique(case_of_target * n_products + targets, return_index=True)
    new = ~np.isin(keys, history.owners * n_products + history.products)
    kept = np.sort(first_seen[new])
    kept = kept[np.argsort(case_of_target[kept], kind="stable")]
    counts = np.bincount(case_of_target[kept], minlength=len(users))
    asked = np.flatnonzero(counts)
    offsets = np.concatenate([[0], np.cumsum(counts[asked])]).astype(np.int64)
    return Cases(history.take(asked), offsets, targets[kept])


def assemble(
    protocol: str,
    dataset: Dataset,
    histories: Histories,
    train: BoolArray,
    known: BoolArray,
    validation: Cases,
    test: Cases,
    *,
    n_asked: int,
    seed: int,
    settings: Mapping[str, float | None],
) -> Exam:
    """The exam of one protocol.

    Args:
        protocol: Its name.
        dataset: The whole.
        histories: Of the whole.
        train: Which events of `histories` are for training, `(n_events,)`.
        known: Which of them are known when the test begins, those for training among them.
        validation: Its cases.
        test: Its cases.
        n_asked: How many users should have been asked in the test.
        seed: Of what was drawn.
        settings: What the protocol was asked for.

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
    order = np.argsort(users, kind="stable")
    trained, final = (dataset.with_events(dataset.events.iloc[np.sort(order[of])]) for of in (train, known))
    return Exam(
        protocol,
        trained,
        validation,
        seed,
        Split(protocol, final, validation.sample(0), seed),
        settings,
        n_asked - len(test),
        test,
    )
