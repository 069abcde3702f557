"""Google Merchant Center product feeds: tab-separated text, or XML as RSS or Atom."""

import csv
import re
from pathlib import Path

import pandas as pd

from .dataset import Columns
from .feeds import AND, Feed, Field, attribute_key, fact, facts, feed_of, header, plain_list, read_columns
from .google_xml import is_google_xml, read_google_xml
from .plain_text import plain_text, plain_texts
from .prices import current_price, parse_prices, parse_times
from .raw import head
from .rows import BadRows, Rows
from .sources import Source

GOOGLE_MERCHANT = Source(
    name="google-merchant",
    description="a Google Merchant Center feed: XML (RSS, Atom) or tab-separated (docs/shop-formats.md)",
    licence="yours",
    is_folder=True,
    address="https://support.google.com/merchants/answer/7052112",
    files=("*.xml", "*.tsv", "*.txt"),
)
FIELDS = (
    Field("id", Columns.PRODUCT, "in Atom `g:id`, or `id` where there is none"),
    Field("title", Columns.TITLE, "plain text"),
    Field("structured_title", Columns.TITLE, "its content, where there is no `title`"),
    Field(
        "description", Columns.DESCRIPTION, "plain text; in Atom `summary` or `content` where there is none"
    ),
    Field("structured_description", Columns.DESCRIPTION, "its content, where there is no `description`"),
    Field("brand", Columns.BRAND),
    Field("image_link", Columns.IMAGE),
    Field("price", Columns.PRICE),
    Field("sale_price", Columns.PRICE, "where there is one, within `sale_price_effective_date`"),
    Field("sale_price_effective_date", Columns.PRICE, "tells whether `sale_price` counts"),
    fact("availability", "availability", "`out_of_stock` is a `stock` of 0; others leave it open"),
    Field("product_type", Columns.CATEGORY, "the first; others are attributes `product_type`"),
    fact(
        "google_product_category",
        "google_product_category",
        "a path is the `category` where there is no `product_type`",
    ),
    fact(
        "item_group_id",
        "item_group_id",
        "an event that names it counts for the first item of the group",
    ),
    fact("color", "color", "several where `/` is between them"),
    fact("material", "material", "likewise"),
    fact("size", "size"),
    fact("size_type", "size_type"),
    fact("size_system", "size_system"),
    fact("pattern", "pattern"),
    fact("gender", "gender"),
    fact("age_group", "age_group"),
    fact("condition", "condition"),
    fact("energy_efficiency_class", "energy_efficiency_class"),
    Field("product_detail", "attributes", "named like `attribute_name`, with the value of `attribute_value`"),
)
"""What is read; every other field (links, identifiers, shipping, campaigns, custom labels) is left out."""

_NAMES = {field.name for field in FIELDS}
_USUAL = {"description", "link", "image_link", "price", "availability", "brand", "condition", "gtin"}


def is_google_merchant(start: bytes) -> bool:
    """Whether a file that starts like this is a product feed."""
    if is_google_xml(start):
        return True
    names = {_name(column) for column in header(start)[0]}
    return {"id", "title"} <= names and len(names & _USUAL) >= 3


def read_google_merchant(path: Path, bad: BadRows) -> Feed:
    """The products of a feed; each item is one, and what variants have in common is their `item_group_id`.

    Text feeds have the attribute names in the first line, such as `image_link` or `image link`, and are
    separated by tabs (commas and semicolons are understood); several product types have commas between them.
    XML is read item by item and must declare the namespace `http://base.google.com/ns/1.0`; a document that
    declares entities is refused. `out_of_stock` is a stock of 0, anything else leaves the stock open.
    """
    start = head(path)
    if is_google_xml(start):
        rows = read_google_xml(path, bad, _NAMES)
    else:
        rows = read_columns(
            path, bad, header(start)[1], lambda column: _name(column) if _name(column) in _NAMES else ""
        )
        _split_text(rows)
    rows.rename({"id": Columns.PRODUCT})
    rows.ids(Columns.PRODUCT)
    rows.unique(Columns.PRODUCT)
    rows.frame = rows.frame.assign(**{name: "" for name in _NAMES - {"id"} if name not in rows})
    price = _current_price(rows)
    frame = rows.frame
    ids = frame[Columns.PRODUCT]
    types = frame["product_type"].map(lambda cell: plain_list(cell.split(AND)))
    google = plain_texts(frame["google_product_category"])
    is_path = (frame["product_type"] == "") & ~google.str.fullmatch(r"\d*")
    availability = frame["availability"].str.lower().str.replace(r"\s+", "_", regex=True)
    products = pd.DataFrame(
        {
            Columns.PRODUCT: ids,
            Columns.TITLE: plain_texts(_first(frame["title"], _content(frame["structured_title"]))),
            Columns.DESCRIPTION: plain_texts(
                _first(frame["description"], _content(frame["structured_description"]))
            ),
            Columns.BRAND: plain_texts(frame["brand"]),
            Columns.CATEGORY: google.where(is_path, types.map(lambda paths: next(iter(paths), ""))),
            Columns.PRICE: price,
            Columns.IMAGE: _part(frame["image_link"], AND, 0),
            Columns.STOCK: availability.map({"out_of_stock": "0"}).fillna(""),
        }
    )
    given = {field.key: frame[field.name] for field in FIELDS if field.key}
    given |= {"availability": availability, "google_product_category": google.where(~is_path, "")}
    rows.frame = products.astype(dict.fromkeys(products.columns, "str"))
    return feed_of(
        rows,
        [
            facts(ids, "product_type", types.map(lambda paths: paths[1:])),
            *(facts(ids, key, _values(key, cells)) for key, cells in given.items()),
            _details(ids, frame["product_detail"]),
        ],
        pd.DataFrame({"alias": frame["item_group_id"], Columns.PRODUCT: ids}),
    )


