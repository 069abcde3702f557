"""Files of any size, a block at a time: delimited text as `Rows`, JSON lines as Arrow tables."""

import ast
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
from tqdm import tqdm

from .dataset import IntArray
from .errors import DataError
from .raw import open_raw
from .readers import as_text, json_text, read_header
from .rows import BadRows, Rejected, Rows, shown

BLOCK = 1 << 25
"""Bytes read at once (before unpacking into columns, which takes about three times as much)."""

_FEW = 1000
"""Lines that are worth parsing one by one to find the one that is bad."""

_Parse = Callable[[str], object]


def stream_delimited(
    path: Path,
    bad: BadRows,
    *,
    delimiter: str = ",",
    columns: Sequence[str] | None = None,
    quoted: bool = True,
    encoding: str = "utf-8",
) -> Iterator[Rows]:
    """The rows of a delimited text file, block by block; each row is known by the line that it starts in.

    Args:
        path: May be packed or lie in a zip archive (`open_raw`).
        bad: What becomes of rows with too many or too few fields.
        delimiter: What stands between two fields.
        columns: Names of the columns of a file that has no header.
        quoted: Whether fields may be quoted with `"` and then hold line breaks.
        encoding: Of the file.

    Raises:
        DataError: The file cannot be read, is empty, or is not in `encoding`.
    """
    with open_raw(path) as file:
        first = file.readline()
    if not first.strip():
        raise DataError(f"{path}: the file is empty or starts with a blank line; give it rows, or remove it")
    if columns is None:
        columns = read_header(path, first.decode("utf-8-sig", errors="replace"), delimiter)
        n_headers = 1
    else:
        n_headers = 0
    broken: list[tuple[int, int, str]] = []

    def set_aside(row: Any) -> str:
        broken.append((row.number - 1, row.actual_columns, row.text))
        return "skip"

    numbered = [str(i) for i in range(len(columns))]
    record, line = 0, 1
    with open_raw(path) as file, _bar(path) as bar:
        batches = _batches(
            path,
            file,
            pyarrow.csv.ReadOptions(
                use_threads=False, block_size=BLOCK, column_names=numbered, encoding=encoding
            ),
            pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                ignore_empty_lines=False,
                invalid_row_handler=set_aside,
            ),
            pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(numbered, pa.string())),
        )
        for batch in batches:
            records = _records(record, batch.num_rows, [number for number, _, _ in broken])
            end = int(records[-1]) + 1
            breaks = np.zeros(end - record, dtype=np.int64)  # line breaks inside each record
            for column in batch.columns:
                breaks[records - record] += pc.count_substring(column, "\n").to_numpy(zero_copy_only=False)
            now, broken[:] = [b for b in broken if b[0] < end], [b for b in broken if b[0] >= end]
            for number, _, text in now:
                breaks[number - record] = text.count("\n")
            lines = line + np.arange(len(breaks)) + np.cumsum(breaks) - breaks
            for number, n_fields, text in now:
                _reject_width(path, bad, int(lines[number - record]), n_fields, columns, text, delimiter)
            frame = pd.DataFrame(
                {
                    name: as_text(pa.chunked_array([batch.column(i)])).to_pandas()
                    for i, name in enumerate(columns)
                }
            ).set_index(lines[records - record])
            line = int(lines[-1] + breaks[-1] + 1)
            frame = frame.iloc[n_headers if record == 0 else 0 :]
            record = end
            bar.update(len(frame))
            yield Rows(path, frame[(frame != "").any(axis=1)], bad, int)
    for number, n_fields, text in broken:
        _reject_width(path, bad, line + number - record, n_fields, columns, text, delimiter)


def _bar(path: Path) -> "tqdm[NoReturn]":
    """A bar on stderr that counts rows, where someone looks at it for more than two seconds."""
    return tqdm(
        desc=path.name, unit=" rows", unit_scale=True, delay=2, leave=False, disable=None, file=sys.stderr
    )


def _batches(path: Path, file: Any, *options: Any) -> Iterator[pa.RecordBatch]:
    """The record batches that are not empty; what Arrow cannot read is a `DataError`."""
    try:
        for batch in pyarrow.csv.open_csv(file, *options):
            if batch.num_rows:
                yield batch
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            raise DataError(_not_utf8(path)) from error
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(
            f"{path}: is not delimited text as expected ({reason}); look for a quote that is never closed"
        ) from error


def _records(first: int, n: int, broken: Sequence[int]) -> IntArray:
    """The numbers of the next `n` records, from `first`, that are not broken.

    >>> _records(10, 3, [9, 11]).tolist()
    [10, 12, 13]
    """
    apart = sorted(number for number in broken if number >= first)
    numbers = np.arange(first, first + n + len(apart), dtype=np.int64)
    return np.setdiff1d(numbers, np.array(apart, dtype=np.int64), assume_unique=True)[:n]


def _reject_width(
    path: Path, bad: BadRows, line: int, n_fields: int, columns: Sequence[str], text: str, delimiter: str
) -> None:
    problem = f"has {n_fields} fields where {len(columns)} are expected"
    reason = f"{shown(text)} {problem}; quote fields that hold a {delimiter!r}"
    bad.add(Rejected(str(path), line, "", reason, text))


def _not_utf8(path: Path) -> str:
    with open_raw(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return (
                    f"{path}, line {number}: byte 0x{line[error.start]:02x} is not UTF-8; "
                    "save the file as UTF-8, for example with `iconv -f latin1 -t utf-8`"
                )
    return f"{path}: is not UTF-8; save the file as UTF-8, for example with `iconv -f latin1 -t utf-8`"


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
    with open_raw(path) as file, _bar(path) as bar:
        block = file.read(BLOCK).removeprefix(b"\xef\xbb\xbf")
        if not block.strip():
            raise DataError(f"{path}: the file is empty; give it one object a line, or remove it")
        is_json = not block.lstrip().startswith(b"{'")
        while block:
            block += file.readline()
            table, lines = _objects(path, bad, block, line, schema, lenient, is_json)
            bar.update(len(lines))
            yield table, lines
            line += block.count(b"\n")
            block = file.read(BLOCK)


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
    for number, raw in enumerate(block.split(b"\n"), start=line):
        text = raw.decode(errors="replace").strip()
        if not text:
            continue
        column, reason = "", ""
        try:
            raw.decode()
            record = parse(text)
        except UnicodeDecodeError as error:
            reason = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
            problem = str(error).split("(")[0].strip()
            reason = f"{shown(text)} is not an object ({problem}); give one a line"
        else:
            if not isinstance(record, dict):
                reason = f"{shown(text)} is not an object; give one a line"
            else:
                fitted, column = _fitted(record, schema, lenient)
                if column:
                    wrong = shown(record[column])
                    reason = f"{wrong} is not {_WANTED[_kind(schema.field(column).type)]}"
        if reason:
            bad.add(Rejected(str(path), number, column, reason, text))
        else:
            records.append(fitted)
            lines.append(number)
    return pa.Table.from_pylist(records, schema), np.array(lines, dtype=np.int64)


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


def _fitted(
    record: Mapping[str, object], schema: pa.Schema, lenient: Collection[str]
) -> tuple[dict[str, object], str]:
    """The fields of `schema`, each made to fit its type, and the first that cannot be (`""`: none)."""
    fitted: dict[str, object] = {}
    for field in schema:
        try:
            fitted[field.name] = _fit(record.get(field.name), field.type)
        except (ValueError, TypeError):
            if field.name not in lenient:
                return fitted, str(field.name)
            fitted[field.name] = None
    return fitted, ""


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
