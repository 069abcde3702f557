"""JSON lines of any size, a block at a time, as Arrow tables of the fields that are wanted."""

import ast
import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.json

from . import raw
from .dataset import IntArray
from .errors import DataError
from .raw import open_raw, row_bar
from .readers import json_text
from .rows import BadRows, Rejected, shown

_FEW = 1000
"""Lines that are worth parsing one by one to find the one that is bad."""

_Parse = Callable[[str], object]


def stream_json(
    path: Path, bad: BadRows, schema: pa.Schema, *, lenient: Collection[str] = ()
) -> Iterator[tuple[pa.Table, IntArray]]:
    """The fields of `schema` from a file of one object a line, and the line of each object.

    Arrow parses block by block. Where it cannot, since a line is broken or a field changes its type, the
    lines around are parsed one by one. Lines may also be Python dicts, as in the Amazon metadata of 2014:
    those are read as literals (nothing is executed), about twenty times slower.

    Args:
        path: May be packed or lie in a zip archive (`open_raw`).
        bad: What becomes of lines that are no object, or hold what does not fit `schema`.
        schema: Fields of text, float64, lists and structs of these; absent ones are null.
        lenient: Fields that are null where they hold what does not fit.
    """
    line = 1
    with open_raw(path) as file, row_bar(path) as bar:
        block = file.read(raw.BLOCK).removeprefix(b"\xef\xbb\xbf")
        if not block.strip():
            raise DataError(f"{path}: the file is empty; give it one object a line, or remove it")
        is_json = not block.lstrip().startswith(b"{'")
        while block:
            block += file.readline()
            table, lines = _objects(path, bad, block, line, schema, lenient, is_json)
            bar.update(len(lines))
            yield table, lines
            line += block.count(b"\n")
            block = file.read(raw.BLOCK)


def _objects(
    path: Path,
    bad: BadRows,
    block: bytes,
    line: int,
    schema: pa.Schema,
    lenient: Collection[str],
    is_json: bool,
) -> tuple[pa.Table, IntArray]:
    n_lines = block.count(b"\n") + (not block.endswith(b"\n"))
    if is_json and (table := _parsed(block, schema, n_lines)) is not None:
        return table, line + np.arange(n_lines)
    if is_json and n_lines > _FEW:
        middle = block.find(b"\n", len(block) // 2) + 1
        if 0 < middle < len(block):
            head, tail = block[:middle], block[middle:]
            first = _objects(path, bad, head, line, schema, lenient, is_json)
            second = _objects(path, bad, tail, line + head.count(b"\n"), schema, lenient, is_json)
            return pa.concat_tables([first[0], second[0]]), np.concatenate([first[1], second[1]])
    parse = json.loads if is_json else ast.literal_eval
    return _one_by_one(path, bad, block, line, schema, lenient, parse)


def _parsed(block: bytes, schema: pa.Schema, n_lines: int) -> pa.Table | None:
    """What Arrow makes of the block; None where it fails or finds more or fewer objects than lines."""
    try:
        block.decode()
        table = pyarrow.json.read_json(
            pa.BufferReader(block),
            pyarrow.json.ReadOptions(use_threads=False, block_size=2 * len(block)),
            pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):  # the line at fault is found by _one_by_one
        return None
    return table if table.num_rows == n_lines else None


def _one_by_one(
    path: Path,
    bad: BadRows,
    block: bytes,
    line: int,
    schema: pa.Schema,
    lenient: Collection[str],
    parse: _Parse,
) -> tuple[pa.Table, IntArray]:
    records: list[dict[str, object]] = []
    lines: list[int] = []
    for number, encoded in enumerate(block.split(b"\n"), start=line):
        if not encoded.strip():
            continue
        try:
            records.append(_record(encoded, schema, lenient, parse))
            lines.append(number)
        except _BadLineError as problem:
            text = encoded.decode(errors="replace").strip()
            bad.add(Rejected(str(path), number, problem.column, str(problem), text))
    return pa.Table.from_pylist(records, schema), np.array(lines, dtype=np.int64)


class _BadLineError(Exception):
    """What is wrong with a line, and in which field (`""`: with all of it)."""

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(reason)
        self.column = column


def _record(encoded: bytes, schema: pa.Schema, lenient: Collection[str], parse: _Parse) -> dict[str, object]:
    """The fields of `schema` of one object, each made to fit its type.

    Raises:
        _BadLineError: The line is no object, or a field that is not `lenient` does not fit.
    """
    try:
        text = encoded.decode().strip()
    except UnicodeDecodeError as error:
        raise _BadLineError(
            f"byte 0x{encoded[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error
    try:
        record = parse(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        problem = str(error).split("(")[0].strip()
        raise _BadLineError(f"{shown(text)} is not an object ({problem}); give one a line") from error
    if not isinstance(record, dict):
        raise _BadLineError(f"{shown(text)} is not an object; give one a line")
    fitted: dict[str, object] = {}
    for field in schema:
        value = record.get(field.name)
        try:
            fitted[field.name] = _fit(value, field.type)
        except (ValueError, TypeError) as error:
            if field.name not in lenient:
                wanted = _WANTED[_kind(field.type)]
                raise _BadLineError(f"{shown(value)} is not {wanted}", str(field.name)) from error
            fitted[field.name] = None
    return fitted


_WANTED = {
    "text": "one text; give text or a number",
    "number": "a number; give digits with a point for decimals",
    "list": "a list of texts; give a list",
    "struct": "an object; give one, or leave the field out",
}


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_struct(kind):
        return "struct"
    if pa.types.is_list(kind):
        return "list"
    return "number" if pa.types.is_floating(kind) else "text"


def _fit(value: object, kind: pa.DataType) -> object:
    """`value` as `kind`; an empty text is a missing list or object, and one value a list of one.

    Raises:
        ValueError: It cannot be; or `TypeError`.
    """
    if value is None or (value == "" and _kind(kind) != "text"):
        return None
    match _kind(kind):
        case "struct":
            if not isinstance(value, dict):
                raise ValueError
            return {field.name: _fit(value.get(field.name), field.type) for field in kind}
        case "list":
            parts = value if isinstance(value, list) else [value]
            return [_fit(part, kind.value_type) for part in parts]
        case "number":
            return float(value)  # type: ignore[arg-type]  # what is no number raises
        case _:
            if isinstance(value, dict | list):
                raise ValueError
            return json_text(value).encode(errors="replace").decode()
