"""A heterogeneous network with ids only: `user_item.dat` and what the items point to."""

from pathlib import Path

import pandas as pd

from .dataset import Columns, Dataset
from .readers import read_delimited
from .rows import BadRows
from .tables import event_table

RATINGS = "user_item.dat"

_FACTS = ("brand", "category", "view")
_RATING = (Columns.USER, Columns.PRODUCT, Columns.VALUE, Columns.AT)


def load_hin(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with `user_item.dat` (`user item rating seconds`) and `item_*.dat` (`item,id`).

    There is no text, so a brand is called `brand 3`, and a product without any fact `product 17`. Categories,
    of which a product may have several without an order, and views are attributes.
    """
    facts = {name: _facts(folder / f"item_{name}.dat", bad) for name in _FACTS}
    ratings = read_delimited(folder / RATINGS, bad, delimiter="\t", columns=_RATING)
    ids = pd.concat([*(table[Columns.PRODUCT] for table in facts.values()), ratings.frame[Columns.PRODUCT]])
    products = pd.DataFrame({Columns.PRODUCT: ids[ids != ""].drop_duplicates(ignore_index=True)})
    brands = facts["brand"].drop_duplicates(Columns.PRODUCT).set_index(Columns.PRODUCT)[Columns.VALUE]
    brand = products[Columns.PRODUCT].map("brand " + brands).fillna("")
    attributes = pd.concat(
        [facts[name].assign(**{Columns.KEY: name}) for name in ("category", "view")], ignore_index=True
    )
    bare = (brand == "") & ~products[Columns.PRODUCT].isin(attributes[Columns.PRODUCT])
    title = ("product " + products[Columns.PRODUCT]).where(bare, "")
    products = products.assign(**{Columns.BRAND: brand, Columns.TITLE: title})
    ratings.frame = ratings.frame.assign(**{Columns.TYPE: "rating"})
    return Dataset.of(
        folder.resolve().name, products, event_table(ratings, products), product_attributes=attributes
    )


def _facts(path: Path, bad: BadRows) -> pd.DataFrame:
    """The distinct `(product, id)` pairs of a file."""
    rows = read_delimited(path, bad, columns=(Columns.PRODUCT, Columns.VALUE))
    rows.ids(Columns.PRODUCT)
    rows.ids(Columns.VALUE)
    return rows.frame.drop_duplicates(ignore_index=True)
