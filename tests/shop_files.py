"""Small files of shops' own formats, with the dirt that such files have, and a dataset as plain lists."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

from cartograph.data import Columns, Dataset


def _columns(header: str) -> list[str]:
    return header.split(",")


SHOPIFY = _columns(
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,"
    "Option1 Linked To,Option2 Name,Option2 Value,Option2 Linked To,Option3 Name,Option3 Value,"
    "Option3 Linked To,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,"
    "Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,"
    "Variant Requires Shipping,Variant Taxable,Unit Price Total Measure,Unit Price Total Measure Unit,"
    "Unit Price Base Measure,Unit Price Base Measure Unit,Variant Barcode,Image Src,Image Position,"
    "Image Alt Text,Gift Card,SEO Title,SEO Description,Google Shopping / Google Product Category,"
    "Google Shopping / Gender,Google Shopping / Age Group,Google Shopping / MPN,"
    "Google Shopping / Condition,Google Shopping / Custom Product,Google Shopping / Custom Label 0,"
    "Color (product.metafields.shopify.color-pattern),Care guide (product.metafields.custom.care),"
    "Variant Image,Variant Weight Unit,Variant Tax Code,Cost per item,Included / Germany,"
    "Price / Germany,Compare At Price / Germany,Status"
)
"""The columns of an export until 2024, with two metafields."""
SHOPIFY_2025 = _columns(
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,"
    "Barcode,Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,Option2 Linked To,"
    "Option3 name,Option3 value,Option3 Linked To,Price,Compare-at price,Cost per item,Charge tax,Tax code,"
    "Unit price total measure,Unit price total measure unit,Unit price base measure,"
    "Unit price base measure unit,Inventory tracker,Inventory quantity,"
    "Continue selling when out of stock,Weight value (grams),Weight unit for display,Requires shipping,"
    "Fulfillment service,Product image URL,Image position,Image alt text,Variant image URL,Gift card,"
    "SEO title,SEO description,Color (product.metafields.shopify.color-pattern),"
    "Google Shopping / Google product category,Google Shopping / Gender,Google Shopping / Age group,"
    "Google Shopping / Manufacturer part number (MPN),Google Shopping / Condition"
)
"""Those of the sample file since 2025."""
WOOCOMMERCE = _columns(
    "ID,Type,SKU,GTIN UPC EAN or ISBN,Name,Published,Is featured?,Visibility in catalog,Short description,"
    "Description,Date sale price starts,Date sale price ends,Tax status,Tax class,In stock?,Stock,"
    "Low stock amount,Backorders allowed?,Sold individually?,Weight (kg),Length (cm),Width (cm),Height (cm),"
    "Allow customer reviews?,Purchase note,Sale price,Regular price,Categories,Tags,Shipping class,Images,"
    "Download limit,Download expiry days,Parent,Grouped products,Upsells,Cross-sells,External URL,"
    "Button text,Position,Brands,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,"
    "Attribute 1 global,Attribute 1 default,Attribute 2 name,Attribute 2 value(s),Attribute 2 visible,"
    "Attribute 2 global,Meta: _wpcom_is_markdown"
)
"""The columns of an export with two attributes and meta."""


def table(columns: Sequence[str], rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    """Rows as delimited text with CRLF, absent cells empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def ga4_event(name: str, micros: int, *items: Mapping[str, object], **fields: object) -> str:
    """A line of BigQuery's export, where whole numbers are texts and nulls are left out."""
    event = {
        "event_date": "20240531",
        "event_timestamp": str(micros),
        "event_name": name,
        "event_params": [
            {"key": "ga_session_id", "value": {"int_value": "1717156800"}},
            {"key": "currency", "value": {"string_value": "EUR"}},
        ],
        "event_bundle_sequence_id": "1",
        "device": {"category": "mobile", "web_info": {"browser": "Chrome"}},
        "geo": {"country": "Germany"},
        "ecommerce": {"total_item_quantity": "1", "transaction_id": "(not set)"},
        "items": list(items),
    }
    return json.dumps(event | fields) + "\n"


def products_of(dataset: Dataset) -> list[list[object]]:
    """The rows of the products, a missing number as None."""
    numbers = {name: dataset.products[name].astype(object) for name in (Columns.PRICE, Columns.STOCK)}
    filled = {name: column.where(column.notna(), None) for name, column in numbers.items()}
    rows: list[list[object]] = dataset.products.assign(**filled).to_numpy(object).tolist()
    return rows


def attributes_of(dataset: Dataset) -> dict[str, set[tuple[str, str]]]:
    """The attributes `(key, value)` by product."""
    by_product: dict[str, set[tuple[str, str]]] = {}
    for product, key, value in dataset.product_attributes.itertuples(index=False, name=None):
        by_product.setdefault(product, set()).add((key, value))
    return by_product


def events_of(dataset: Dataset) -> list[list[object]]:
    """The rows of the events, a missing value as None."""
    value = dataset.events[Columns.VALUE].astype(object)
    filled = dataset.events.assign(**{Columns.VALUE: value.where(value.notna(), None)})
    rows: list[list[object]] = filled.to_numpy(object).tolist()
    return rows
