"""What happens while the shop is open: events and products that come in one by one."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..data import EVENT_TYPES, Columns, DataError, Dataset
from ..kg.schema import category_id
from .results import Product

c = Columns

LAST_SECOND = 7_258_118_400
"""The year 2200, as in `docs/folder-format.md`."""


@dataclass(frozen=True)
class Event:
    """Something that a user does. The same event given twice counts once, so it can be sent again."""

    user_id: str
    product_id: str
    type: str = "view"
    """One of `EVENT_TYPES`."""
    at: int | None = None
    """Seconds since epoch, UTC; now when absent."""
    value: float | None = None
    """A rating, an amount, a quantity."""

    def __post_init__(self) -> None:
        if not self.user_id or not self.product_id:
            raise DataError("an event has an empty user_id or product_id; give both")
        if self.type not in EVENT_TYPES:
            types = ", ".join(EVENT_TYPES)
            raise DataError(f"an event has the type {self.type!r}; it must be one of {types}")
        if self.at is not None and not 0 <= self.at < LAST_SECOND:
            raise DataError(f"an event is at {self.at}; give seconds since 1970, before the year 2200")
        if self.value is not None and not math.isfinite(self.value):
            raise DataError(f"an event has the value {self.value}; give a finite number")


@dataclass(frozen=True)
class NewProduct:
    """A product that comes into the shop, or one that is there with another title, text, price or stock."""

    product_id: str
    title: str = ""
    description: str = ""
    brand: str = ""
    category: Sequence[str] = ()
    """From the root to the leaf."""
    price: float | None = None
    image_url: str = ""
    stock: float | None = None
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Values by key."""

    def __post_init__(self) -> None:
        if not self.product_id:
            raise DataError("a product has an empty product_id; every product needs one")
        if isinstance(self.category, str):
            raise DataError(f"product {self.product_id!r} has a text as category; give a list of steps")
        if not any((self.title, self.description, self.brand, self.category, self.attributes)):
            raise DataError(
                f"product {self.product_id!r} has no text; "
                "give it a title, description, brand, category or attribute"
            )
        for name in ("price", "stock"):
            number = getattr(self, name)
            if number is not None and not 0 <= number < math.inf:
                raise DataError(f"product {self.product_id!r} has the {name} {number}; give 0 or more")

    def to_product(self) -> Product:
        """The same as the catalogue keeps it."""
        return Product(
            self.product_id,
            self.title,
            self.description,
            self.brand,
            category_id(tuple(self.category)),
            self.price,
            self.image_url,
            self.stock,
            {key: tuple(dict.fromkeys(values)) for key, values in self.attributes.items() if values},
        )


def event_frame(events: Sequence[Event]) -> pd.DataFrame:
    """The events as a table of `Columns.EVENTS`."""
    now = int(time.time())
    rows = [
        (event.user_id, event.product_id, event.type, now if event.at is None else event.at, event.value)
        for event in events
    ]
    return pd.DataFrame(rows, columns=list(c.EVENTS)).astype({c.AT: np.int64, c.VALUE: np.float64})


def product_dataset(products: Sequence[NewProduct]) -> Dataset:
    """The products as a dataset without events.

    Raises:
        DataError: A product is given twice.
    """
    table = pd.DataFrame(
        {
            c.PRODUCT: [product.product_id for product in products],
            c.TITLE: [product.title for product in products],
            c.DESCRIPTION: [product.description for product in products],
            c.BRAND: [product.brand for product in products],
            c.CATEGORY: pd.Series([tuple(product.category) for product in products], dtype=object),
            c.PRICE: [product.price for product in products],
            c.IMAGE: [product.image_url for product in products],
            c.STOCK: [product.stock for product in products],
        }
    )
    attributes = pd.DataFrame(
        [
            (product.product_id, key, value)
            for product in products
            for key, values in product.to_product().attributes.items()
            for value in values
        ],
        columns=list(c.PRODUCT_ATTRIBUTES),
    )
    return Dataset.of("new products", table, product_attributes=attributes)


def check_same_facts(there: Product, given: Product) -> None:
    """Refuse a product with other facts than it has.

    Raises:
        DataError: Brand, category or attributes differ.
    """
    for name in ("brand", "category", "attributes"):
        old, new = getattr(there, name), getattr(given, name)
        if name == "attributes":
            old, new = ({key: set(values) for key, values in facts.items()} for facts in (old, new))
        if old != new:
            raise DataError(
                f"product {given.product_id!r} has the {name} {old!r}, not {new!r}; what is learned changes "
                "with `cartograph load` and `cartograph train`"
            )
