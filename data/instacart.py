"""Instacart 2017: grocery orders with the sequence of orders and of products in them, but no dates."""

from pathlib import Path

import numpy as np
import pandas as pd

from .dataset import Columns, Dataset
from .lookup import positions
from .raw import find_raw, require_raw
from .readers import read_delimited
from .rows import BadRows, Rows
from .sources import Source
from .stream import stream_delimited
from .tables import event_table, product_tables

INSTACART = Source(
    name="instacart",
    description="Instacart 2017: grocery orders; no dates, the number of the order stands for the time",
    licence="terms of the Kaggle competition 'Instacart Market Basket Analysis'; not for commercial use",
    is_folder=False,
    by_hand=True,
    address="https://www.kaggle.com/competitions/instacart-market-basket-analysis/data",
    files=(
        "orders.csv", "order_products__prior.csv", "order_products__train.csv",
        "products.csv", "aisles.csv", "departments.csv",
    ),
    counts="206,209 users, 49,688 products, 3,421,083 orders, 32,434,489 prior and 1,384,617 train lines",
)  # fmt: skip


def is_instacart(folder: Path) -> bool:
    """Whether the folder holds the orders and the lines of the earlier ones."""
    return bool(find_raw(folder, "orders.csv") and find_raw(folder, "order_products__prior.csv"))


def load_instacart(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with the six files as published; one event is a product in an order.

    `at` is the number of the order among those of the user, so all products of an order share a moment. The
    75,000 orders of the competition's test part are known without their products and left out.
    """
    products, attributes = product_tables(_products(folder, bad))
    orders = _orders(require_raw(folder, "orders.csv"), bad)
    events = []
    for part in ("prior", "train"):
        path = require_raw(folder, f"order_products__{part}.csv")
        events += [_events(rows, orders, products) for rows in stream_delimited(path, bad)]
    return Dataset.of(
        folder.resolve().name,
        products,
        pd.concat(events, ignore_index=True),
        product_attributes=attributes,
        timed=False,
    )


def _products(folder: Path, bad: BadRows) -> Rows:
    rows = read_delimited(require_raw(folder, "products.csv"), bad)
    rows.require("product_id", "product_name", "aisle_id", "department_id")
    levels = []
    for level in ("department", "aisle"):
        names = read_delimited(require_raw(folder, f"{level}s.csv"), bad)
        names.require(f"{level}_id", level)
        names.unique(f"{level}_id")
        name_of = names.frame.set_index(f"{level}_id")[level]
        rows.members(f"{level}_id", list(name_of.index), f"is not in {level}s.csv", "add it there")
        levels.append(name_of)
    department, aisle = (
        rows.frame[f"{level}_id"].map(name_of)
        for level, name_of in zip(("department", "aisle"), levels, strict=True)
    )
    paths = [list(path) for path in zip(department, aisle, strict=True)]
    rows.drop("aisle_id", "department_id")
    rows.rename({"product_name": Columns.TITLE})
    rows.frame = rows.frame.assign(**{Columns.CATEGORY: pd.Series(paths, rows.frame.index, dtype=object)})
    return rows


def _orders(path: Path, bad: BadRows) -> pd.DataFrame:
    """Id, user and number of each order."""
    return pd.concat([_checked_orders(rows) for rows in stream_delimited(path, bad)], ignore_index=True)


def _checked_orders(rows: Rows) -> pd.DataFrame:
    rows.require("order_id", "user_id", "order_number")
    for column in ("order_id", "user_id"):
        rows.ids(column)
    rows.numbers("order_number", minimum=1)
    rows.check(rows.frame["order_number"].isna(), "order_number", "is no number of an order", "give 1, 2, …")
    frame = rows.frame[["order_id", "user_id", "order_number"]]
    return frame.astype({"order_number": np.int64}).astype({"order_number": "str"})


def _events(rows: Rows, orders: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    rows.require("order_id", "product_id")
    place = positions(rows.frame["order_id"], orders["order_id"])
    rows.check(place < 0, "order_id", "is not in orders.csv", "add the order, or remove the row")
    order = orders.iloc[place[place >= 0]]
    rows.frame = pd.DataFrame(
        {
            Columns.USER: order["user_id"].array,
            Columns.PRODUCT: rows.frame["product_id"].array,
            Columns.TYPE: "purchase",
            Columns.AT: order["order_number"].array,
        },
        index=rows.frame.index,
    )
    return event_table(rows, products)
