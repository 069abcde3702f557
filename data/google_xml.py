"""Google Merchant Center feeds as XML, item by item: RSS 2.0 and 1.0, Atom."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from lxml import etree

from .errors import DataError
from .feeds import AND
from .raw import open_raw, row_bar
from .rows import BadRows, Rows

NAMESPACE = "http://base.google.com/ns/1.0"

_G = f"{{{NAMESPACE}}}"
_PLAIN = {
    "id": "id", "title": "title", "description": "description", "summary": "description",
    "content": "description",
}  # fmt: skip
"""Elements of RSS and Atom themselves, by the field that they stand in for."""
_NESTED = {
    "product_detail": ("section_name", "attribute_name", "attribute_value"),
    "structured_title": ("digital_source_type", "content"),
    "structured_description": ("digital_source_type", "content"),
}
"""Fields with elements inside them, which text feeds write with colons between."""


def is_google_xml(start: bytes) -> bool:
    """Whether a file that starts like this is XML with Google's namespace, in whichever encoding."""
    text = start.replace(b"\0", b"")
    return b"<" in text[:16] and NAMESPACE.encode() in text


def read_google_xml(path: Path, bad: BadRows, names: Collection[str]) -> Rows:
    """The fields of every item, as text; several values of a field have `AND` between them.

    Items that say the same are read once. Only one item at a time is held as XML. Entities other than XML's
    own five are refused, and nothing outside of the file is looked at.

    Raises:
        DataError: The file is no whole XML document, has no items, or declares entities.
    """
    records: list[dict[str, str]] = []
    lines: list[int] = []
    with open_raw(path) as file, row_bar(path) as bar:
        for item in _items(path, file):
            records.append(_fields(item, names))
            lines.append(item.sourceline)
            bar.update(1)
    if not records:
        raise DataError(
            f"{path}: there is no product in it; give each one an <item> (RSS) or an <entry> (Atom)"
        )
    columns = dict.fromkeys(["id"]) | dict.fromkeys(name for record in records for name in record)
    frame = pd.DataFrame(
        {name: pd.Series([record.get(name, "") for record in records], dtype="str") for name in columns}
    )
    return Rows(path, frame.drop_duplicates(), bad, lines.__getitem__)


def _items(path: Path, file: Any) -> Iterator[Any]:
    """The elements of the items, each of them emptied when the next one is asked for."""
    parser = etree.iterparse(
        file, tag=("{*}item", "{*}entry"), resolve_entities=False, load_dtd=False, no_network=True,
        huge_tree=False, remove_comments=True,
    )  # fmt: skip
    try:
        for _, item in parser:
            declared = item.getroottree().docinfo.internalDTD
            if declared is not None and any(True for _ in declared.iterentities()):
                raise DataError(
                    f"{path}: the document type declares entities, which a feed must not; "
                    "write the characters themselves"
                )
            yield item
            item.clear()
            while item.getprevious() is not None:
                del item.getparent()[0]
    except etree.XMLSyntaxError as error:
        line, reason = next(((entry.line, entry.message) for entry in parser.error_log), (1, error.msg))
        raise DataError(
            f"{path}, line {line}: is not well-formed XML ({reason.strip().rstrip('.')}); "
            "export the feed again, or correct it there"
        ) from error


def _fields(item: Any, names: Collection[str]) -> dict[str, str]:
    fields: dict[str, list[str]] = {}
    plain: dict[str, str] = {}
    for element in item.iterchildren(tag=etree.Element):
        name = etree.QName(element)
        if name.namespace != NAMESPACE:
            field = _PLAIN.get(name.localname)
            if field and (text := _text(element)):
                plain.setdefault(field, text)
        elif name.localname in names:
            inside = _NESTED.get(name.localname)
            text = _text(element) if inside is None else _nested(element, inside)
            if text:
                fields.setdefault(name.localname, []).append(text)
    return plain | {name: AND.join(values) for name, values in fields.items()}


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _nested(element: Any, names: Collection[str]) -> str:
    texts = [(element.findtext(f"{_G}{name}") or "").strip() for name in names]
    return ":".join(texts) if any(texts) else ""
