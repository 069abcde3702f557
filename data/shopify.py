"""Shopify's product CSV: a product over several rows, one for each variant or further image."""

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
    first_of_each,
    header,
    lowest_price,
    plain_list,
    read_columns,
    total_stock,
)
from .plain_text import plain_texts
from .prices import parse_prices
from .raw import head
from .rows import BadRows, Rows
from .sources import Source

SHOPIFY = Source(
    name="shopify",
    description="the product CSV that Shopify exports, of now or of before 2025 (docs/shop-formats.md)",
    licence="yours",
    is_folder=True,
    address="https://help.shopify.com/en/manual/products/import-export/using-csv",
    files=("products_export.csv",),
)
FIELDS = (
    Field("Handle", Columns.PRODUCT, "`URL handle` since 2025"),
    Field("Title", Columns.TITLE, "plain text; empty in the rows of further variants and images"),
    Field("Body (HTML)", Columns.DESCRIPTION, "plain text; `Description` since 2025"),
    Field("Vendor", Columns.BRAND),
    Field("Product Category", Columns.CATEGORY, "the path in Shopify's taxonomy"),
    fact("Type", "type", "the `category` where there is no `Product Category`"),
    fact("Tags", "tag", "several, with commas between them"),
    Field("Published", "for sale or not", "`Published on online store` since 2025"),
    Field("Status", "for sale or not", "`draft` and `archived` are not"),
    Field("Option1 Name", "attributes", "a key; 1 to 3; `Title` is none"),
    Field("Option1 Value", "attributes", "a value of every variant"),
    Field("Variant SKU", "another id", "an event that names it counts for the product; `SKU` since 2025"),
    Field(
        "Variant Inventory Tracker", Columns.STOCK, "open where it is empty; `Inventory tracker` since 2025"
    ),
    Field("Variant Inventory Qty", Columns.STOCK, "the sum of the variants; `Inventory quantity` since 2025"),
    Field(
        "Variant Inventory Policy",
        Columns.STOCK,
        "open where it is `continue`; since 2025 `Continue selling when out of stock`: `TRUE`",
    ),
    Field("Variant Price", Columns.PRICE, "the lowest of the variants; `Price` since 2025"),
    Field("Image Src", Columns.IMAGE, "the first; `Product image URL` since 2025"),
    fact("Google Shopping / Google Product Category", "google_product_category"),
    fact("Google Shopping / Gender", "gender"),
    fact("Google Shopping / Age Group", "age_group"),
    fact("Google Shopping / Condition", "condition"),
    Field(
        "NAME (product.metafields.shopify.KEY)",
        "attributes",
        "named like NAME; several have semicolons between them; `custom` likewise",
    ),
)
"""What is read; all other columns (SEO, weights, taxes, cost, prices of other markets) are left out."""

_NEW = {
    "url handle": "Handle", "description": "Body (HTML)", "published on online store": "Published",
    "sku": "Variant SKU", "inventory tracker": "Variant Inventory Tracker",
    "inventory quantity": "Variant Inventory Qty",
    "continue selling when out of stock": "Variant Inventory Policy", "price": "Variant Price",
    "product image url": "Image Src",
}  # fmt: skip
"""Columns of the CSV of 2025 that have another name, by that name."""
_READ = {
    name.lower(): name
    for name in (
        *(field.name for field in FIELDS),
        *(f"Option{n} {part}" for n in (2, 3) for part in ("Name", "Value")),
    )
}
_GOOGLE = {"google_product_category", "gender", "age_group", "condition"}
_METAFIELD = re.compile(r"(.+) \(product\.metafields\.(?:shopify|custom)\.[^)]*\)")
_NO_TEXT = r"\s*(?:[\[{]|gid://).*"
"""What a metafield holds that is no text but JSON or a reference."""


def is_shopify(start: bytes) -> bool:
    """Whether a file that starts like this is Shopify's product CSV."""
    names = {column.lower() for column in header(start)[0]}
    return "title" in names and (
        {"handle", "variant price"} <= names or {"handle", "vendor"} <= names or "url handle" in names
    )