def _name(column: str) -> str:
    """The attribute that a column of a text feed holds.

    >>> [_name(column) for column in ("Image link", "g:id", "Age group [age_group]")]
    ['image_link', 'id', 'age_group']
    """
    inside = re.search(r"\[(\w+)\]$", column)
    return inside[1] if inside else re.sub(r"\s+", "_", column.strip().lower().removeprefix("g:"))


def split_paths(cell: str) -> list[str]:
    """The category paths in a cell of a text feed, which have commas between them.

    A comma within a path tells itself by what is around it, which then is no path.

    >>> split_paths("Home > Tea, Sale > Tea"), split_paths("Food, Beverages & Tobacco > Tea")
    (['Home > Tea', 'Sale > Tea'], ['Food, Beverages & Tobacco > Tea'])
    """
    parts = [part.strip() for part in next(csv.reader([cell], skipinitialspace=True), [""])]
    return parts if len({">" in part for part in parts}) == 1 else [cell]


def _split_text(rows: Rows) -> None:
    """Put `AND` between the values of fields that hold several in a text feed, as the XML reader does."""
    for column, split in (("product_type", split_paths), ("product_detail", _split_details)):
        if column in rows:
            cells = rows.frame[column].map(lambda cell, split=split: AND.join(split(cell)))
            rows.frame = rows.frame.assign(**{column: cells.astype("str")})


def _split_details(cell: str) -> list[str]:
    return next(csv.reader([cell], skipinitialspace=True), [""])


def _current_price(rows: Rows) -> pd.Series:
    """Check prices and the time of the sale, and give the price of today."""
    parse_prices(rows, "price", "sale_price")
    column = "sale_price_effective_date"
    starts, ends = (_part(rows.frame[column], "/", n).str.strip() for n in (0, 1))
    rows.check(
        (rows.frame[column] != "") & (parse_times(starts).isna() | parse_times(ends).isna()),
        column, "is not two times", "give two, such as 2024-05-01/2024-05-31, or nothing",
    )  # fmt: skip
    kept = rows.frame.index
    return current_price(
        rows.frame["price"],
        rows.frame["sale_price"],
        parse_times(starts[kept]),
        parse_times(ends[kept], until=True),
    )


def _part(cells: pd.Series, mark: str, n: int) -> pd.Series:
    """What stands before (0) or after (1) the first `mark`."""
    return cells.map(lambda cell: cell.partition(mark)[2 * n]).astype("str")


def _first(texts: pd.Series, otherwise: pd.Series) -> pd.Series:
    return _part(texts.where(texts != "", otherwise), AND, 0)


def _content(cells: pd.Series) -> pd.Series:
    """The content of structured texts, `SOURCE:CONTENT`."""
    return _part(cells, ":", 1).str.strip(' "')


def _values(key: str, cells: pd.Series) -> pd.Series:
    between = "/" if key in ("color", "material") else AND
    return cells.map(lambda cell: [value for part in cell.split(between) if (value := plain_text(part))])


def _details(ids: pd.Series, cells: pd.Series) -> pd.DataFrame:
    """The details, `SECTION:NAME:VALUE`, as attributes."""
    each = pd.DataFrame({Columns.PRODUCT: ids, "cell": cells.str.split(AND)}).explode("cell")
    parts = each["cell"].str.split(":", n=2, expand=True).reindex(columns=range(3)).fillna("")
    key = plain_texts(parts[1].astype("str")).map(attribute_key)
    found = facts(each[Columns.PRODUCT], key, plain_texts(parts[2].astype("str")))
    return found[found[Columns.KEY] != ""]
