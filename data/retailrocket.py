"""RetailRocket: 4.5 months of views, carts and transactions of a shop; ids and hashed properties, no text."""

from pathlib import Path

import pandas as pd

from .dataset import Columns, Dataset
from .lookup import positions
from .raw import find_raw, require_raw
from .readers import read_delimited
from .rows import BadRows, Rows
from .sources import Source
from .stream import stream_delimited
from .tables import category_paths, event_table, with_products_of

RETAILROCKET = Source(
    name="retailrocket",
    description="RetailRocket: views, carts and transactions of a shop in 2015, hashed properties, no text",
    licence="CC BY-NC-SA 4.0",
    is_folder=False,
    by_hand=True,
    address="https://www.kaggle.com/datasets/retailrocket/ecommerce-dataset",
    files=("events.csv", "item_properties_part1.csv", "item_properties_part2.csv", "category_tree.csv"),
    counts="1,407,580 users, 417,053 products with properties, 2,756,101 events "
    "(2,664,312 views, 69,332 carts, 22,457 transactions), 20,275,902 property rows",
)
PRICE = "790"
"""The property that is known to be the price."""

_TYPES = {"view": "view", "addtocart": "cart", "transaction": "purchase"}
_NAMES = {
    "visitorid": Columns.USER,
    "itemid": Columns.PRODUCT,
    "event": Columns.TYPE,
    "timestamp": Columns.AT,
}


def is_retailrocket(folder: Path) -> bool:
    """Whether the folder holds the events and the category tree."""
    return bool(find_raw(folder, "category_tree.csv") and find_raw(folder, "item_properties_part1.csv"))


def load_retailrocket(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with the four files as published.

    Properties are weekly snapshots: the earliest of each counts, so that as little as can be is known before
    its time. A property of one hashed word becomes an attribute; numbers, texts of several words and
    `available`, which changes, do not. Products of which nothing is left are called `product ID`.
    """
    facts = _properties(folder, bad)
    paths = _category_paths(require_raw(folder, "category_tree.csv"), bad)
    events = pd.concat(
        [_events(rows) for rows in stream_delimited(require_raw(folder, "events.csv"), bad)],
        ignore_index=True,
    )
    is_category, is_price = facts["property"] == "categoryid", facts["property"] == PRICE
    words = facts[~is_category & ~is_price]
    attributes = pd.DataFrame(
        {
            Columns.PRODUCT: words["itemid"],
            Columns.KEY: "property " + words["property"],
            Columns.VALUE: words["value"],
        }
    )
    ids = facts["itemid"].drop_duplicates(ignore_index=True)
    category = ids.map(facts[is_category].set_index("itemid")["value"]).fillna("")
    price = ids.map(facts[is_price].set_index("itemid")["value"]).str.removeprefix("n")
    bare = (category == "") & (positions(ids, words["itemid"]) < 0)
    products = pd.DataFrame(
        {
            Columns.PRODUCT: ids,
            Columns.TITLE: ("product " + ids).where(bare, ""),
            Columns.CATEGORY: category.map(lambda name: paths.get(name, (_readable(name),)) if name else ()),
            Columns.PRICE: pd.to_numeric(price, errors="coerce").astype("float64"),
        }
    )
    return Dataset.of(
        folder.resolve().name, with_products_of(events, products), events, product_attributes=attributes
    )


def _readable(category: str) -> str:
    return f"category {category}"


def _category_paths(path: Path, bad: BadRows) -> dict[str, tuple[str, ...]]:
    tree = read_delimited(path, bad)
    tree.require("categoryid", "parentid")
    known, parents = tree.frame["categoryid"], tree.frame["parentid"]
    parent = parents.where(parents.isin(known), "")  # one that has no row of its own is of no use
    tree.frame = tree.frame.assign(parentid=parent)
    tree.rename({"categoryid": Columns.CATEGORY, "parentid": "parent"})
    paths = category_paths(tree)
    return {category: tuple(map(_readable, path)) for category, path in paths.items()}


def _events(rows: Rows) -> pd.DataFrame:
    rows.require(*_NAMES)
    rows.drop("transactionid")
    rows.members("event", list(_TYPES), "is no event here", f"it must be one of {', '.join(_TYPES)}")
    rows.rename(_NAMES)
    rows.frame = rows.frame.assign(**{Columns.TYPE: rows.frame[Columns.TYPE].map(_TYPES)})
    return event_table(rows, None, per_second=1000)


def _properties(folder: Path, bad: BadRows) -> pd.DataFrame:
    """The properties of use, the earliest snapshot of each."""
    parts = []
    for number in (1, 2):
        path = require_raw(folder, f"item_properties_part{number}.csv")
        parts += [_snapshots(rows) for rows in stream_delimited(path, bad)]
    facts = pd.concat(parts, ignore_index=True).sort_values("timestamp", kind="stable")
    return facts.drop_duplicates(["itemid", "property"], ignore_index=True)


def _snapshots(rows: Rows) -> pd.DataFrame:
    """The checked rows that are of use, the earliest of each property only."""
    rows.require("timestamp", "itemid", "property", "value")
    rows.ids("itemid")
    rows.ids("property")
    rows.times("timestamp", per_second=1000)
    frame = rows.frame
    known = frame["property"].isin(("categoryid", PRICE))
    word = ~frame["value"].str.contains(" ") & ~frame["value"].str.startswith("n") & (frame["value"] != "")
    frame = frame[known | (word & (frame["property"] != "available"))]
    return frame.sort_values("timestamp", kind="stable").drop_duplicates(["itemid", "property"])
