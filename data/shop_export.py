"""What a shop has already: a product file of its platform, GA4 events, tables of ours beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .dataset import Columns, Dataset
from .errors import DataError
from .feeds import Feed
from .folder import TABLES, table_file
from .ga4 import GA4, is_ga4, read_ga4
from .google_merchant import GOOGLE_MERCHANT, is_google_merchant, read_google_merchant
from .raw import head, list_raw
from .readers import read_rows
from .rows import BadRows, Rows
from .shopify import SHOPIFY, is_shopify, read_shopify
from .sources import Source
from .tables import (
    attribute_table,
    category_paths,
    event_table,
    link_table,
    product_tables,
    review_table,
    user_tables,
    with_users_of,
)
from .woocommerce import WOOCOMMERCE, is_woocommerce, read_woocommerce

_SUFFIXES = (".xml", ".rss", ".atom", ".tsv", ".txt", ".csv", ".json", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class ProductFormat:
    """A kind of product file."""

    source: Source
    matches: Callable[[bytes], bool]
    """Whether a file that starts like this is one."""
    read: Callable[[Path, BadRows], Feed]


PRODUCT_FORMATS = (
    ProductFormat(SHOPIFY, is_shopify, read_shopify),
    ProductFormat(WOOCOMMERCE, is_woocommerce, read_woocommerce),
    ProductFormat(GOOGLE_MERCHANT, is_google_merchant, read_google_merchant),
)


@dataclass(frozen=True)
class ShopFiles:
    """The files of a folder, or the one given, that are of use, by what is in them."""

    products: tuple[tuple[ProductFormat, Path], ...]
    events: tuple[Path, ...]
    """GA4's."""

    @property
    def sources(self) -> frozenset[str]:
        """The names of the formats that are there."""
        return frozenset([found.source.name for found, _ in self.products] + [GA4.name] * bool(self.events))


def find_shop_files(source: Path) -> ShopFiles:
    """What there is of shops' own formats in a folder, or in the file given; zip archives are looked into."""
    products, events = [], []
    for path in list_raw(source):
        if not path.name.removesuffix(".gz").lower().endswith(_SUFFIXES):
            continue
        try:
            start = head(path)
        except DataError:
            if source.is_file():
                raise
            continue  # whoever reads the file says what is wrong with it
        if is_ga4(start):
            events.append(path)
        else:
            products += [(found, path) for found in PRODUCT_FORMATS if found.matches(start)][:1]
    return ShopFiles(tuple(products), tuple(events))


def load_shop(source: Path, bad: BadRows) -> Dataset:
    """The dataset of what a shop has already.

    Products come from one product file (or our own `products` table), events from GA4, from all files of it,
    or from our own `events` table; `users`, `links` and `reviews` may be there too. Events and reviews name
    products by id or SKU. Products that only GA4 names are those of its items.

    Args:
        source: A folder, or a file of products or events.
        bad: What becomes of bad rows.

    Raises:
        DataError: There are two files of products, or two kinds of events; or the files cannot be read.
    """
    files = find_shop_files(source)
    own = _own_tables(source, files)
    feed = _products(source, files, own, bad)
    events, timed = None, True
    if files.events:
        events, items = read_ga4(files.events, bad)
        feed = feed.with_others(items)
        events = events.assign(**{Columns.PRODUCT: feed.ids(events[Columns.PRODUCT])})
    elif "events" in own:
        rows = _read_own(own["events"], bad, feed, Columns.PRODUCT)
        events, timed = event_table(rows, feed.products), Columns.AT in rows
    reviews = None
    if "reviews" in own:
        reviews = review_table(_read_own(own["reviews"], bad, feed, Columns.PRODUCT), feed.products)
    told = [table[Columns.PRODUCT] for table in (events, reviews) if table is not None]
    feed = feed.for_sale(pd.concat([pd.Series(dtype="str"), *told]))
    users, user_attributes = user_tables(read_rows(own["users"], bad)) if "users" in own else (None, None)
    links = None
    if "links" in own:
        links = link_table(_read_own(own["links"], bad, feed, Columns.SOURCE, Columns.TARGET), feed.products)
    return Dataset.of(
        source.resolve().name.split(".")[0] if source.is_file() else source.resolve().name,
        feed.products,
        events,
        users=with_users_of(users, events, reviews),
        product_attributes=feed.attributes,
        user_attributes=user_attributes,
        links=links,
        reviews=reviews,
        timed=timed,
    )


def _own_tables(source: Path, files: ShopFiles) -> dict[str, Path]:
    """The tables of our own format in a folder, but for files that are of another."""
    taken = {*files.events, *(path for _, path in files.products)}
    found = {table: table_file(source, table) for table in TABLES} if source.is_dir() else {}
    return {table: path for table, path in found.items() if path is not None and path not in taken}


def _products(source: Path, files: ShopFiles, own: dict[str, Path], bad: BadRows) -> Feed:
    """What the one file of products holds; nothing where only events say what there is.

    Raises:
        DataError: There are several, or two kinds of events, or categories that no product names.
    """
    for what, ours, theirs in (
        ("products", own.get("products"), [path.name for _, path in files.products]),
        ("events", own.get("events"), [path.name for path in files.events[:1]]),
    ):
        names = [ours.name, *theirs] if ours else theirs
        if len(names) > 1:
            raise DataError(f"{source}: there are {' and '.join(names)} with {what}; keep one of them")
    if "categories" in own and "products" not in own:
        raise DataError(
            f"{own['categories']}: categories go with products of our own format only; remove the file"
        )
    for found, path in files.products:
        return found.read(path, bad)
    if "products" in own:
        categories = category_paths(read_rows(own["categories"], bad)) if "categories" in own else None
        return Feed(*product_tables(read_rows(own["products"], bad), categories))
    nothing = pd.DataFrame({Columns.PRODUCT: pd.Series(dtype="str")})
    return Feed(nothing, attribute_table([], Columns.PRODUCT))


def _read_own(path: Path, bad: BadRows, feed: Feed, *columns: str) -> Rows:
    """A table of ours whose product ids may be SKUs."""
    rows = read_rows(path, bad)
    for column in columns:
        rows.ids(column)
        rows.frame = rows.frame.assign(**{column: feed.ids(rows.frame[column])})
    return rows
