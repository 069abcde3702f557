"""Google Analytics 4: e-commerce events as exported to BigQuery and saved as JSON lines."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .dataset import Columns, IntArray
from .feeds import Feed, Field, fact, facts, feed_of
from .json_lines import stream_json
from .plain_text import plain_texts
from .raw import head
from .readers import as_text
from .rows import BadRows, Rows
from .sources import Source

GA4 = Source(
    name="ga4",
    description="Google Analytics 4 events from BigQuery as JSON lines, alone or beside a product file "
    "(docs/shop-formats.md)",
    licence="yours",
    is_folder=True,
    address="https://support.google.com/analytics/answer/7029846",
    files=("*.json", "*.jsonl"),
)
_CATEGORIES = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")
FIELDS = (
    Field("event_name", Columns.TYPE, "`view_item` is a view, `add_to_cart` a cart, `purchase` a purchase"),
    Field("event_timestamp", Columns.AT, "microseconds; events of a second keep their order"),
    Field("user_id", Columns.USER, "of the events"),
    Field("user_pseudo_id", Columns.USER, "where there is no `user_id`, now or later on the same device"),
    Field("ecommerce.transaction_id", "duplicates", "a purchase that was sent again is read once"),
    Field("items.item_id", Columns.PRODUCT, "`item_name` where there is none"),
    Field("items.item_name", Columns.TITLE, "of products that no file names, as are the following"),
    Field("items.item_brand", Columns.BRAND),
    Field("items.item_category", Columns.CATEGORY, "the path, with `item_category2` to `item_category5`"),
    fact("items.item_variant", "variant", "all that were named"),
    Field("items.price", Columns.PRICE, "the latest; times `quantity` the `value` of carts and purchases"),
    Field("items.quantity", Columns.VALUE, "1 where there is none"),
)
"""What is read; other events and fields (`event_params`, device, place, traffic source) are left out."""

_TYPES = {"view_item": "view", "add_to_cart": "cart", "purchase": "purchase"}
_NOT_SET = "(not set)"
_TEXTS = ("item_id", "item_name", "item_brand", "item_variant", *_CATEGORIES)
_FACTS = ("item_name", "item_brand", "item_variant", *_CATEGORIES)
_EVENTS = (
    Columns.USER, "user_pseudo_id", Columns.TYPE, Columns.PRODUCT, Columns.AT, "item_variant",
    "transaction", "quantity",
)  # fmt: skip
_MICROS = 1_000_000


def is_ga4(start: bytes) -> bool:
    """Whether a file that starts like this holds exported events."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"{") and b'"event_name"' in text and b'"event_timestamp"' in text


def read_ga4(paths: Sequence[Path], bad: BadRows) -> tuple[pd.DataFrame, Feed]:
    """The events, with `item_id` as the product, and the products as the events name them.

    One event is an item of a `view_item`, `add_to_cart` or `purchase`; what was exported twice, and a
    purchase that was sent again with the same transaction, is read once. Who has no `user_id` is who
    `user_pseudo_id` says, or the one who ever logged in on that device, where there was only one. Events
    without either, as consent may have it, say what products there are but are nobody's. A product has the
    title, brand, category and price that it was last named with; without a title it is called `product ID`.

    Args:
        paths: Files of any size with one event a line, in any order, such as one for each day.
        bad: What becomes of lines that are no object, have no time, or name an item without id and name.
    """
    events, named = [], []
    for path in paths:
        for rows in _items(path, bad):
            items = rows.frame
            events.append(items[[*_EVENTS, "price"]])
            facts_of = items[[Columns.PRODUCT, *_FACTS, "price", Columns.AT]].sort_values(
                Columns.AT, kind="stable"
            )
            named.append(facts_of.drop_duplicates([Columns.PRODUCT, *_FACTS, "price"], keep="last"))
    return _events(_in_time(events)), _feed(paths[0], _in_time(named), bad)


def _in_time(blocks: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(blocks, ignore_index=True).sort_values(Columns.AT, kind="stable", ignore_index=True)


def _schema(start: bytes) -> pa.Schema:
    """The fields that are read; BigQuery's own export writes whole numbers as texts, others as numbers."""
    is_text = re.search(rb'"event_timestamp"\s*:\s*"', start)
    whole = pa.string() if is_text else pa.float64()
    item = [*((name, pa.string()) for name in _TEXTS), ("price", pa.float64()), ("quantity", whole)]
    return pa.schema(
        [
            ("event_name", pa.string()),
            ("event_timestamp", whole),
            ("user_id", pa.string()),
            ("user_pseudo_id", pa.string()),
            ("ecommerce", pa.struct([("transaction_id", pa.string())])),
            ("items", pa.list_(pa.struct(item))),
        ]
    )


def _items(path: Path, bad: BadRows) -> Iterator[Rows]:
    """The items of the events that count, block by block, each with the event's user, type and time."""
    for table, lines in stream_json(path, bad, _schema(head(path))):
        counts = pc.is_in(table["event_name"], value_set=pa.array(list(_TYPES)))
        events = _checked_events(path, table.filter(counts), lines[counts.to_numpy()], bad)
        items = table.filter(counts)["items"].combine_chunks()
        flat = pc.list_flatten(items)
        columns = {name: pc.struct_field(flat, name) for name in (*_TEXTS, "price", "quantity")}
        line = lines[counts.to_numpy()][pc.list_parent_indices(items).to_numpy()]
        frame = pd.DataFrame({name: _text(column) for name, column in columns.items()})
        inside = np.isin(line, events.index)
        of_event = events.reindex(line[inside]).reset_index(drop=True)
        frame = frame[inside].reset_index(drop=True).join(of_event)
        frame["item_id"] = frame["item_id"].where(frame["item_id"] != "", frame["item_name"])
        rows = Rows(path, frame, bad, line[inside].tolist().__getitem__)
        rows.check(
            frame["item_id"] == "", "item_id", "is empty, and so is item_name", "every item needs one of them"
        )
        rows.numbers("price")
        rows.numbers("quantity")
        rows.rename({"item_id": Columns.PRODUCT})
        yield rows


def _checked_events(path: Path, table: pa.Table, lines: IntArray, bad: BadRows) -> pd.DataFrame:
    """Users, type, time in microseconds and transaction of each event, by its line."""
    transaction = pc.struct_field(table["ecommerce"], "transaction_id")
    frame = pd.DataFrame(
        {
            "event_timestamp": _text(table["event_timestamp"]),
            Columns.USER: _text(table["user_id"]),
            "user_pseudo_id": _text(table["user_pseudo_id"]),
            Columns.TYPE: _text(table["event_name"]).map(_TYPES),
            "transaction": _text(transaction),
        }
    ).set_index(lines)
    rows = Rows(path, frame, bad, int)
    rows.times("event_timestamp", per_second=_MICROS)
    given = frame.loc[rows.frame.index, "event_timestamp"]
    return rows.frame.drop(columns="event_timestamp").assign(
        **{Columns.AT: pd.to_numeric(given).astype("int64")}
    )


def _text(column: pa.ChunkedArray | pa.Array) -> pd.Series:
    chunks = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    return pd.Series(as_text(chunks).to_pandas()).astype("str").replace(_NOT_SET, "")


def _events(items: pd.DataFrame) -> pd.DataFrame:
    """Events of known users, each once, in the columns of a `Dataset`; `items` in the order of time."""
    items = items.assign(**{Columns.USER: _users(items)})
    items = items[items[Columns.USER] != ""]
    same = [Columns.USER, Columns.TYPE, Columns.PRODUCT, "item_variant"]
    twice = items.duplicated([*same, Columns.AT])
    twice |= items.duplicated([*same, "transaction"]) & (items["transaction"] != "")
    items = items[~twice].reset_index(drop=True)
    value = (items["price"] * items["quantity"].fillna(1)).round(2).mask(items[Columns.TYPE] == "view")
    return items.assign(**{Columns.AT: items[Columns.AT] // _MICROS, Columns.VALUE: value})[
        list(Columns.EVENTS)
    ]


def _users(items: pd.DataFrame) -> pd.Series:
    """Who did each: `user_id`, else the only one who ever had one on the device, else the device."""
    user, device = items[Columns.USER], items["user_pseudo_id"]
    pairs = items.loc[(user != "") & (device != ""), [Columns.USER, "user_pseudo_id"]].drop_duplicates()
    only = pairs.drop_duplicates("user_pseudo_id", keep=False).set_index("user_pseudo_id")[Columns.USER]
    return user.where(user != "", device.map(only).astype("str").fillna(device)).astype("str")


def _feed(path: Path, items: pd.DataFrame, bad: BadRows) -> Feed:
    """The products that events name, each with what was last said of it."""
    category = items[_CATEGORIES[0]]
    for level in _CATEGORIES[1:]:
        category = category + " > " + items[level]
    items = items.assign(category=category.str.strip(" >"))
    by_product = items.mask(items == "").groupby(Columns.PRODUCT, sort=False, as_index=False)
    latest = by_product.last().fillna(dict.fromkeys((*_FACTS, "category"), ""))
    ids, price = latest[Columns.PRODUCT], latest["price"]
    title = plain_texts(latest["item_name"])
    products = pd.DataFrame(
        {
            Columns.PRODUCT: ids,
            Columns.TITLE: title.where(title != "", "product " + ids),
            Columns.BRAND: plain_texts(latest["item_brand"]),
            Columns.CATEGORY: plain_texts(latest["category"]),
            Columns.PRICE: price.where(price >= 0).map(
                lambda number: "" if np.isnan(number) else repr(float(number))
            ),
        }
    )
    return feed_of(
        Rows(path, products.astype("str"), bad, int),
        [facts(items[Columns.PRODUCT], "variant", plain_texts(items["item_variant"]))],
    )
