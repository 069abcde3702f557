"""WooCommerce's product CSV: simple products, and variable ones with a row for each variation."""

import re
from pathlib import Path

import pandas as pd

from .dataset import Columns
from .feeds import (
    Feed,
    Field,
    attribute_key,
    fact,
    facts,
    feed_of,
    header,
    lowest_price,
    plain_list,
    read_columns,
    total_stock,
)
from .plain_text import plain_texts
from .prices import current_price, parse_prices, parse_times
from .raw import head
from .rows import BadRows, Rows
from .sources import Source

WOOCOMMERCE = Source(
    name="woocommerce",
    description="the product CSV that WooCommerce exports, with English column names (docs/shop-formats.md)",
    licence="yours",
    is_folder=True,
    address="https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema",
    files=("wc-product-export-*.csv",),
)
FIELDS = (
    Field("ID", Columns.PRODUCT, "`SKU` where there is none"),
    Field("Type", "variants", "a `variation` belongs to the product that `Parent` names"),
    Field("SKU", "another id", "an event that names it counts for the product"),
    Field("Parent", "variants", "a SKU, or `id:` and an ID"),
    Field("Name", Columns.TITLE, "plain text"),
    Field("Published", "for sale or not", "`1` is"),
    Field("Visibility in catalog", "for sale or not", "`hidden` is not"),
    Field("Short description", Columns.DESCRIPTION, "plain text, before `Description`"),
    Field("Description", Columns.DESCRIPTION, "plain text"),
    Field("Regular price", Columns.PRICE, "the lowest of the variations"),
    Field("Sale price", Columns.PRICE, "where there is one, within the dates of the sale"),
    Field("Date sale price starts", Columns.PRICE, "tells whether `Sale price` counts"),
    Field("Date sale price ends", Columns.PRICE, "likewise"),
    Field("In stock?", Columns.STOCK, "`0` is a stock of 0 where `Stock` is empty"),
    Field("Stock", Columns.STOCK, "the sum of the variations; the product's own where that has one"),
    Field("Backorders allowed?", Columns.STOCK, "open where it is `1` or `notify`"),
    Field("Categories", Columns.CATEGORY, "the deepest path; others are attributes `category`"),
    fact("Tags", "tag", "several, with commas between them"),
    Field("Brands", Columns.BRAND, "the first"),
    Field("Images", Columns.IMAGE, "the first"),
    Field("Attribute 1 name", "attributes", "a key; 1, 2, …"),
    Field("Attribute 1 value(s)", "attributes", "several, with commas between them; those of variations too"),
)
"""What is read; all other columns (tax, weights, downloads, upsells, cross-sells, meta) are left out."""

_READ = {field.name.lower(): field.name for field in FIELDS} | {
    "visibility in catalogue": "Visibility in catalog"
}
_ATTRIBUTE = re.compile(r"Attribute (\d+) (?:name|value\(s\))")
_OWNER = "owner"
_COMMA = re.compile(r"(?<!\\),")


def is_woocommerce(start: bytes) -> bool:
    """Whether a file that starts like this is WooCommerce's product CSV."""
    names = {column.lower() for column in header(start)[0]}
    return {"type", "name"} <= names and bool(names & {"regular price", "visibility in catalog", "in stock?"})


def read_woocommerce(path: Path, bad: BadRows) -> Feed:
    """The products of an export; variations are part of their product.

    A variation needs its parent in the file. Of variations the product has the lowest price, all values of
    attributes, and the sum of stocks, which is open where one of them has no number. A stock is open too
    where backorders are allowed, and 0 where there is no number and the product is out of stock. Products
    that are not published, or hidden from the catalogue, stay only where an event names them, with a stock
    of 0.
    """
    rows = _rows(path, bad)
    frame = rows.frame
    is_variation = frame["Type"].str.contains(r"\bvariation\b")
    main = frame[~is_variation]
    frame = frame[~is_variation | (frame["Published"] != "0")]
    ids = main[Columns.PRODUCT]
    paths = main["Categories"].map(_paths)
    hidden = main["Published"].isin(["0", "-1"]) | (main["Visibility in catalog"] == "hidden")
    products = pd.DataFrame(
        {
            Columns.PRODUCT: ids,
            Columns.TITLE: plain_texts(main["Name"]),
            Columns.DESCRIPTION: plain_texts(_description(main)),
            Columns.BRAND: main["Brands"].map(_first),
            Columns.CATEGORY: paths.map(lambda each: each[0] if each else ""),
            Columns.IMAGE: main["Images"].map(_first),
            Columns.PRICE: lowest_price(ids, frame[_OWNER], frame[Columns.PRICE]),
            Columns.STOCK: _stock(ids, frame, main),
        }
    )
    return feed_of(
        Rows(path, products, bad, int),
        [
            facts(ids, "category", paths.map(lambda each: each[1:])),
            facts(ids, "tag", main["Tags"].map(_split)),
            *_attributes(frame),
        ],
        pd.concat([_aliases(rows.frame, column) for column in ("SKU", Columns.PRODUCT)]),
        ids[hidden],
    )


