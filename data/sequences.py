"""The layout of S3-Rec and its successors: `sequences.txt`, `items.jsonl`, and link files."""

from pathlib import Path

import numpy as np
import pandas as pd

from .dataset import LINK_TYPES, Columns, Dataset
from .readers import read_delimited, read_rows, read_text
from .rows import BadRows, Rejected, Rows
from .tables import event_table, link_table, product_tables

SEQUENCES = "sequences.txt"
ITEMS = "items.jsonl"

_NAMES = {
    "item_id": Columns.PRODUCT,
    "pseudo_title": Columns.TITLE,
    "categories": Columns.CATEGORY,
    "attributes": "attribute",
}
_NO_BRAND = "Unknown"


def load_sequences(folder: Path, bad: BadRows, *, links: bool = False) -> Dataset:
    """The dataset of a folder with `sequences.txt` and `items.jsonl`; it has an order, but no times.

    Args:
        folder: `sequences.txt` holds one user a line, `user item item …`, oldest first; `items.jsonl` one
            product a line, with `item_id`, `title` or `pseudo_title`, `brand`, `categories` (a path) and
            `attributes`.
        bad: What becomes of bad rows.
        links: Whether to read `also_bought.tsv` and so on (`item<TAB>item`). The shop derived them from
            purchases, some of them later than the events here, so they leak.
    """
    items = read_rows(folder / ITEMS, bad)
    items.rename(_NAMES)
    items.drop("asin")
    if Columns.BRAND in items:
        brand = items.frame[Columns.BRAND]
        items.frame = items.frame.assign(**{Columns.BRAND: brand.where(brand != _NO_BRAND, "")})
    products, attributes = product_tables(items)
    sequences = _sequences(folder / SEQUENCES, bad)
    positions = sequences.frame.groupby(Columns.USER, sort=False).cumcount()
    events = event_table(sequences, products)
    return Dataset.of(
        folder.resolve().name,
        products,
        events.assign(**{Columns.AT: positions.loc[sequences.frame.index].to_numpy(np.int64)}),
        product_attributes=attributes,
        links=_links(folder, bad, products) if links else None,
        timed=False,
    )


def _sequences(path: Path, bad: BadRows) -> Rows:
    """One row an event, from lines of a user and their products."""
    users: list[str] = []
    items: list[list[str]] = []
    numbers: list[int] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        user, *products = line.split() or [""]
        if products:
            users.append(user)
            items.append(products)
            numbers.append(number)
        elif user:
            bad.add(Rejected(str(path), number, "", f"{user!r} has no product; give user item item …", line))
    per_user = Rows(
        path, pd.DataFrame({Columns.USER: pd.Series(users, dtype="str")}), bad, numbers.__getitem__
    )
    per_user.unique(Columns.USER)
    kept = per_user.frame.index.to_numpy()
    lengths = [len(items[i]) for i in kept]
    lines = np.repeat(np.array(numbers)[kept], lengths)
    frame = pd.DataFrame(
        {
            Columns.USER: per_user.frame[Columns.USER].repeat(lengths).reset_index(drop=True),
            Columns.PRODUCT: pd.Series([item for i in kept for item in items[i]], dtype="str"),
        }
    )
    return Rows(path, frame, bad, lambda record: int(lines[record]))


def _links(folder: Path, bad: BadRows, products: pd.DataFrame) -> pd.DataFrame | None:
    tables = []
    for link_type in LINK_TYPES:
        path = folder / f"{link_type}.tsv"
        if path.exists():
            rows = read_delimited(path, bad, delimiter="\t", columns=(Columns.SOURCE, Columns.TARGET))
            rows.frame = rows.frame.assign(**{Columns.TYPE: link_type})
            tables.append(link_table(rows, products))
    return pd.concat(tables, ignore_index=True) if tables else None
