"""Checked rows in, the tables of a `Dataset` out; what every loader shares."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from .dataset import EVENT_TYPES, LINK_TYPES, Columns
from .errors import DataError
from .lookup import positions
from .rows import Rows

Path_ = tuple[str, ...]


def product_tables(rows: Rows, paths: Mapping[str, Path_] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The products and their attributes; every column that is no product column is an attribute.

    Args:
        rows: One product a row.
        paths: The path of each category name; when absent, `category` is a path itself.

    Raises:
        DataError: An id is missing or given twice, a price or stock is no number, a category is unknown, or a
            product has no text at all.
    """
    c = Columns
    rows.ids(c.PRODUCT)
    rows.unique(c.PRODUCT)
    rows.texts(c.TITLE, c.DESCRIPTION, c.BRAND, c.IMAGE)
    rows.numbers(c.PRICE, minimum=0)
    rows.numbers(c.STOCK, minimum=0)
    if paths is not None and c.CATEGORY in rows:
        rows.members(
            c.CATEGORY, ["", *paths], "is not in the categories file", "add a row for it, or leave it empty"
        )
    silent = {c.PRODUCT, c.PRICE, c.IMAGE, c.STOCK}
    filled = [_filled(rows.frame[name]) for name in rows.frame.columns if name not in silent]
    has_text = np.logical_or.reduce([np.zeros(len(rows.frame), dtype=bool), *filled])
    rows.check(
        ~has_text, c.PRODUCT, "has no text", "give it a title, description, brand, category or attribute"
    )
    frame = rows.frame
    if frame.empty:
        raise DataError(f"{rows.path}: there is no product in it; give at least one")
    products = frame[[name for name in c.PRODUCTS if name in frame]]
    if c.CATEGORY in frame:
        cells = frame[c.CATEGORY]
        category = cells.map(category_path) if paths is None else cells.map({"": (), **paths})
        products = products.assign(**{c.CATEGORY: category})
    return products.reset_index(drop=True), attributes(frame, c.PRODUCT, c.PRODUCTS)


