"""H&M purchases: the files of the Kaggle competition, and a sample of them as two files."""

from pathlib import Path

import pandas as pd

from .dataset import Columns, Dataset
from .raw import find_raw, require_raw
from .readers import read_delimited, read_rows
from .rows import BadRows, Rows
from .sources import Source
from .stream import stream_delimited
from .tables import event_table, product_tables, user_tables, with_users_of

INTERACTIONS = "interactions.csv"
ITEMS = "items.jsonl"
TRANSACTIONS = "transactions_train.csv"
LEVELS = ("index_group_name", "product_group_name", "product_type_name")
"""The columns that make the category path; what is left over is an attribute."""

HM = Source(
    name="hm-kaggle",
    description="H&M Personalized Fashion Recommendations: two years of purchases to September 2020",
    licence="rules of the Kaggle competition 'H&M Personalized Fashion Recommendations'",
    is_folder=False,
    by_hand=True,
    address="https://www.kaggle.com/competitions/h-and-m-personalized-fashion-recommendations/data",
    files=("articles.csv", "customers.csv", TRANSACTIONS),
    counts="1,371,980 users, 105,542 products, 31,788,324 events",
)

_ITEM_NAMES = {"article_id": Columns.PRODUCT, "prod_name": Columns.TITLE, "detail_desc": Columns.DESCRIPTION}
_EVENT_NAMES = {"article_id": Columns.PRODUCT, "t_dat": Columns.AT, "price": Columns.VALUE}
_CODES = (
    "product_code", "product_type_no", "graphical_appearance_no", "colour_group_code",
    "perceived_colour_value_id", "perceived_colour_master_id", "department_no", "index_code",
    "index_group_no", "section_no", "garment_group_no",
)  # fmt: skip
"""Numbers of what other columns name."""
_ABOUT_USERS = ("club_member_status", "fashion_news_frequency", "age")


def is_hm(folder: Path) -> bool:
    """Whether the folder holds the competition's files."""
    return bool(find_raw(folder, TRANSACTIONS) and find_raw(folder, "articles.csv"))


def load_hm_kaggle(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with `articles.csv`, `customers.csv` and `transactions_train.csv`.

    `value` is the price as published, which the publisher scaled (about 1/590 of an euro amount). A
    customer's club status, news frequency and age are attributes; the hashed postal code is left out.
    """
    articles = read_delimited(require_raw(folder, "articles.csv"), bad)
    articles.drop(*_CODES)
    products, attributes = _products(articles)
    transactions = stream_delimited(require_raw(folder, TRANSACTIONS), bad)
    events = pd.concat(
        [_events(rows, products, user="customer_id") for rows in transactions], ignore_index=True
    )
    customers = _customers(require_raw(folder, "customers.csv"), bad)
    users, user_attributes = user_tables(customers)
    return Dataset.of(
        folder.resolve().name,
        products,
        events,
        users=with_users_of(users, events),
        product_attributes=attributes,
        user_attributes=user_attributes,
    )


def load_hm(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with `interactions.csv` and `items.jsonl`; `value` is the price as published.

    The publisher scaled it (about 1/590 of an euro amount): compare prices, but do not show them as money.
    """
    products, attributes = _products(read_rows(folder / ITEMS, bad))
    events = _events(read_rows(folder / INTERACTIONS, bad), products, user="user")
    return Dataset.of(folder.resolve().name, products, events, product_attributes=attributes)


def _products(items: Rows) -> tuple[pd.DataFrame, pd.DataFrame]:
    items.require(*LEVELS)
    paths = [list(filter(None, path)) for path in items.frame[list(LEVELS)].to_numpy(object)]
    items.drop(*LEVELS)
    items.rename(_ITEM_NAMES)
    items.rename({name: name.removesuffix("_name") for name in items.frame.columns})
    items.frame = items.frame.assign(**{Columns.CATEGORY: pd.Series(paths, items.frame.index, dtype=object)})
    return product_tables(items)


def _events(rows: Rows, products: pd.DataFrame, *, user: str) -> pd.DataFrame:
    rows.require(user, *_EVENT_NAMES)
    rows.drop("sales_channel_id")
    rows.rename({user: Columns.USER, **_EVENT_NAMES})
    rows.frame = rows.frame.assign(**{Columns.TYPE: "purchase"})
    return event_table(rows, products)


def _customers(path: Path, bad: BadRows) -> Rows:
    parts = []
    for rows in stream_delimited(path, bad):
        rows.require("customer_id", *_ABOUT_USERS)
        parts.append(rows.frame[["customer_id", *_ABOUT_USERS]])
    customers = Rows(path, pd.concat(parts), bad, int)
    customers.rename({"customer_id": Columns.USER})
    return customers
