"""Amazon Reviews as published in 2014, 2018 and 2023: reviews and metadata, gzipped, one object a line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from .amazon_metadata import read_metadata
from .dataset import Columns, Dataset, IntArray
from .errors import DataError
from .json_lines import stream_json
from .plain_text import plain_texts
from .raw import first_line
from .readers import as_text
from .rows import BadRows, Rows
from .tables import event_table, under_titles, with_products_of

_SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


@dataclass(frozen=True)
class _Reviews:
    """How one generation of review files names what makes an event."""

    user: str
    product: str
    value: str
    at: str
    texts: tuple[str, str]
    """The title and the text of the review."""
    per_second: int


_OLD = _Reviews("reviewerID", "asin", "overall", "unixReviewTime", ("summary", "reviewText"), per_second=1)
_NEW = _Reviews("user_id", "parent_asin", "rating", "timestamp", ("title", "text"), per_second=1000)


def is_amazon(folder: Path) -> bool:
    """Whether the folder holds `meta_CATEGORY.json.gz` or the like."""
    return bool(_named(folder, "meta_"))


def load_amazon(folder: Path, bad: BadRows, *, links: bool = False, reviews: bool = False) -> Dataset:
    """The dataset of a folder with the reviews and the metadata of one category; events are ratings.

    Reviews name products that the metadata lack: those are called `product ID`. Metadata name some products
    twice: the first counts. Titles and descriptions lose their HTML; a price that is no single number (a
    range, say) is missing. Products of the metadata without a review stay; `k_core` removes them.

    Args:
        folder: `reviews_C_5.json.gz` (2014), `C_5.json.gz` (2018) or `C.jsonl.gz` (2023), the 5-core or all,
            and `meta_C.json.gz` or `meta_C.jsonl.gz`. The year is told by the fields.
        bad: What becomes of bad rows.
        links: Whether to read what the shop shows beside a product (also bought, also viewed, bought
            together), where both are in the metadata. It derived that from the very events here: it leaks.
        reviews: Whether to read what users wrote, title and text one above the other.
    """
    meta = _named(folder, "meta_")
    metadata = _only(folder, meta, "metadata (meta_CATEGORY.json.gz)")
    others = [path for path in _named(folder, "") if path not in meta]
    source = _only(folder, others, "reviews (CATEGORY_5.json.gz)")
    products, attributes, shown_beside = read_metadata(metadata, bad, links=links)
    blocks = list(_events(source, bad, reviews=reviews))
    events = pd.concat([events for events, _ in blocks], ignore_index=True)
    written = pd.concat([texts for _, texts in blocks], ignore_index=True) if reviews else None
    return Dataset.of(
        folder.resolve().name,
        with_products_of(events, products),
        events,
        product_attributes=attributes,
        links=shown_beside,
        reviews=written,
    )


def _named(folder: Path, prefix: str) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.name.startswith(prefix) and path.name.endswith(_SUFFIXES)
    )


def _only(folder: Path, found: list[Path], what: str) -> Path:
    if len(found) != 1:
        names = " and ".join(path.name for path in found) or "none"
        raise DataError(f"{folder}: there must be one file of {what}, found {names}; keep one category here")
    return found[0]


def _events(path: Path, bad: BadRows, *, reviews: bool) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """The events of each block, and the reviews that have words, if they are asked for."""
    fields = _OLD if b"reviewerID" in first_line(path) else _NEW
    names = {
        fields.user: (Columns.USER, pa.string()),
        fields.product: (Columns.PRODUCT, pa.string()),
        fields.at: (Columns.AT, pa.float64()),
        fields.value: (Columns.VALUE, pa.float64()),
    }
    schema = pa.schema([(name, kind) for name, (_, kind) in names.items()])
    if reviews:
        for name in fields.texts:
            schema = schema.append(pa.field(name, pa.string()))
    for table, lines in stream_json(path, bad, schema):
        frame = _frame(table, lines)
        rows = Rows(path, frame[list(names)], bad, int)
        rows.rename({name: column for name, (column, _) in names.items()})
        rows.frame = rows.frame.assign(**{Columns.TYPE: "rating"})
        events = event_table(rows, None, per_second=fields.per_second)
        yield events, _written(events, frame.loc[rows.frame.index], fields) if reviews else events.iloc[:0]


def _written(events: pd.DataFrame, frame: pd.DataFrame, fields: _Reviews) -> pd.DataFrame:
    """The reviews among the events that have words, with these."""
    texts = under_titles(*(plain_texts(frame[name]) for name in fields.texts))
    told = events.rename(columns={Columns.VALUE: Columns.RATING}).assign(**{Columns.TEXT: texts})
    return told.loc[told[Columns.TEXT] != "", list(Columns.REVIEWS)]


def _frame(table: pa.Table, lines: IntArray) -> pd.DataFrame:
    return pd.DataFrame({name: as_text(table[name]).to_pandas() for name in table.column_names}).set_index(
        lines
    )
