"""The page on shops' own formats, from their loaders: how each is read, and which field becomes what."""

import inspect
from collections.abc import Callable

from cartograph.data import Columns, Source, ga4, google_merchant, shopify, woocommerce
from cartograph.data.feeds import Field

_FORMATS: tuple[tuple[str, Source, Callable[..., object], tuple[Field, ...], str], ...] = (
    (
        "Google Merchant Center",
        google_merchant.GOOGLE_MERCHANT,
        google_merchant.read_google_merchant,
        google_merchant.FIELDS,
        "Other fields are left out: links, identifiers, shipping, tax, campaigns, custom labels.",
    ),
    (
        "Shopify",
        shopify.SHOPIFY,
        shopify.read_shopify,
        shopify.FIELDS,
        "Other columns are left out: SEO, weights, taxes, cost, barcodes, prices of other markets.",
    ),
    (
        "WooCommerce",
        woocommerce.WOOCOMMERCE,
        woocommerce.read_woocommerce,
        woocommerce.FIELDS,
        "Other columns are left out: tax, sizes, downloads, upsells, cross-sells, meta. An export in\n"
        "another language has other column names: set your profile's language to English for it.",
    ),
    (
        "Google Analytics 4",
        ga4.GA4,
        ga4.read_ga4,
        ga4.FIELDS,
        "Other events and fields are left out: `event_params`, `user_properties`, device, place, traffic.",
    ),
)
"""Title, what is known of it, reader, fields, and what is not read."""


def shop_formats_page() -> str:
    """`docs/shop-formats.md`."""
    text = _PAGE
    for title, source, reader, fields, unread in _FORMATS:
        text += f"\n## {title}\n\nSource `{source.name}`, <{source.address}>\n\n{said(reader)}\n\n"
        text += "| field | becomes | |\n|---|---|---|\n"
        text += "".join(f"| `{field.name}` | {_becomes(field)} | {field.note} |\n" for field in fields)
        text += f"\n{unread}\n"
    return text


def said(reader: Callable[..., object]) -> str:
    """What the docstring of a reader says before its arguments."""
    return (inspect.getdoc(reader) or "").split("Args:")[0].split("Raises:")[0].strip()


def _becomes(field: Field) -> str:
    return f"`{field.becomes}`" if field.becomes in {*Columns.PRODUCTS, *Columns.EVENTS} else field.becomes


_PAGE = """\
# What your shop has already

Generated from the loaders by `make docs`. Give a file (`cartograph load feed.xml`) or a folder to
`cartograph load`, `cartograph evaluate` or `cartograph.data.load`. What a file is, is found out by what is
in it.

| files | products | events |
|---|---|---|
| a product file of one of these formats | all of it | none |
| that and GA4 events | all of it, then what only events name | from GA4 |
| that and an `events` table of [our own format](folder-format.md) | all of it | from the table |
| GA4 events | as the events name them | from GA4 |
| a `products` table of our own format and GA4 events | the table, then what only events name | from GA4 |

Tables `users`, `links` and `reviews` of our own format may lie beside them. Events name a product by its id
or by another id of it: a SKU, the id of a variant. Two files of products, or two kinds of events, are an
error; of GA4 there may be any number of files.

- Titles, descriptions, brands and categories become plain text: no HTML, and entities are resolved once.
- Prices may have currencies and separators: `12,99 EUR`, `1.299,00 €`, `USD 12.99`, `1'299.00`. What can be
  read in two ways, such as `1.299`, is read like the other prices of the file, with a decimal point if they
  do not tell. Currencies are dropped. A sale price counts where its dates, if it has any, hold when the file
  is loaded.
- A stock is open (a product without one is taken to be there) unless the file says how many there are, or
  none.
- Rows that say the same are read once. Bad rows (too few fields, no id, an id given twice, a price that is
  none, a variant without its product) are errors with file, line, column and value, or left out with
  `--on-bad-row skip`.
- Text is UTF-8, with or without a byte order mark, XML what it declares; lines may end in CRLF. Tabs, commas
  or semicolons between fields are told by the first line. Files may be packed (`.gz`); a zip archive is
  looked into where it is given itself, or is all that the folder holds.
"""
