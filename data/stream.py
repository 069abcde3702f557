"""Delimited text of any size, a block at a time, as `Rows` that know their line numbers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from . import raw
from .dataset import IntArray
from .errors import DataError
from .raw import first_line, open_raw, row_bar
from .readers import as_text, read_header
from .rows import BadRows, Rejected, Rows, shown


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
    first = first_line(path)
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
    with open_raw(path) as file, row_bar(path) as bar:
        batches = _batches(
            path,
            file,
            pyarrow.csv.ReadOptions(
                use_threads=False, block_size=raw.BLOCK, column_names=numbered, encoding=encoding
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
