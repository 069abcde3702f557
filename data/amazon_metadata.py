"""The product metadata of Amazon Reviews: three publications, each with names and shapes of its own."""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .dataset import Columns
from .json_lines import stream_json
from .lookup import positions
from .plain_text import plain_texts
from .raw import first_line
from .readers import as_text
from .rows import BadRows, Rows
from .tables import product_tables

DETAILS = ("Color", "Material", "Style", "Pattern", "Theme", "Item Form", "Scent", "Flavor")
"""The details of 2023 that become attributes; others are sizes, codes, or (sales ranks) know the future."""

_TEXT = pa.string()
_TEXTS = pa.list_(_TEXT)


@dataclass(frozen=True)
class _Publication:
    """What one year's metadata look like."""

    asin: str
    """The field with the product's id."""
    schema: pa.Schema
    """The fields that are read."""
    links: Mapping[str, str]
    """Fields that name products shown beside one, and the type of link that each is."""
    frame: Callable[[pa.Table], pd.DataFrame]
    """The product columns, and attributes, of a block."""
    links_in: str = ""
    """The field that those with links are part of."""


def read_metadata(
    path: Path, bad: BadRows, *, links: bool
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """The products, their attributes and, where asked for, the links between them."""
    published = _publication(first_line(path))
    schema = published.schema
    if links:
        fields = [pa.field(name, _TEXTS) for name in published.links]
        for field in [pa.field(published.links_in, pa.struct(fields))] if published.links_in else fields:
            schema = schema.append(field)
    frames, targets = [], []
    for table, lines in stream_json(path, bad, schema, lenient=("price", "images", "details", "related")):
        frame = published.frame(table)
        if links:
            targets.append(_targets(table, published, frame[Columns.PRODUCT]))
        frames.append(frame.set_index(lines))
    frame = pd.concat(frames)
    again = frame[Columns.PRODUCT].duplicated() & (frame[Columns.PRODUCT] != "")
    named = _titled(frame[~again]).rename(columns={Columns.PRODUCT: published.asin})
    rows = Rows(path, named, bad, int)
    rows.rename({published.asin: Columns.PRODUCT})
    products, attributes = product_tables(rows)
    return products, attributes, _known(pd.concat(targets, ignore_index=True), products) if links else None


def _publication(line: bytes) -> _Publication:
    """Whose metadata start with this line."""
    if b"parent_asin" in line:
        return _2023
    return _2018 if any(name in line for name in (b"also_buy", b"imageURL", b'"category"')) else _2014


def _frame_2014(table: pa.Table) -> pd.DataFrame:
    several = table["categories"].to_pylist()
    return _frame(
        table, "asin", brand=_text(table["brand"]), image=_text(table["imUrl"]),
        description=_joined(table["description"]), paths=[paths[0] if paths else None for paths in several],
    )  # fmt: skip


def _frame_2018(table: pa.Table) -> pd.DataFrame:
    image = _first(table["imageURL"])
    return _frame(
        table, "asin", brand=_text(table["brand"]).str.replace(r"^by\s*\n", "", regex=True),
        image=image.where(image != "", _first(table["image"])),
        description=_joined(table["description"]), paths=table["category"].to_pylist(),
    )  # fmt: skip


def _frame_2023(table: pa.Table) -> pd.DataFrame:
    brand, description = _text(table["store"]), _joined(table["description"])
    categories, main = table["categories"].to_pylist(), table["main_category"].to_pylist()
    images = table["images"].combine_chunks()
    large = pa.ListArray.from_arrays(images.offsets, images.values.field("large"))
    frame = _frame(
        table, "parent_asin",
        brand=brand.where(brand != "", _text(pc.struct_field(table["details"], "Brand"))),
        image=_first(pa.chunked_array([large])),
        description=description.where(description != "", _joined(table["features"])),
        paths=[path or [name] for path, name in zip(categories, main, strict=True)],
    )  # fmt: skip
    facts = {name.lower(): _text(pc.struct_field(table["details"], name)) for name in DETAILS}
    return frame.assign(**facts)


_2014 = _Publication(
    "asin",
    pa.schema(
        [("asin", _TEXT), ("title", _TEXT), ("description", _TEXTS), ("brand", _TEXT), ("price", _TEXT),
         ("categories", pa.list_(_TEXTS)), ("imUrl", _TEXT)]
    ),
    {"also_bought": "also_bought", "also_viewed": "also_viewed", "bought_together": "bought_together"},
    _frame_2014,
    links_in="related",
)  # fmt: skip
_2018 = _Publication(
    "asin",
    pa.schema(
        [("asin", _TEXT), ("title", _TEXT), ("description", _TEXTS), ("brand", _TEXT), ("price", _TEXT),
         ("category", _TEXTS), ("imageURL", _TEXTS), ("image", _TEXTS)]
    ),
    {"also_buy": "also_bought", "also_view": "also_viewed"},
    _frame_2018,
)  # fmt: skip
_2023 = _Publication(
    "parent_asin",
    pa.schema(
        [("parent_asin", _TEXT), ("title", _TEXT), ("description", _TEXTS), ("features", _TEXTS),
         ("store", _TEXT), ("price", pa.float64()), ("main_category", _TEXT), ("categories", _TEXTS),
         ("images", pa.list_(pa.struct([("large", _TEXT)]))),
         ("details", pa.struct([(name, _TEXT) for name in ("Brand", *DETAILS)]))]
    ),
    {"bought_together": "bought_together"},
    _frame_2023,
)  # fmt: skip


def _frame(
    table: pa.Table,
    asin: str,
    *,
    brand: pd.Series,
    image: pd.Series,
    description: pd.Series,
    paths: list[list[str | None] | None],
) -> pd.DataFrame:
    price = _text(table["price"]).str.replace(",", "", regex=False).str.removeprefix("$")
    return pd.DataFrame(
        {
            Columns.PRODUCT: _text(table[asin]),
            Columns.TITLE: plain_texts(_text(table["title"])),
            Columns.DESCRIPTION: plain_texts(description),
            Columns.BRAND: plain_texts(brand),
            Columns.CATEGORY: pd.Series([_path(path) for path in paths], dtype=object),
            Columns.PRICE: price.where(price.str.fullmatch(r"\d+(\.\d+)?"), ""),
            Columns.IMAGE: image,
        }
    )


def _text(column: pa.ChunkedArray) -> pd.Series:
    return pd.Series(as_text(column).to_pandas())


def _joined(column: pa.ChunkedArray) -> pd.Series:
    return _text(pc.binary_join(column, " "))


def _first(column: pa.ChunkedArray) -> pd.Series:
    """The first text of each list, `""` where there is none."""
    return _joined(pc.list_slice(column, 0, 1))


def _path(names: list[str | None] | None) -> list[str]:
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
    bare = pd.Series(True, index=frame.index)
    for column in frame.columns.difference([Columns.PRODUCT, Columns.PRICE, Columns.IMAGE]):
        bare &= frame[column].map(len) == 0
    title = frame[Columns.TITLE].where(~bare, "product " + frame[Columns.PRODUCT])
    return frame.assign(**{Columns.TITLE: title})


def _targets(table: pa.Table, published: _Publication, sources: pd.Series) -> pd.DataFrame:
    """One row `(source, target, type)` for each product shown beside another."""
    parts = []
    for name, link_type in published.links.items():
        within = table[published.links_in] if published.links_in else None
        column = table[name] if within is None else pc.struct_field(within, name)
        part = pd.DataFrame({Columns.SOURCE: sources.to_numpy(), Columns.TARGET: column.to_pylist()})
        parts.append(part.explode(Columns.TARGET).dropna().assign(**{Columns.TYPE: link_type}))
    return pd.concat(parts, ignore_index=True)


def _known(links: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """The links whose two ends are different products that are known, each once."""
    ids = products[Columns.PRODUCT]
    source, target = (positions(links[end], ids) for end in (Columns.SOURCE, Columns.TARGET))
    inside = pd.Series((source >= 0) & (target >= 0) & (source != target), links.index)
    return links[inside].drop_duplicates(ignore_index=True)
