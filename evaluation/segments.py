"""Which targets belong together: by how well training knows the product and the user, and by category."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..data import Columns, Dataset
from ..data.dataset import BoolArray
from ..data.splits import DAY, Cases, Split
from .metrics import IntArray

PRODUCT_EVENTS = (0, 1, 5, 10, 20, 50, 100, 500)
"""Where bins of a product's training events start."""

PRODUCT_AGE = (0, 7, 30, 90, 365)
"""Where bins of the days start since a product's first training event, up to the last of all."""

USER_EVENTS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 500)
"""Where bins of a user's known events start."""

MOST_CATEGORIES = 10
"""The largest categories are segments of their own, the others one together."""


@dataclass(frozen=True)
class Segments:
    """A partition of targets, or of products."""

    names: tuple[str, ...]
    """In the order to show them."""
    of: IntArray
    """Position in `names` of each, `(n,)`."""

    def take(self, rows: IntArray) -> "Segments":
        """The segments of those in `rows`, in that order."""
        return Segments(self.names, self.of[rows])

    def masks(self) -> dict[str, BoolArray]:
        """Which are in each segment, `(n,)`."""
        return {name: self.of == i for i, name in enumerate(self.names)}


def by_target(split: Split, cases: Cases) -> dict[str, Segments]:
    """The targets parted by `product events`, `product age` (where timed), `user events` and `category`.

    Args:
        split: Whose training part tells the counts and the age.
        cases: The targets' cases.
    """
    histories = split.train.histories()
    n_products = len(split.train.products)
    events = np.bincount(histories.products, minlength=n_products)
    parts = {"product events": binned(events, PRODUCT_EVENTS).take(cases.targets)}
    if split.train.timed:
        first = np.full(n_products, np.iinfo(np.int64).max)
        np.minimum.at(first, histories.products, histories.at)
        days = np.where(events > 0, (histories.at.max() - first) // DAY, -1)
        parts["product age"] = binned(days, PRODUCT_AGE, below="new", unit=" days").take(cases.targets)
    known = np.repeat(cases.histories.lengths, np.diff(cases.offsets))
    parts["user events"] = binned(known, USER_EVENTS)
    categories = by_category(split.train)
    if len(categories.names) > 1:
        parts["category"] = categories.take(cases.targets)
    return parts


def binned(values: IntArray, starts: tuple[int, ...], below: str = "", unit: str = "") -> Segments:
    """Values by the bin they are in.

    Args:
        values: Whole numbers, `(n,)`.
        starts: Where each bin starts, ascending; it ends before the next one.
        below: Name of the segment of what lies below the first start.
        unit: What the names end with.

    >>> bins = binned(np.array([0, 3, 5, 70]), (0, 1, 5))
    >>> [bins.names[i] for i in bins.of]
    ['0', '1-4', '5+', '5+']
    """
    ends = [*starts[1:], None]
    names = [
        f"{a}+" if b is None else f"{a}" if b == a + 1 else f"{a}-{b - 1}"
        for a, b in zip(starts, ends, strict=True)
    ]
    return Segments((below, *(name + unit for name in names)), np.searchsorted(starts, values, side="right"))


def by_category(dataset: Dataset) -> Segments:
    """Products by the highest level of category on which they differ, the largest categories first."""
    paths = dataset.products[Columns.CATEGORY]
    depth = int(paths.map(len).max()) if len(paths) else 0
    for level in range(depth):
        names = paths.map(lambda path, level=level: path[level] if level < len(path) else "")
        if names[names != ""].nunique() > 1:
            break
    else:
        return Segments(("",), np.zeros(len(paths), dtype=np.int64))
    largest = names[names != ""].value_counts().index[:MOST_CATEGORIES]
    positions = pd.Index(largest).get_indexer(pd.Index(names))
    return Segments((*largest, "other"), np.where(positions < 0, len(largest), positions))