def read_shopify(path: Path, bad: BadRows) -> Feed:
    """The products of an export; the rows of one handle are one product.

    A row without a title belongs to the product of its handle, whose title must be in one of its rows. The
    price is the lowest of the variants. Stocks add up; the stock is open where one variant is not tracked or
    sells on when it is out of stock, and where the export has no quantities. Products that are drafts,
    archived or not published stay only where an event names them, with a stock of 0. Shopify's numeric ids
    are not in the export, so events must name handles or SKUs.
    """
    rows = read_columns(path, bad, header(head(path))[1], _column)
    rows.require("Title")
    rows.ids("Handle")
    is_tracked = "Variant Inventory Tracker" in rows
    rows.frame = rows.frame.assign(**{name: "" for name in _READ.values() if name not in rows})
    rows.numbers("Variant Inventory Qty")
    parse_prices(rows, "Variant Price")
    titled = rows.frame.loc[rows.frame["Title"] != "", "Handle"]
    rows.members(
        "Handle", titled, "has no row with a title", "add the product's first row, or remove this one"
    )
    frame = rows.frame
    first = first_of_each(frame, frame["Handle"])
    category = plain_texts(first["Product Category"]).replace("Uncategorized", "")
    first = first.assign(**{"Product Category": category})
    ids = first["Handle"]
    product = Rows(path, _products(frame, first, is_tracked), bad, int)
    hidden = (first["Published"].str.lower() == "false") | ~first["Status"].str.lower().isin(["", "active"])
    return feed_of(
        product,
        [
            facts(ids, "tag", first["Tags"].str.split(",").map(plain_list)),
            facts(ids, "type", plain_texts(first["Type"]).where(category != "", "")),
            *(facts(ids, field.key, first[field.name]) for field in FIELDS if field.key in _GOOGLE),
            *_options(frame, first),
            *_metafields(first),
        ],
        pd.DataFrame({"alias": frame["Variant SKU"].str.removeprefix("'"), Columns.PRODUCT: frame["Handle"]}),
        ids[hidden],
    )


def _column(name: str) -> str:
    """What a column is called from here on, whichever year's export it is of."""
    lower = name.lower()
    return _NEW.get(lower) or _READ.get(lower) or (name if _METAFIELD.fullmatch(name) else "")


def _products(frame: pd.DataFrame, first: pd.DataFrame, is_tracked: bool) -> pd.DataFrame:
    is_variant = (frame[["Variant Price", "Variant SKU", "Option1 Value"]] != "").any(axis=1)
    variants = frame[is_variant]
    goes_on = variants["Variant Inventory Policy"].str.lower().isin(["continue", "true"])
    if is_tracked:
        goes_on |= variants["Variant Inventory Tracker"] == ""
    stock = variants["Variant Inventory Qty"].mask(goes_on)
    return pd.DataFrame(
        {
            Columns.PRODUCT: first["Handle"],
            Columns.TITLE: plain_texts(first["Title"]),
            Columns.DESCRIPTION: plain_texts(first["Body (HTML)"]),
            Columns.BRAND: plain_texts(first["Vendor"]),
            Columns.CATEGORY: first["Product Category"].where(
                first["Product Category"] != "", plain_texts(first["Type"])
            ),
            Columns.IMAGE: first["Image Src"],
            Columns.PRICE: lowest_price(first["Handle"], frame["Handle"], frame["Variant Price"]),
            Columns.STOCK: total_stock(first["Handle"], variants["Handle"], stock),
        }
    )


def _options(frame: pd.DataFrame, first: pd.DataFrame) -> list[pd.DataFrame]:
    """What variants differ in; a product without variants has the option `Title`, which is none."""
    found = []
    for n in (1, 2, 3):
        names = first.set_index("Handle")[f"Option{n} Name"].map(attribute_key)
        key = frame["Handle"].map(names)
        options = facts(frame["Handle"], key, plain_texts(frame[f"Option{n} Value"]))
        found.append(options[~key.isin(["", "title"])])
    return found


def _metafields(first: pd.DataFrame) -> list[pd.DataFrame]:
    found = []
    for column in first.columns:
        if name := _METAFIELD.fullmatch(column):
            cells = first[column].mask(first[column].str.match(_NO_TEXT), "")
            found.append(facts(first["Handle"], attribute_key(name[1]), cells.str.split(";").map(plain_list)))
    return found
