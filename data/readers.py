"""Files in: CSV, JSON lines and Parquet as `Rows` of text that know their line numbers."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from .errors import DataError
from .raw import open_raw
from .rows import BadRows, Rejected, Rows, shown

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")

_LONGEST_HEADER = 1 << 20
"""Characters in which the names of the columns must end."""

_FLAT = "is not one object of texts, numbers and lists of these; flatten it"


def read_rows(path: Path, bad: BadRows) -> Rows:
    """The rows of a file in the format that its name ends with, one of `SUFFIXES`.

    Cells are stripped of outer white space; a row without any value is passed over.

    Raises:
        DataError: The file cannot be read, is empty, is not UTF-8, or a row is broken.
    """
    if path.name.endswith(".parquet"):
        rows = _read_parquet(path, bad)
    elif path.name.endswith((".jsonl", ".jsonl.gz")):
        rows = _read_json_lines(path, bad)
    else:
        rows = read_delimited(path, bad)
    for column in rows.frame.columns:
        cells = rows.frame[column]
        if cells.dtype == object:
            cells = cells.map("\n".join).astype("str")
        rows.check(cells.str.contains("\0", regex=False), column, "has a NUL byte", "remove it")
    return rows


def read_text(path: Path) -> str:
    """The whole of a UTF-8 file, unpacked where it is packed (`open_raw`).

    Raises:
        DataError: The file is absent, empty, cut short, or not UTF-8.
    """
    with open_raw(path) as file:
        data = file.read()
    if not data.strip():
        raise DataError(f"{path}: the file is empty; give it rows, or remove it")
    return decoded(data, path)


def decoded(data: bytes, path: Path) -> str:
    """The text of a file's bytes, in UTF-8.

    Raises:
        DataError: They are not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8; "
            "save the file as UTF-8, for example with `iconv -f latin1 -t utf-8`"
        ) from error


def read_delimited(
    path: Path, bad: BadRows, *, delimiter: str = ",", columns: Sequence[str] | None = None
) -> Rows:
    """The rows of a delimited text file.

    Args:
        path: Fields may be quoted with `"` and then hold line breaks.
        bad: What becomes of rows with too many or too few fields.
        delimiter: What stands between two fields.
        columns: Names of the columns of a file that has no header.
    """
    text = read_text(path)
    names = read_header(path, text, delimiter) if columns is None else list(columns)
    broken: list[tuple[int, int, str]] = []

    def set_aside(row: Any) -> str:
        broken.append((row.number - 1, row.actual_columns, row.text))
        return "skip"

    # A header passes through the parser as record 0, so that records are counted from the first line.
    numbered = [str(i) for i in range(len(names))]
    n_quotes, data = text.count('"'), pa.py_buffer(text.encode())
    del text  # of millions of rows, it and the parser's copy are hundreds of megabytes
    table = pyarrow.csv.read_csv(
        pa.BufferReader(data),
        pyarrow.csv.ReadOptions(use_threads=False, block_size=1 << 28, column_names=numbered),
        pyarrow.csv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=set_aside,
        ),
        pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(numbered, pa.string())),
    )
    del data
    extra = np.zeros(len(table) + len(broken), dtype=np.int64)  # line breaks inside each record
    records = np.delete(np.arange(len(extra)), [record for record, _, _ in broken])
    if n_quotes:
        for column in table.columns:
            extra[records] += pc.count_substring(column, "\n").to_numpy()
        for record, _, row in broken:
            extra[record] = row.count("\n")
    lines = 1 + np.arange(len(extra)) + np.cumsum(extra) - extra

    def line_of(record: int) -> int:
        return int(lines[record])

    if n_quotes % 2 and extra[-1]:
        raise DataError(
            f"{path}, line {lines[-1]}: a quote is opened and never closed; "
            "close it, or double it where it belongs to the text"
        )
    for record, n_fields, row in broken:
        problem = f"has {n_fields} fields where {len(names)} are expected"
        reason = f"{shown(row)} {problem}; quote fields that hold a {delimiter!r}"
        bad.add(Rejected(str(path), line_of(record), "", reason, row))
    cells = {}
    for name in names:
        cells[name] = as_text(table[0]).to_pandas()
        table = table.remove_column(0)  # each column is there once
    frame = pd.DataFrame(cells, copy=False).set_axis(records).iloc[0 if columns else 1 :]
    return Rows(path, frame[(frame != "").any(axis=1)], bad, line_of)


