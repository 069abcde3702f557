"""Olist: orders of Brazilian marketplaces from 2016 to 2018; categories, but no titles."""

from pathlib import Path

from .dataset import Columns, Dataset
from .raw import find_raw, require_raw
from .readers import read_delimited
from .rows import BadRows, Rows
from .sources import Source
from .tables import event_table, product_tables, user_tables, with_users_of

OLIST = Source(
    name="olist",
    description="Olist: orders of Brazilian marketplaces, 2016 to 2018; categories, no titles",
    licence="CC BY-NC-SA 4.0",
    is_folder=False,
    by_hand=True,
    address="https://www.kaggle.com/datasets/olistbr/brazilian-ecommerce",
    files=(
        "olist_orders_dataset.csv", "olist_order_items_dataset.csv", "olist_products_dataset.csv",
        "olist_customers_dataset.csv", "product_category_name_translation.csv",
    ),
    counts="99,441 orders and customer rows, 32,951 products, 112,650 items of orders",
)  # fmt: skip


def is_olist(folder: Path) -> bool:
    """Whether the folder holds the items of the orders."""
    return find_raw(folder, "olist_order_items_dataset.csv") is not None


def load_olist(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with the five files as published; one event is an item of an order.

    A customer is who `customer_unique_id` says: `customer_id` is another one in each order. `value` is the
    price in reais; orders that were cancelled later count. Products without a category (610 of them) are
    called `product ID`. City and state of the customer are attributes.
    """
    products, attributes = product_tables(_products(folder, bad))
    customers = _table(folder, "olist_customers_dataset.csv", bad, "customer_id", "customer_unique_id")
    customers.require("customer_city", "customer_state")
    customers.unique("customer_id")
    orders = _table(folder, "olist_orders_dataset.csv", bad, "order_id", "customer_id")
    orders.require("order_purchase_timestamp")
    orders.unique("order_id")
    person = customers.frame.set_index("customer_id")["customer_unique_id"]
    orders.members("customer_id", list(person.index), "is not in the customers file", "add it there")
    items = _table(folder, "olist_order_items_dataset.csv", bad, "order_id", "product_id")
    items.require("price")
    order = orders.frame.set_index("order_id")
    items.members("order_id", list(order.index), "is not in the orders file", "add it there")
    items.rename({"product_id": Columns.PRODUCT, "price": Columns.VALUE})
    items.frame = items.frame[["order_id", Columns.PRODUCT, Columns.VALUE]].assign(
        **{Columns.USER: items.frame["order_id"].map(order["customer_id"]).map(person)},
        **{Columns.AT: items.frame["order_id"].map(order["order_purchase_timestamp"])},
        **{Columns.TYPE: "purchase"},
    )
    items.drop("order_id")
    events = event_table(items, products)
    customers.rename({"customer_unique_id": Columns.USER, "customer_city": "city", "customer_state": "state"})
    customers.frame = customers.frame[[Columns.USER, "city", "state"]].drop_duplicates(Columns.USER)
    users, user_attributes = user_tables(customers)
    return Dataset.of(
        folder.resolve().name,
        products,
        events,
        users=with_users_of(users, events),
        product_attributes=attributes,
        user_attributes=user_attributes,
    )


def _table(folder: Path, name: str, bad: BadRows, *ids: str) -> Rows:
    rows = read_delimited(require_raw(folder, name), bad)
    for column in ids:
        rows.ids(column)
    return rows


def _products(folder: Path, bad: BadRows) -> Rows:
    """The products, with English categories where the translation has them."""
    rows = _table(folder, "olist_products_dataset.csv", bad, "product_id")
    rows.require("product_category_name")
    names = read_delimited(require_raw(folder, "product_category_name_translation.csv"), bad)
    names.require("product_category_name", "product_category_name_english")
    english = names.frame.set_index("product_category_name")["product_category_name_english"]
    given = rows.frame["product_category_name"]
    category = given.map(english).fillna(given).str.replace("_", " ", regex=False)
    title = ("product " + rows.frame["product_id"]).where(category == "", "")
    rows.drop(*(column for column in rows.frame.columns if column != "product_id"))
    rows.frame = rows.frame.assign(**{Columns.CATEGORY: category, Columns.TITLE: title})
    rows.rename({"product_id": Columns.PRODUCT})
    return rows
