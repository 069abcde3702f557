"""Our own folder format: one file a table, as docs/folder-format.md describes it."""

from pathlib import Path

from .dataset import Columns, Dataset, by_time
from .errors import DataError
from .readers import SUFFIXES, read_rows
from .rows import BadRows
from .tables import (
    category_paths,
    event_table,
    link_table,
    product_tables,
    review_table,
    user_tables,
    with_users_of,
)

TABLES = ("products", "events", "users", "links", "categories", "reviews")


def table_file(folder: Path, table: str) -> Path | None:
    """The file that holds `table`, in whichever format; None where there is none.

    Raises:
        DataError: There are several.
    """
    found = [folder / f"{table}{suffix}" for suffix in SUFFIXES if (folder / f"{table}{suffix}").exists()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise DataError(f"{folder}: there are {names} for one table; keep one of them")
    return found[0] if found else None


def read_folder(folder: Path, bad: BadRows, *, name: str | None = None) -> Dataset:
    """The dataset in a folder of our own format.

    Args:
        folder: Holds `products.*` and whichever of the other `TABLES` the shop has.
        bad: What becomes of bad rows.
        name: Of the dataset; the folder's when absent.
    """
    files = {table: file for table in TABLES if (file := table_file(folder, table)) is not None}
    rows = {table: read_rows(file, bad) for table, file in files.items()}
    paths = category_paths(rows["categories"]) if "categories" in rows else None
    products, product_attributes = product_tables(rows["products"], paths)
    timed = "events" not in rows or Columns.AT in rows["events"]
    # taken out of `rows`, since millions of events as text and as numbers are too much at once
    events = by_time(event_table(rows.pop("events"), products)) if "events" in rows else None
    users, user_attributes = user_tables(rows["users"]) if "users" in rows else (None, None)
    reviews = review_table(rows["reviews"], products) if "reviews" in rows else None
    return Dataset.of(
        name or folder.resolve().name,
        products,
        events,
        users=with_users_of(users, events, reviews),
        product_attributes=product_attributes,
        user_attributes=user_attributes,
        links=link_table(rows["links"], products) if "links" in rows else None,
        reviews=reviews,
        timed=timed,
    )