def read_header(path: Path, text: str, delimiter: str) -> list[str]:
    """The column names in the first line of `text`.

    Raises:
        DataError: A name is missing or given twice.
    """
    head = io.StringIO(text[:_LONGEST_HEADER], newline="")  # of the whole text, a copy four times as large
    header = [name.strip() for name in next(csv.reader(head, delimiter=delimiter))]
    if not header:
        raise DataError(f"{path}, line 1: the line is blank; name the columns in the first line")
    for i, name in enumerate(header):
        if not name:
            raise DataError(
                f"{path}, line 1: column {i + 1} has no name; name every column in the first line"
            )
        if name in header[:i]:
            raise DataError(f"{path}, line 1: column {name!r} is there twice; rename or remove one")
    return header


def _read_json_lines(path: Path, bad: BadRows) -> Rows:
    records: list[dict[str, object]] = []
    lines: list[int] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            problem = f"is not JSON ({error.msg}, character {error.colno}); give one object a line"
            bad.add(Rejected(str(path), number, "", f"{shown(line)} {problem}", line))
            continue
        nested = _nested(record)
        if nested is not None:
            bad.add(Rejected(str(path), number, nested, f"{shown(line)} {_FLAT}", line))
            continue
        records.append(record)
        lines.append(number)
    names = dict.fromkeys(name for record in records for name in record)
    columns = {name.strip(): _json_column([record.get(name) for record in records]) for name in names}
    return Rows(path, pd.DataFrame(columns, index=range(len(records))), bad, lines.__getitem__)


def _nested(record: object) -> str | None:
    """The name of a field that is no text, number or list of these, `""` for the record itself."""
    if not isinstance(record, dict):
        return ""
    for name, value in record.items():
        if type(value) in (list, dict) and (
            type(value) is dict or any(isinstance(part, dict | list) for part in value)
        ):
            return str(name)
    return None


def _json_column(values: Sequence[object]) -> pd.Series:
    if not any(isinstance(value, list) for value in values):
        return pd.Series([json_text(value) for value in values], dtype="str")
    return pd.Series(
        [
            [text for part in value if (text := json_text(part))]
            if isinstance(value, list)
            else json_text(value)
            for value in values
        ],
        dtype=object,
    )


def json_text(value: object) -> str:
    """A JSON value as text; a whole number has no decimals.

    >>> [json_text(value) for value in (" a ", None, True, 17, 17.0, 1.5)]
    ['a', '', 'true', '17', '17', '1.5']
    """
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _read_parquet(path: Path, bad: BadRows) -> Rows:
    try:
        table = pyarrow.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{path}: is not a whole Parquet file ({reason}); write it again") from error
    columns: dict[str, pd.Series] = {}
    for name in table.column_names:
        column, table = table.column(0), table.remove_column(0)  # each column is there once
        if name.startswith("__index_level_"):  # pandas writes the index of a filtered frame along
            continue
        try:
            if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
                lists = column.cast(pa.list_(pa.string())).to_pylist()
                cells = [[part.strip() for part in cell or [] if part and part.strip()] for cell in lists]
                columns[name.strip()] = pd.Series(cells, dtype=object)
            else:
                columns[name.strip()] = as_text(column).to_pandas()
        except pa.ArrowException as error:
            raise DataError(
                f"{path}: column {name!r} holds {column.type}; give text, numbers, times or lists of text"
            ) from error
    return Rows(path, pd.DataFrame(columns, copy=False), bad, lambda record: record + 1, unit="row")


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any scalar column as stripped text, `""` where it is missing; times become seconds since epoch."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s"))
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("s", tz=column.type.tz), safe=False).cast(pa.int64())
    elif pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), 2.0**53))
        if pc.all(whole).as_py():  # whole numbers with gaps: ids and times lose their ".0"
            column = column.cast(pa.int64())
    return pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))
