"""RecBole's atomic files: tab-separated, each column with its type in the header (`user_id:token`)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from .dataset import Columns, Dataset
from .errors import DataError
from .rows import BadRows, Rows
from .sources import Source
from .stream import stream_delimited
from .tables import event_table, product_tables, user_tables, with_products_of, with_users_of

RECBOLE = Source(
    name="recbole",
    description="atomic files NAME.inter, NAME.item, NAME.user with typed headers, as RecBole reads them",
    licence="that of the dataset they were made from",
    is_folder=True,
    address="https://recbole.io/docs/user_guide/data/atomic_files.html",
    files=("NAME.inter", "NAME.item", "NAME.user"),
)
TITLES = ("title", "movie_title", "item_name", "movie_name", "product_name", "name", "item_title")
"""Columns of `.item` that may hold the title; the first that is there does."""

_TYPES = ("token", "token_seq", "float", "float_seq")
_ITEM_NAMES = {
    "item_id": Columns.PRODUCT, "description": Columns.DESCRIPTION, "brand": Columns.BRAND,
    "price": Columns.PRICE,
}  # fmt: skip
_FUTURE = ("sales_rank", "review_count", "stars", "average_rating", "rating_number")
"""Columns of known conversions that sum up events, later ones among them."""


def is_recbole(folder: Path) -> bool:
    """Whether the folder holds a `.inter` file."""
    return any(folder.glob("*.inter"))


def load_recbole(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with `NAME.inter` and perhaps `NAME.item` and `NAME.user`.

    Events with a rating are ratings, others purchases; without a timestamp their order counts. Columns of
    `.item` and `.user` are attributes: `token` and `float` one value, `token_seq` several, apart by blanks
    (where a column has commas, by these); `float_seq` is left out, and so are columns that sum up events.
    `categories` has no order in these files, so it is an attribute. Products that only events name are called
    `product ID`.
    """
    inter = _only(folder)
    events, timed = _events(inter, bad)
    item, user = inter.with_suffix(".item"), inter.with_suffix(".user")
    products, attributes = _items(item, bad) if item.exists() else (_nothing(), None)
    users, user_attributes = _users(user, bad) if user.exists() else (None, None)
    return Dataset.of(
        folder.resolve().name,
        with_products_of(events, products),
        events,
        users=with_users_of(users, events),
        product_attributes=attributes,
        user_attributes=user_attributes,
        timed=timed,
    )


def _only(folder: Path) -> Path:
    found = sorted(folder.glob("*.inter"))
    if len(found) != 1:
        names = " and ".join(path.name for path in found)
        raise DataError(f"{folder}: there are {names}; keep one dataset in a folder")
    return found[0]


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({Columns.PRODUCT: pd.Series(dtype="str")})


def _typed(rows: Rows) -> Mapping[str, str]:
    """The type of each column; the columns of `rows` lose it from their names."""
    types = {}
    for column in rows.frame.columns:
        name, _, kind = column.rpartition(":")
        if not name or kind not in _TYPES:
            raise DataError(
                f"{rows.path}, line 1: column {column!r} has no type; write NAME:TYPE with a type of "
                f"{', '.join(_TYPES)}"
            )
        types[name] = kind
    rows.rename({f"{name}:{kind}": name for name, kind in types.items()})
    return types


def _events(path: Path, bad: BadRows) -> tuple[pd.DataFrame, bool]:
    tables, start, timed = [], 0, True
    for rows in stream_delimited(path, bad, delimiter="\t", quoted=False):
        types = _typed(rows)
        if "session_id" in types and "user_id" not in types:
            rows.rename({"session_id": "user_id"})
        timed = "timestamp" in types
        names = {"user_id": Columns.USER, "item_id": Columns.PRODUCT, "rating": Columns.VALUE}
        rows.rename({**names, "timestamp": Columns.AT})
        rows.drop(*(column for column in rows.frame.columns if column not in Columns.EVENTS))
        event_type = "rating" if "rating" in types else "purchase"
        rows.frame = rows.frame.assign(**{Columns.TYPE: event_type})
        table = event_table(rows, None)
        if not timed:
            table[Columns.AT] = start + np.arange(len(table))
            start += len(table)
        tables.append(table)
    return pd.concat(tables, ignore_index=True), timed


def _whole(path: Path, bad: BadRows, id_column: str) -> Rows:
    """The checked rows of a `.item` or `.user` file, lists split and columns of no use left out."""
    parts = []
    types: Mapping[str, str] = {}
    for rows in stream_delimited(path, bad, delimiter="\t", quoted=False):
        types = _typed(rows)
        rows.require(id_column)
        parts.append(rows.frame)
    rows = Rows(path, pd.concat(parts), bad, int)
    rows.drop(*_FUTURE, *(name for name, kind in types.items() if kind == "float_seq"))
    for name, kind in types.items():
        if kind == "token_seq" and name in rows and name not in (*TITLES, "description"):
            rows.frame = rows.frame.assign(**{name: _split(rows.frame[name])})
    return rows


def _split(cells: pd.Series) -> pd.Series:
    """The values of each cell, apart by commas where the column has any, else by blanks; quotes go.

    >>> _split(pd.Series(["Drama, Science Fiction", "New Age"])).tolist()
    [['Drama', 'Science Fiction'], ['New Age']]
    >>> _split(pd.Series(["Action Comedy", ""])).tolist()
    [['Action', 'Comedy'], []]
    """
    between = "," if cells.str.contains(",", regex=False).any() else None
    parts = [[part.strip().strip("'\"") for part in cell.split(between)] for cell in cells]
    return pd.Series([[part for part in values if part] for values in parts], cells.index, dtype=object)


def _items(path: Path, bad: BadRows) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = _whole(path, bad, "item_id")
    title = next((name for name in TITLES if name in rows), None)
    rows.rename({**_ITEM_NAMES, **({title: Columns.TITLE} if title else {})})
    facts = [column for column in rows.frame.columns if column not in (Columns.PRODUCT, Columns.PRICE)]
    bare = pd.Series(True, index=rows.frame.index)
    for column in facts:
        bare &= rows.frame[column].map(len) == 0
    if bare.any():
        known = rows.frame[Columns.TITLE] if Columns.TITLE in rows else pd.Series("", rows.frame.index)
        named = known.where(~bare, "product " + rows.frame[Columns.PRODUCT])
        rows.frame = rows.frame.assign(**{Columns.TITLE: named})
    return product_tables(rows)


def _users(path: Path, bad: BadRows) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = _whole(path, bad, "user_id")
    rows.rename({"user_id": Columns.USER})
    return user_tables(rows)
