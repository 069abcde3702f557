"""What a shop knows, as validated tables: products, users, events and product links."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from .errors import DataError
from .lookup import positions

EVENT_TYPES = ("view", "cart", "purchase", "rating")
LINK_TYPES = ("also_bought", "also_viewed", "bought_together")

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
StrArray = npt.NDArray[np.object_]


class Columns:
    """The name of every column in a `Dataset`, once."""

    PRODUCT = "product_id"
    TITLE = "title"
    DESCRIPTION = "description"
    BRAND = "brand"
    CATEGORY = "category"
    PRICE = "price"
    IMAGE = "image_url"
    STOCK = "stock"
    USER = "user_id"
    TYPE = "type"
    AT = "at"
    VALUE = "value"
    RATING = "rating"
    TEXT = "text"
    KEY = "key"
    SOURCE = "source_id"
    TARGET = "target_id"

    PRODUCTS = (PRODUCT, TITLE, DESCRIPTION, BRAND, CATEGORY, PRICE, IMAGE, STOCK)
    PRODUCT_ATTRIBUTES = (PRODUCT, KEY, VALUE)
    USERS = (USER,)
    USER_ATTRIBUTES = (USER, KEY, VALUE)
    EVENTS = (USER, PRODUCT, TYPE, AT, VALUE)
    REVIEWS = (USER, PRODUCT, AT, RATING, TEXT)
    LINKS = (SOURCE, TARGET, TYPE)


@dataclass(frozen=True)
class Histories:
    """What each of `n` users did, oldest event first, as compressed rows.

    User `i` did the events `offsets[i]:offsets[i + 1]` of the flat arrays.
    """

    users: StrArray
    """User ids, `(n,)`."""
    offsets: IntArray
    """`(n + 1,)`, starts with 0, ends with the number of events."""
    products: IntArray
    """Row numbers in `Dataset.products`, `(n_events,)`."""
    types: IntArray
    """Positions in `EVENT_TYPES`, `(n_events,)`."""
    at: IntArray
    """Seconds since epoch, UTC, or positions where the dataset is not timed, `(n_events,)`."""

    def __len__(self) -> int:
        return len(self.users)

    @property
    def lengths(self) -> IntArray:
        """Events per user, `(n,)`."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> IntArray:
        """The row of each event's user, `(n_events,)`."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def ages(self) -> IntArray:
        """How many events the same user did after each, `(n_events,)`."""
        out: IntArray = np.repeat(self.offsets[1:], self.lengths) - 1 - np.arange(len(self.products))
        return out

    @property
    def moments(self) -> IntArray:
        """The position of the first event that the same user did at the same time, `(n_events,)`."""
        owners, positions = self.owners, np.arange(len(self.products))
        begins = np.ones(len(positions), dtype=bool)
        begins[1:] = (owners[1:] != owners[:-1]) | (self.at[1:] != self.at[:-1])
        out: IntArray = np.maximum.accumulate(np.where(begins, positions, 0))
        return out

    def of(self, i: int) -> IntArray:
        """Product rows of user `i`, oldest first."""
        return self.products[self.offsets[i] : self.offsets[i + 1]]

    def take(self, rows: npt.ArrayLike) -> "Histories":
        """The histories of the users in `rows`, in that order."""
        picked = np.asarray(rows, dtype=np.int64)
        offsets, flat = stretches(self.offsets[picked], self.lengths[picked])
        return Histories(self.users[picked], offsets, self.products[flat], self.types[flat], self.at[flat])

    def select(self, keep: BoolArray) -> "Histories":
        """The same users with only the events where `keep`, `(n_events,)`."""
        kept = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
        return Histories(self.users, kept[self.offsets], self.products[keep], self.types[keep], self.at[keep])

    def last(self, n: int) -> "Histories":
        """The same users with only their last `n` events each."""
        return self.select(self.ages < n)


def stretches(starts: IntArray, lengths: IntArray) -> tuple[IntArray, IntArray]:
    """Where stretches of a flat array stand when they are laid one after the other, and their positions.

    Args:
        starts: Where each begins in the flat array, `(n,)`.
        lengths: `(n,)`.

    Returns:
        Offsets `(n + 1,)`, and positions in the flat array, `(offsets[n],)`.

    >>> stretches(np.array([5, 0]), np.array([2, 3]))
    (array([0, 2, 5]), array([5, 6, 0, 1, 2]))
    """
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return offsets, np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])


@dataclass(frozen=True)
class Dataset:
    """Validated tables of one shop. Ids are strings; a missing text is `""`, a missing number NaN.

    Build it with `Dataset.of`, which fills absent columns and checks everything.
    """

    name: str
    products: pd.DataFrame
    """`Columns.PRODUCTS`; `category` is a tuple from the root to the leaf, `()` where unknown."""
    events: pd.DataFrame
    """`Columns.EVENTS`, sorted by `at` (stable); `type` is one of `EVENT_TYPES`, `at` is int64."""
    users: pd.DataFrame
    """`Columns.USERS`; holds every user that an event names."""
    product_attributes: pd.DataFrame
    """`Columns.PRODUCT_ATTRIBUTES`, one row per value, so an attribute may have several."""
    user_attributes: pd.DataFrame
    """`Columns.USER_ATTRIBUTES`, likewise."""
    links: pd.DataFrame
    """`Columns.LINKS`: product links that the shop supplies; `type` is one of `LINK_TYPES`."""
    reviews: pd.DataFrame
    """`Columns.REVIEWS`: what users wrote of products; `rating` is on whatever scale the shop has."""
    timed: bool = field(default=True)
    """Whether `at` is in seconds since epoch, UTC; if not, it is only an order within each user."""

    @classmethod
    def of(
        cls,
        name: str,
        products: pd.DataFrame,
        events: pd.DataFrame | None = None,
        *,
        users: pd.DataFrame | None = None,
        product_attributes: pd.DataFrame | None = None,
        user_attributes: pd.DataFrame | None = None,
        links: pd.DataFrame | None = None,
        reviews: pd.DataFrame | None = None,
        timed: bool = True,
    ) -> "Dataset":
        """Fill absent columns, sort the events by time, and check the whole.

        Raises:
            DataError: An id is empty or given twice, an event, a review or a link names an unknown product, a
                product has no text at all, a type is unknown, or a time is missing.
        """
        products = _with_columns(products, Columns.PRODUCTS).reset_index(drop=True)
        events = by_time(_with_columns(events, Columns.EVENTS))
        reviews = _with_columns(reviews, Columns.REVIEWS).reset_index(drop=True)
        if users is None:
            named = (
                pd.concat([events[Columns.USER], reviews[Columns.USER]])
                if len(reviews)
                else events[Columns.USER]
            )
            users = pd.DataFrame({Columns.USER: pd.unique(named)})
        dataset = cls(
            name=name,
            products=products,
            events=events,
            users=_with_columns(users, Columns.USERS).reset_index(drop=True),
            product_attributes=_with_columns(product_attributes, Columns.PRODUCT_ATTRIBUTES),
            user_attributes=_with_columns(user_attributes, Columns.USER_ATTRIBUTES),
            links=_with_columns(links, Columns.LINKS),
            reviews=reviews,
            timed=timed,
        )
        dataset._check()
        return dataset

    @cached_property
    def product_index(self) -> "pd.Index[str]":
        """Product ids in row order; `get_indexer` turns ids into row numbers (-1 where unknown)."""
        index: pd.Index[str] = pd.Index(self.products[Columns.PRODUCT].to_numpy(object))
        return index

    def with_events(self, events: pd.DataFrame) -> "Dataset":
        """The same catalogue and users with other events (a subset of checked ones, not checked again).

        Without reviews, which tell of the events that are left out.
        """
        return replace(self, events=events.reset_index(drop=True), reviews=self.reviews.iloc[:0])

    def histories(self, users: Sequence[str] | None = None) -> Histories:
        """Every user's events, oldest first; users without an event have an empty history.

        Args:
            users: Whose histories, in which order; all users of the dataset when absent.
        """
        ids = pd.Index(self.users[Columns.USER] if users is None else users, dtype=object)
        rows = positions(self.events[Columns.USER], ids)
        order = np.argsort(rows, kind="stable")[np.count_nonzero(rows < 0) :]
        offsets = np.concatenate([[0], np.cumsum(np.bincount(rows[order], minlength=len(ids)))])
        products = positions(self.events[Columns.PRODUCT], self.product_index)
        types = positions(self.events[Columns.TYPE], EVENT_TYPES)
        at = self.events[Columns.AT].to_numpy(np.int64)
        return Histories(
            users=ids.to_numpy(object),
            offsets=offsets.astype(np.int64),
            products=products[order],
            types=types[order],
            at=at[order],
        )

    def _check(self) -> None:
        c = Columns
        _unique_ids(self.name, "product", self.products[c.PRODUCT])
        _unique_ids(self.name, "user", self.users[c.USER])
        known = self.product_index
        _members(self.name, "event", c.PRODUCT, self.events[c.PRODUCT], known, "a product of the catalogue")
        _members(self.name, "event", c.USER, self.events[c.USER], self.users[c.USER], "a known user")
        _members(self.name, "event", c.TYPE, self.events[c.TYPE], EVENT_TYPES, f"one of {EVENT_TYPES}")
        _members(self.name, "review", c.PRODUCT, self.reviews[c.PRODUCT], known, "a product of the catalogue")
        _members(self.name, "review", c.USER, self.reviews[c.USER], self.users[c.USER], "a known user")
        _members(self.name, "link", c.TYPE, self.links[c.TYPE], LINK_TYPES, f"one of {LINK_TYPES}")
        for end in (c.SOURCE, c.TARGET):
            _members(self.name, "link", end, self.links[end], known, "a product of the catalogue")
        _members(
            self.name,
            "product attribute",
            c.PRODUCT,
            self.product_attributes[c.PRODUCT],
            known,
            "a product of the catalogue",
        )
        _members(
            self.name,
            "user attribute",
            c.USER,
            self.user_attributes[c.USER],
            self.users[c.USER],
            "a known user",
        )
        bare = (self.products[[c.TITLE, c.DESCRIPTION, c.BRAND]] == "").all(axis=1)
        bare &= self.products[c.CATEGORY].map(len) == 0
        bare &= positions(self.products[c.PRODUCT], self.product_attributes[c.PRODUCT]) < 0
        if bare.any():
            first = self.products.loc[bare, c.PRODUCT].iloc[0]
            raise DataError(
                f"{self.name}: product {first!r} has no text; "
                "give it a title, description, brand, category or attribute"
            )


def by_time(events: pd.DataFrame) -> pd.DataFrame:
    """The events in the order of time; the table loses its columns, since two copies of millions are much."""
    if events[Columns.AT].is_monotonic_increasing:
        return events.reset_index(drop=True)
    order = np.argsort(events[Columns.AT].to_numpy(), kind="stable")
    names: list[str] = events.columns.tolist()
    sorted_columns = {}
    for name in names:
        pa.default_memory_pool().release_unused()  # what the column before took
        sorted_columns[name] = events.pop(name).iloc[order].reset_index(drop=True)
    return pd.DataFrame(sorted_columns, copy=False)


_NUMBERS = {
    Columns.PRICE: np.float64,
    Columns.STOCK: np.float64,
    Columns.AT: np.int64,
    Columns.RATING: np.float64,
}
_EMPTY: dict[str, object] = {
    Columns.PRICE: np.nan,
    Columns.STOCK: np.nan,
    Columns.TYPE: "purchase",
    Columns.CATEGORY: (),
}


def _with_columns(table: pd.DataFrame | None, columns: Sequence[str]) -> pd.DataFrame:
    """Exactly `columns`, absent ones filled, in that order and with the types that `Dataset` promises."""
    source = pd.DataFrame() if table is None else table
    filled: dict[str, pd.Series] = {}
    for name in columns:
        numeric = name in _NUMBERS or (name == Columns.VALUE and Columns.AT in columns)
        if name in source:
            column = source[name]
        else:
            default = _EMPTY.get(name, np.nan if numeric else "")
            column = pd.Series(
                np.full(len(source), np.nan) if numeric else [default] * len(source),
                index=source.index,
                dtype=None if len(source) else object,
            )
        if numeric:
            if name == Columns.AT and column.isna().any():
                row = int(np.flatnonzero(column.isna())[0]) + 1
                raise DataError(f"event {row} has no time; give `at` for every event")
            column = column.astype(_NUMBERS.get(name, np.float64))
        elif name != Columns.CATEGORY:
            column = column.fillna("").astype(str)
        filled[name] = column
    return pd.DataFrame(filled, copy=False)


def _unique_ids(name: str, what: str, ids: pd.Series) -> None:
    if (ids == "").any():
        raise DataError(
            f"{name}: {what} {int(np.flatnonzero(ids == '')[0]) + 1} has an empty id; every {what} needs one"
        )
    repeated = ids.duplicated()
    if repeated.any():
        raise DataError(f"{name}: {what} id {ids[repeated].iloc[0]!r} is given twice; ids must be unique")


def _members(name: str, what: str, column: str, values: pd.Series, allowed: Iterable[str], hint: str) -> None:
    wrong = positions(values, allowed) < 0
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(f"{name}: {what} {row + 1} has {column} {values.iloc[row]!r}; it must be {hint}")
