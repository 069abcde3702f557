"""What the loaders of product files share: which fields are read, and what such a file comes to."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from .dataset import Columns
from .lookup import positions
from .plain_text import plain_text
from .rows import BadRows, Rows
from .stream import stream_delimited
from .tables import attribute_table, product_tables

AND = "\x1f"
"""Between the values of a field that is repeated."""


class Field(NamedTuple):
    """A field of a published format that is read; `docs/shop-formats.md` lists them."""

    name: str
    """As published."""
    becomes: str
    """A column of the products, an attribute, or what else it is used for."""
    note: str = ""
    key: str = ""
    """Of the attribute, where its values become one."""


def fact(name: str, key: str, note: str = "") -> Field:
    """A field that becomes an attribute."""
    return Field(name, f"attribute `{key}`", note, key)


@dataclass(frozen=True)
class Feed:
    """The products of a file."""

    products: pd.DataFrame
    """Those of `Columns.PRODUCTS` that the file has."""
    attributes: pd.DataFrame
    """`Columns.PRODUCT_ATTRIBUTES`, those of these products."""
    aliases: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    """Product ids by what events may call the product besides (SKUs, ids of variants)."""
    hidden: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    """Ids of products that are not for sale now."""

    def ids(self, given: pd.Series) -> pd.Series:
        """The product ids of what events name; what is unknown stays as it is."""
        known = positions(given, self.products[Columns.PRODUCT]) >= 0
        other = given.map(self.aliases)
        return given.where(known | other.isna(), other).astype("str")

    def for_sale(self, used: pd.Series) -> "Feed":
        """The same without the hidden products; those whose id is in `used` stay, with a stock of 0."""
        hidden = positions(self.products[Columns.PRODUCT], self.hidden) >= 0
        if not hidden.any():
            return self
        kept = ~hidden | (positions(self.products[Columns.PRODUCT], used) >= 0)
        stock = self.products.get(Columns.STOCK, pd.Series(np.nan, index=self.products.index))
        products = self.products.assign(**{Columns.STOCK: stock.mask(hidden, 0.0)})[kept]
        inside = positions(self.attributes[Columns.PRODUCT], products[Columns.PRODUCT]) >= 0
        return Feed(products, self.attributes[inside], self.aliases)

    def with_others(self, other: "Feed") -> "Feed":
        """These products, then those of `other` that are not among them, under none of their ids."""
        new = positions(self.ids(other.products[Columns.PRODUCT]), self.products[Columns.PRODUCT]) < 0
        theirs = other.products[new]
        inside = positions(other.attributes[Columns.PRODUCT], theirs[Columns.PRODUCT]) >= 0
        products = pd.concat([self.products, theirs], ignore_index=True)
        if Columns.CATEGORY in products:
            paths = [path if isinstance(path, tuple) else () for path in products[Columns.CATEGORY]]
            products[Columns.CATEGORY] = pd.Series(paths, index=products.index, dtype=object)
        attributes = pd.concat([self.attributes, other.attributes[inside]], ignore_index=True)
        return Feed(products, attributes, self.aliases, self.hidden)


def feed_of(
    rows: Rows,
    facts: Sequence[pd.DataFrame],
    aliases: pd.DataFrame | None = None,
    hidden: pd.Series | None = None,
) -> Feed:
    """The feed of checked rows.

    Args:
        rows: One product a row, with the columns that `product_tables` takes.
        facts: More attributes, `Columns.PRODUCT_ATTRIBUTES`; a value may be a list.
        aliases: Other ids (`alias`) of products; empty ones are passed over, the first of several counts.
        hidden: Ids of products that are not for sale.
    """
    products, attributes = product_tables(rows)
    table = attribute_table([attributes, *facts], Columns.PRODUCT)
    table = table[positions(table[Columns.PRODUCT], products[Columns.PRODUCT]) >= 0].reset_index(drop=True)
    if aliases is None:
        return Feed(products, table)
    usable = aliases[
        (aliases["alias"] != "") & (positions(aliases[Columns.PRODUCT], products[Columns.PRODUCT]) >= 0)
    ]
    named = usable.drop_duplicates("alias").set_index("alias")[Columns.PRODUCT]
    return Feed(products, table, named, pd.Series(dtype="str") if hidden is None else hidden)


def read_columns(path: Path, bad: BadRows, delimiter: str, name_of: Callable[[str], str]) -> Rows:
    """The columns of a delimited file that are of use; rows that say the same are read once.

    Args:
        path: Of any size: it is read block by block.
        bad: What becomes of bad rows.
        delimiter: Between two fields.
        name_of: What a column of the file is called from here on, `""` for one that is left out.
    """
    frames: list[pd.DataFrame] = []
    names: dict[str, str] = {}
    for rows in stream_delimited(path, bad, delimiter=delimiter):
        for column in rows.frame.columns if not names else ():
            name = name_of(column)
            if name and name not in names.values():
                names[column] = name
        frames.append(rows.frame[list(names)])
    rows = Rows(path, pd.concat(frames).drop_duplicates(), bad, int)
    rows.rename(names)
    return rows


def header(start: bytes) -> tuple[list[str], str]:
    """The column names in the first line of a delimited file, and what stands between them.

    >>> header(b"Handle;Title")
    (['Handle', 'Title'], ';')
    """
    line = start.decode("utf-8-sig", errors="replace").partition("\n")[0].strip("\r")
    delimiter = max("\t,;", key=line.count)
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])], delimiter


def attribute_key(name: str) -> str:
    """An attribute's key from what a shop calls it.

    >>> attribute_key("Age  Group")
    'age_group'
    """
    return "_".join(name.lower().split())


def facts(ids: pd.Series, key: str | pd.Series, values: pd.Series) -> pd.DataFrame:
    """Attributes as a table: one row a product, with a value or a list of values."""
    return pd.DataFrame({Columns.PRODUCT: ids, Columns.KEY: key, Columns.VALUE: values})


def plain_list(parts: list[str]) -> list[str]:
    """The parts as plain text, without the empty ones.

    >>> plain_list([" Tea &amp; cup", ""])
    ['Tea & cup']
    """
    return [text for part in parts if (text := plain_text(part))]


def first_of_each(frame: pd.DataFrame, owner: pd.Series) -> pd.DataFrame:
    """One row for each owner, in the order and under the index of their first rows.

    Args:
        frame: Text and numbers.
        owner: The product that each row belongs to, `(n,)`; each cell comes from its first row with a value.
    """
    key = owner.to_numpy()
    lines = pd.Series(frame.index).groupby(key, sort=False).first()
    filled = frame.mask(frame == "").groupby(key, sort=False).first()
    texts = [name for name in frame.columns if frame[name].dtype == "str"]
    return filled.fillna(dict.fromkeys(texts, "")).astype(dict.fromkeys(texts, "str")).set_index(lines)


def lowest_price(ids: pd.Series, owner: pd.Series, price: pd.Series) -> pd.Series:
    """The lowest price of each product, as text.

    Args:
        ids: Products, `(n_products,)`.
        owner: The product of each variant, `(n,)`.
        price: Of each variant, as text, `(n,)`.
    """
    return _texts(ids.map(pd.to_numeric(price.mask(price == "")).groupby(owner).min()))


def total_stock(ids: pd.Series, owner: pd.Series, stock: pd.Series) -> pd.Series:
    """The stock of each product, as text: `""`, open, where that of one of its variants is.

    Args:
        ids: Products, `(n_products,)`.
        owner: The product of each variant, `(n,)`.
        stock: Of each variant, NaN where it is open, `(n,)`; below 0 (sold, but not there yet) counts as 0.
    """
    is_open = stock.isna().groupby(owner).any()
    return _texts(ids.map(stock.clip(lower=0).groupby(owner).sum().mask(is_open)))


def _texts(numbers: pd.Series) -> pd.Series:
    return numbers.map(lambda number: "" if np.isnan(number) else repr(float(number))).astype("str")