def user_tables(rows: Rows) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The users and their attributes: every column but the id is one."""
    rows.ids(Columns.USER)
    rows.unique(Columns.USER)
    users = rows.frame[[Columns.USER]].reset_index(drop=True)
    return users, attributes(rows.frame, Columns.USER, Columns.USERS)


def event_table(rows: Rows, products: pd.DataFrame | None, *, per_second: int = 1) -> pd.DataFrame:
    """The events; where there is no column `at`, the order of the rows stands for the time.

    Args:
        rows: One event a row.
        products: Those that events may name; any when absent.
        per_second: What a number in `at` counts: 1 for seconds since 1970, 1000 for milliseconds.
    """
    c = Columns
    rows.allow(c.EVENTS)
    _ends(rows, products)
    if c.TYPE in rows:
        _default_type(rows, "purchase")
        rows.members(
            c.TYPE, EVENT_TYPES, "is not a type of event", f"it must be one of {', '.join(EVENT_TYPES)}"
        )
    rows.numbers(c.VALUE)
    return _at_times(rows, per_second)


def review_table(rows: Rows, products: pd.DataFrame) -> pd.DataFrame:
    """The reviews; without a column `at`, the order of the rows stands for the time, as with events.

    Args:
        rows: One review a row.
        products: Those that reviews may name.
    """
    c = Columns
    rows.allow(c.REVIEWS)
    _ends(rows, products)
    rows.require(c.TEXT)
    rows.texts(c.TEXT)
    rows.check(
        rows.frame[c.TEXT] == "", c.TEXT, "is empty", "a rating without words is an event of type rating"
    )
    rows.numbers(c.RATING)
    return _at_times(rows)


def under_titles(titles: Iterable[str], texts: Iterable[str]) -> list[str]:
    r"""What each review says: its text under its title, or the one of them that there is.

    >>> under_titles(["Fresh", ""], ["Green.", "Bitter."])
    ['Fresh\nGreen.', 'Bitter.']
    """
    return ["\n".join(filter(None, both)) for both in zip(titles, texts, strict=True)]


def _ends(rows: Rows, products: pd.DataFrame | None) -> None:
    """Check the user and the product of each row."""
    rows.ids(Columns.USER)
    rows.ids(Columns.PRODUCT)
    if products is not None:
        rows.members(
            Columns.PRODUCT,
            products[Columns.PRODUCT],
            "is not a known product",
            "add it to the products, or remove the row",
        )


def _at_times(rows: Rows, per_second: int = 1) -> pd.DataFrame:
    """The good rows with their times, or with their places for times."""
    if Columns.AT in rows:
        rows.times(Columns.AT, per_second=per_second)
        return rows.taken().reset_index(drop=True)
    places = np.arange(len(rows.frame), dtype=np.int64)
    return rows.taken().reset_index(drop=True).assign(**{Columns.AT: places})


def with_products_of(events: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """`products`, then those that only the events name: `product ID` is all that is known of them."""
    ids = events[Columns.PRODUCT].drop_duplicates()
    new = ids[positions(ids, products[Columns.PRODUCT]) < 0]
    bare = pd.DataFrame({Columns.PRODUCT: new, Columns.TITLE: "product " + new})
    if Columns.CATEGORY in products:
        bare[Columns.CATEGORY] = pd.Series([()] * len(new), index=new.index, dtype=object)
    return pd.concat([products, bare], ignore_index=True)


def with_users_of(users: pd.DataFrame | None, *tables: pd.DataFrame | None) -> pd.DataFrame | None:
    """`users`, then those whom only the tables name."""
    if users is None:
        return users
    named = [users, *(table for table in tables if table is not None)]
    return pd.DataFrame({Columns.USER: pd.concat([t[Columns.USER] for t in named]).drop_duplicates()})


def _default_type(rows: Rows, default: str) -> None:
    rows.texts(Columns.TYPE)
    given = rows.frame[Columns.TYPE]
    rows.frame = rows.frame.assign(**{Columns.TYPE: given.where(given != "", default)})


def link_table(rows: Rows, products: pd.DataFrame) -> pd.DataFrame:
    """The links between products."""
    c = Columns
    rows.allow(c.LINKS)
    for end in (c.SOURCE, c.TARGET):
        rows.ids(end)
        rows.members(
            end, products[c.PRODUCT], "is not a known product", "add it to the products, or remove the row"
        )
    rows.require(c.TYPE)
    rows.members(c.TYPE, LINK_TYPES, "is not a type of link", f"it must be one of {', '.join(LINK_TYPES)}")
    return rows.frame.reset_index(drop=True)


def category_path(cell: str | list[str]) -> Path_:
    """The path from the root to the leaf that a cell holds.

    >>> category_path("Food > Fruit > Apples"), category_path(["Food", "Fruit"]), category_path("")
    (('Food', 'Fruit', 'Apples'), ('Food', 'Fruit'), ())
    """
    parts = cell.split(">") if isinstance(cell, str) else cell
    return tuple(stripped for part in parts if (stripped := part.strip()))


def category_paths(rows: Rows) -> dict[str, Path_]:
    """The path of each category, from rows that name its parent (none for a root).

    Raises:
        DataError: A category is given twice, a parent is unknown, or categories are their own ancestors.
    """
    name, parent = Columns.CATEGORY, "parent"
    rows.allow((name, parent))
    rows.ids(name)
    rows.unique(name)
    rows.require(parent)
    known = rows.frame[name]
    rows.members(parent, pd.concat([known, pd.Series([""])]), "is not a known category", "add a row for it")
    parents = dict(zip(rows.frame[name], rows.frame[parent], strict=True))
    return {category: _ancestry(rows, category, parents) for category in parents}


def _ancestry(rows: Rows, category: str, parents: Mapping[str, str]) -> Path_:
    path = [category]
    while above := parents.get(path[-1]):
        if above in path:
            cycle = " > ".join(reversed([*path[path.index(above) :], above]))
            line = rows.line(int(np.flatnonzero(rows.frame[Columns.CATEGORY] == above)[0]))
            raise DataError(
                f"{rows.path}, {line}, column parent: category {above!r} is its own ancestor ({cycle}); "
                "leave the parent of the topmost empty"
            )
        path.append(above)
    return tuple(reversed(path))


def attributes(frame: pd.DataFrame, owner: str, known: Collection[str]) -> pd.DataFrame:
    """One row `(owner, key, value)` for each distinct value in each column that is not `known`."""
    parts = [
        pd.DataFrame({owner: frame[owner], Columns.KEY: str(key), Columns.VALUE: frame[key]})
        for key in frame.columns
        if key not in known
    ]
    return attribute_table(parts, owner)


def attribute_table(parts: Sequence[pd.DataFrame], owner: str) -> pd.DataFrame:
    """The rows `(owner, key, value)` of all parts, each once; a list has a row for each of its values."""
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in (owner, Columns.KEY, Columns.VALUE)})
    table = pd.concat([part.explode(Columns.VALUE) for part in parts], ignore_index=True)
    table[Columns.VALUE] = table[Columns.VALUE].fillna("").astype("str")
    return table[table[Columns.VALUE] != ""].drop_duplicates(ignore_index=True)


def _filled(cells: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which cells hold a value; a list does when it has a part."""
    return (cells.map(len) > 0).to_numpy(bool)
