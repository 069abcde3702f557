"""Amazon Reviews as published in 2014, 2018 and 2023: reviews and metadata, gzipped, one object a line."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .dataset import Columns, Dataset, IntArray
from .errors import DataError
from .lookup import positions
from .raw import open_raw
from .readers import as_text
from .rows import BadRows, Rows
from .stream import stream_json
from .tables import event_table, product_tables, with_products_of

DETAILS = ("Color", "Material", "Style", "Pattern", "Theme", "Item Form", "Scent", "Flavor")
"""The details of 2023 that become attributes; others are sizes, codes, or (sales ranks) know the future."""

_TEXT = pa.string()
_TEXTS = pa.list_(_TEXT)
_SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


@dataclass(frozen=True)
class _Reviews:
    """How one generation of review files names what makes an event."""

    user: str
    product: str
    value: str
    at: str
    per_second: int


_OLD = _Reviews("reviewerID", "asin", "overall", "unixReviewTime", per_second=1)
_NEW = _Reviews("user_id", "parent_asin", "rating", "timestamp", per_second=1000)


def is_amazon(folder: Path) -> bool:
    """Whether the folder holds `meta_CATEGORY.json.gz` or the like."""
    return bool(_named(folder, "meta_"))


def load_amazon(folder: Path, bad: BadRows, *, links: bool = False) -> Dataset:
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
    """
    metadata = _only(folder, _named(folder, "meta_"), "metadata (meta_CATEGORY.json.gz)")
    reviews = _only(
        folder, [path for path in _named(folder, "") if path not in _named(folder, "meta_")],
        "reviews (CATEGORY_5.json.gz)",
    )  # fmt: skip
    products, attributes, shown_beside = _metadata(metadata, bad, links)
    events = pd.concat(_events(reviews, bad), ignore_index=True)
    return Dataset.of(
        folder.resolve().name,
        with_products_of(events, products),
        events,
        product_attributes=attributes,
        links=shown_beside,
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


def _first_line(path: Path) -> bytes:
    with open_raw(path) as file:
        return file.readline()


def _events(path: Path, bad: BadRows) -> Iterator[pd.DataFrame]:
    fields = _OLD if b"reviewerID" in _first_line(path) else _NEW
    names = {
        fields.user: (Columns.USER, _TEXT),
        fields.product: (Columns.PRODUCT, _TEXT),
        fields.at: (Columns.AT, pa.float64()),
        fields.value: (Columns.VALUE, pa.float64()),
    }
    schema = pa.schema([(name, kind) for name, (_, kind) in names.items()])
    for table, lines in stream_json(path, bad, schema):
        rows = Rows(path, _frame(table, lines), bad, int)
        rows.rename({name: column for name, (column, _) in names.items()})
        rows.frame = rows.frame.assign(**{Columns.TYPE: "rating"})
        yield event_table(rows, None, per_second=fields.per_second)


def _frame(table: pa.Table, lines: IntArray) -> pd.DataFrame:
    return pd.DataFrame({name: as_text(table[name]).to_pandas() for name in table.column_names}).set_index(
        lines
    )


_2014 = pa.schema(
    [("asin", _TEXT), ("title", _TEXT), ("description", _TEXTS), ("brand", _TEXT), ("price", _TEXT),
     ("categories", pa.list_(_TEXTS)), ("imUrl", _TEXT)]
)  # fmt: skip
_2018 = pa.schema(
    [("asin", _TEXT), ("title", _TEXT), ("description", _TEXTS), ("brand", _TEXT), ("price", _TEXT),
     ("category", _TEXTS), ("imageURL", _TEXTS), ("image", _TEXTS)]
)  # fmt: skip
_2023 = pa.schema(
    [("parent_asin", _TEXT), ("title", _TEXT), ("description", _TEXTS), ("features", _TEXTS),
     ("store", _TEXT), ("price", pa.float64()), ("main_category", _TEXT), ("categories", _TEXTS),
     ("images", pa.list_(pa.struct([("large", _TEXT)]))),
     ("details", pa.struct([(name, _TEXT) for name in ("Brand", *DETAILS)]))]
)  # fmt: skip
_LINKS = {
    "also_bought": "also_bought", "also_viewed": "also_viewed", "bought_together": "bought_together",
    "also_buy": "also_bought", "also_view": "also_viewed",
}  # fmt: skip
"""The shops' names for links (2014 within `related`, 2018, 2023), and ours."""


def _metadata(
    path: Path, bad: BadRows, links: bool
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """The products, their attributes and, where asked for, links between them."""
    first = _first_line(path)
    is_2023 = b"parent_asin" in first
    is_2014 = not is_2023 and not any(name in first for name in (b"also_buy", b"imageURL", b'"category"'))
    schema = _2023 if is_2023 else _2014 if is_2014 else _2018
    if links:
        beside = pa.field("related", pa.struct([(name, _TEXTS) for name in list(_LINKS)[:3]]))
        schema = schema.append(beside) if is_2014 else schema
        for name in () if is_2014 else ("bought_together",) if is_2023 else ("also_buy", "also_view"):
            schema = schema.append(pa.field(name, _TEXTS))
    frames, targets = [], []
    for table, lines in stream_json(path, bad, schema, lenient=("price", "images")):
        frame = _product_frame(table, lines, is_2014=is_2014, is_2023=is_2023)
        frames.append(frame)
        if links:
            targets.append(_targets(table, frame[Columns.PRODUCT]))
    frame = pd.concat(frames)
    again = frame[Columns.PRODUCT].duplicated() & (frame[Columns.PRODUCT] != "")
    asin = "parent_asin" if is_2023 else "asin"
    rows = Rows(path, _titled(frame[~again]).rename(columns={Columns.PRODUCT: asin}), bad, int)
    rows.rename({asin: Columns.PRODUCT})
    products, attributes = product_tables(rows)
    return products, attributes, _known(pd.concat(targets, ignore_index=True), products) if links else None


def _product_frame(table: pa.Table, lines: IntArray, *, is_2014: bool, is_2023: bool) -> pd.DataFrame:
    brand = _text(table["store"] if is_2023 else table["brand"])
    description = _joined(table["description"], " ")
    if is_2014:
        paths = [lists[0] if lists else [] for lists in table["categories"].to_pylist()]
        image = _text(table["imUrl"])
    elif is_2023:
        main = table["main_category"].to_pylist()
        paths = [
            path or [name or ""] for path, name in zip(table["categories"].to_pylist(), main, strict=True)
        ]
        description = description.where(description != "", _joined(table["features"], " "))
        image = _first(_field(table["images"], "large"))
        details = pc.struct_field(table["details"], "Brand")
        brand = brand.where(brand != "", _text(details))
    else:
        paths = table["category"].to_pylist()
        image = _first(table["imageURL"])
        image = image.where(image != "", _first(table["image"]))
    price = _text(table["price"]).str.replace(",", "", regex=False).str.removeprefix("$")
    frame = pd.DataFrame(
        {
            Columns.PRODUCT: _text(table["parent_asin" if is_2023 else "asin"]),
            Columns.TITLE: _plain(_text(table["title"])),
            Columns.DESCRIPTION: _plain(description),
            Columns.BRAND: _plain(brand.str.replace(r"^by\s*\n", "", regex=True)),
            Columns.CATEGORY: pd.Series([_path(path) for path in paths], dtype=object),
            Columns.PRICE: price.where(price.str.fullmatch(r"\d+(\.\d+)?"), ""),
            Columns.IMAGE: image,
        }
    )
    for name in DETAILS if is_2023 else ():
        frame[name.lower()] = _text(pc.struct_field(table["details"], name))
    return frame.set_index(lines)


def _text(column: pa.ChunkedArray) -> pd.Series:
    return pd.Series(as_text(column).to_pandas())


def _joined(column: pa.ChunkedArray, between: str) -> pd.Series:
    return _text(pc.binary_join(column, between))


def _first(column: pa.ChunkedArray) -> pd.Series:
    """The first text of each list, `""` where there is none."""
    return _joined(pc.list_slice(column, 0, 1), "")


def _field(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """A field of the structs in each list, as a list."""
    lists = column.combine_chunks()
    return pa.chunked_array([pa.ListArray.from_arrays(lists.offsets, lists.values.field(name))])


def _plain(texts: pd.Series) -> pd.Series:
    """`texts` without HTML tags, with entities resolved, in one line.

    >>> _plain(pd.Series(["<b>Tea &amp; cup</b>", "a<br />  b"], dtype="str")).tolist()
    ['Tea & cup', 'a b']
    """
    texts = texts.str.replace(r"<[^<>]*>", " ", regex=True)
    coded = texts.str.contains("&", regex=False)
    if coded.any():
        texts = texts.where(~coded, texts[coded].map(html.unescape).reindex(texts.index))
    return texts.str.replace(r"\s+", " ", regex=True).str.strip()


def _path(names: list[str] | None) -> list[str]:
    """A category path, each level once, up to where HTML or a sentence begins (in 2018 bullet points follow).

    >>> _path(["Gift Cards", "Gift Cards", "Books &amp; Music", "</span></span>"])
    ['Gift Cards', 'Books & Music']
    >>> _path(["Gift Cards", "Gift Cards", "No expiration, no fees."])
    ['Gift Cards']
    """
    path: list[str] = []
    for name in names or ():
        if name is None or "<" in name or name.rstrip().endswith("."):
            break
        readable = html.unescape(name).strip()
        if readable and readable not in path[-1:]:
            path.append(readable)
    return path


def _titled(frame: pd.DataFrame) -> pd.DataFrame:
    """Products of which nothing is known but the id are called by it."""
    facts = [column for column in frame if column not in (Columns.PRODUCT, Columns.PRICE, Columns.IMAGE)]
    bare = pd.Series(True, index=frame.index)
    for column in facts:
        bare &= frame[column].map(len) == 0
    title = frame[Columns.TITLE].where(~bare, "product " + frame[Columns.PRODUCT])
    return frame.assign(**{Columns.TITLE: title})


def _targets(table: pa.Table, sources: pd.Series) -> pd.DataFrame:
    """One row `(source, target, type)` for each product shown beside another."""
    parts = []
    for name, link_type in _LINKS.items():
        if "related" in table.column_names and name in list(_LINKS)[:3]:
            column = pc.struct_field(table["related"], name)
        elif name in table.column_names:
            column = table[name]
        else:
            continue
        part = pd.DataFrame({Columns.SOURCE: sources.to_numpy(), Columns.TARGET: column.to_pylist()})
        parts.append(part.explode(Columns.TARGET).dropna().assign(**{Columns.TYPE: link_type}))
    return pd.concat(parts, ignore_index=True)


def _known(links: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """The links whose two ends are different products that are known, each once."""
    ids = products[Columns.PRODUCT]
    source, target = (positions(links[end], ids) for end in (Columns.SOURCE, Columns.TARGET))
    inside = pd.Series((source >= 0) & (target >= 0) & (source != target), links.index)
    return links[inside].drop_duplicates(ignore_index=True)