def _column(name: str) -> str:
    return _READ.get(name.lower()) or (name if _ATTRIBUTE.fullmatch(name) else "")


def _rows(path: Path, bad: BadRows) -> Rows:
    """The checked rows, with what each costs now and the product that each belongs to."""
    rows = read_columns(path, bad, header(head(path))[1], _column)
    rows.require("Type", "Name")
    escaped = rows.frame.apply(lambda cells: cells.str.replace(r"^'(?=[=+@-])", "", regex=True))
    rows.frame = escaped.assign(**{name: "" for name in _READ.values() if name not in rows})
    rows.frame["ID"] = rows.frame["ID"].where(rows.frame["ID"] != "", rows.frame["SKU"])
    rows.frame["Stock"] = rows.frame["Stock"].replace("parent", "")
    rows.rename({"ID": Columns.PRODUCT})
    rows.ids(Columns.PRODUCT)
    rows.unique(Columns.PRODUCT)
    rows.numbers("Stock")
    parse_prices(rows, "Regular price", "Sale price")
    dates = ("Date sale price starts", "Date sale price ends")
    for column in dates:
        rows.check(
            (rows.frame[column] != "") & parse_times(rows.frame[column]).isna(),
            column, "is not a date", "give one such as 2024-05-31, or nothing",
        )  # fmt: skip
    starts, ends = (rows.frame[column] for column in dates)
    price = current_price(
        rows.frame["Regular price"],
        rows.frame["Sale price"],
        parse_times(starts),
        parse_times(ends, until=True),
    )
    rows.frame = rows.frame.assign(**{Columns.PRICE: price, _OWNER: _owners(rows.frame)})
    rows.check(
        rows.frame[_OWNER] == "", "Parent", "is no product of this file",
        "add that product, or remove the variation",
    )  # fmt: skip
    return rows


def _owners(frame: pd.DataFrame) -> pd.Series:
    """The product that each row belongs to: itself, or a variation's parent; `""` where that is absent."""
    is_variation = frame["Type"].str.contains(r"\bvariation\b")
    main = frame[~is_variation]
    named = main[main["SKU"] != ""].drop_duplicates("SKU").set_index("SKU")[Columns.PRODUCT]
    known = pd.Series(main[Columns.PRODUCT].to_numpy(), index="id:" + main[Columns.PRODUCT])
    parent = frame["Parent"].map(pd.concat([named, known[~known.index.isin(named.index)]])).fillna("")
    return frame[Columns.PRODUCT].where(~is_variation, parent).astype("str")


def _description(main: pd.DataFrame) -> pd.Series:
    """Both descriptions; the export writes line breaks as a backslash and an n."""
    both = main["Short description"] + "<br>" + main["Description"]
    return both.str.replace("\\n", " ", regex=False)


def _stock(ids: pd.Series, frame: pd.DataFrame, main: pd.DataFrame) -> pd.Series:
    """The stock of each product: its own number, or that of its variations, or whether it is there."""
    varied = frame.loc[frame[_OWNER] != frame[Columns.PRODUCT], _OWNER]
    counted = main.loc[main["Stock"].notna(), Columns.PRODUCT]
    is_own = frame[_OWNER] == frame[Columns.PRODUCT]
    decides = is_own == (frame[_OWNER].isin(counted) | ~frame[_OWNER].isin(varied))
    rows = frame[decides]
    stock = rows["Stock"].mask(rows["Stock"].isna() & (rows["In stock?"] == "0"), 0)
    stock = stock.mask(rows["Backorders allowed?"].isin(["1", "notify"]))
    return total_stock(ids, rows[_OWNER], stock)


def _attributes(frame: pd.DataFrame) -> list[pd.DataFrame]:
    found = []
    for column in frame.columns:
        if (n := _ATTRIBUTE.fullmatch(column)) and column.endswith("name"):
            values = frame.get(f"Attribute {n[1]} value(s)", pd.Series("", index=frame.index, dtype="str"))
            table = facts(frame[_OWNER], frame[column].map(attribute_key), values.map(_split))
            found.append(table[table[Columns.KEY] != ""])
    return found


def _aliases(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return pd.DataFrame({"alias": frame[column], Columns.PRODUCT: frame[_OWNER]})


def _split(cell: str) -> list[str]:
    r"""The values in a cell; a comma that belongs to one has a backslash before it.

    >>> _split(r"Tea\, loose, Cups")
    ['Tea, loose', 'Cups']
    """
    return plain_list([part.replace("\\,", ",") for part in _COMMA.split(cell)])


def _first(cell: str) -> str:
    return next(iter(_split(cell)), "")


def _paths(cell: str) -> list[str]:
    """The category paths, the deepest first, without those that another one goes through.

    >>> _paths("Drinks, Gifts, Drinks > Tea > Green, Drinks > Tea")
    ['Drinks > Tea > Green', 'Gifts']
    """
    paths = sorted(_split(cell), key=lambda path: -path.count(">"))
    kept = [path for path in paths if path != "Uncategorized"]
    return [path for path in kept if not any(other.startswith(f"{path} >") for other in kept)]
