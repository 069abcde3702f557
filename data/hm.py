"""The H&M sample: `interactions.csv` with real times, `items.jsonl` with a dozen facts a product."""

from pathlib import Path

import pandas as pd

from .dataset import Columns, Dataset
from .readers import read_rows
from .rows import BadRows
from .tables import event_table, product_tables

INTERACTIONS = "interactions.csv"
ITEMS = "items.jsonl"
LEVELS = ("index_group_name", "product_group_name", "product_type_name")
"""The columns that make the category path; what is left over is an attribute."""

_ITEM_NAMES = {"article_id": Columns.PRODUCT, "prod_name": Columns.TITLE, "detail_desc": Columns.DESCRIPTION}
_EVENT_NAMES = {
    "user": Columns.USER,
    "article_id": Columns.PRODUCT,
    "t_dat": Columns.AT,
    "price": Columns.VALUE,
}


def load_hm(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with `interactions.csv` and `items.jsonl`; `value` is the price as published.

    The publisher scaled it (about 1/590 of an euro amount): compare prices, but do not show them as money.
    """
    items = read_rows(folder / ITEMS, bad)
    items.require(*LEVELS)
    paths = [list(filter(None, path)) for path in items.frame[list(LEVELS)].to_numpy(object)]
    items.drop(*LEVELS)
    items.rename(_ITEM_NAMES)
    items.rename({name: name.removesuffix("_name") for name in items.frame.columns})
    items.frame = items.frame.assign(**{Columns.CATEGORY: pd.Series(paths, items.frame.index, dtype=object)})
    products, attributes = product_tables(items)
    interactions = read_rows(folder / INTERACTIONS, bad)
    interactions.require(*_EVENT_NAMES)
    interactions.drop("sales_channel_id")
    interactions.rename(_EVENT_NAMES)
    return Dataset.of(
        folder.resolve().name, products, event_table(interactions, products), product_attributes=attributes
    )
