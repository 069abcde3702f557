"""A table under inspection: every check names file, line, column and value, or sets the row aside."""

import csv
import json
import logging
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from .dataset import BoolArray
from .errors import DataError
from .files import atomically
from .lookup import positions

OnBadRow = Literal["error", "skip"]

_LOG = logging.getLogger("cartograph.data")
_FIRST_SECOND = pd.Timestamp("1900-01-01", tz="UTC").value // 10**9
_LAST_SECOND = pd.Timestamp("2200-01-01", tz="UTC").value // 10**9
_BLOCK = 500_000
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


class Rejected(NamedTuple):
    """A row that was left out, and why; these are the columns of the file of rejected rows."""

    file: str
    line: int
    column: str
    reason: str
    row: str


class BadRows:
    """What becomes of bad rows: the first one is an error, or all of them are set aside."""

    def __init__(self, on_bad_row: OnBadRow = "error") -> None:
        if on_bad_row not in ("error", "skip"):
            raise ValueError(f"on_bad_row is {on_bad_row!r}; it must be 'error' or 'skip'")
        self.skip = on_bad_row == "skip"
        self.rejected: list[Rejected] = []

    def add(self, row: Rejected, *, unit: str = "line") -> None:
        """Set `row` aside.

        Raises:
            DataError: Bad rows are errors.
        """
        if not self.skip:
            column = f", column {row.column}" if row.column else ""
            raise DataError(f"{row.file}, {unit} {row.line}{column}: {row.reason}")
        self.rejected.append(row)

    def finish(self, path: Path | None) -> None:
        """Log how many rows were left out and, where a path is given, write them there as CSV."""
        if not self.skip:
            return
        if path is not None:
            with atomically(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(Rejected._fields)
                writer.writerows(self.rejected)
        if self.rejected:
            n = len(self.rejected)
            where = f", see {path}" if path is not None else ""
            _LOG.warning("%d row%s rejected%s", n, "" if n == 1 else "s", where)


def shown(value: object) -> str:
    """`value` as it appears in a sentence, cut where it is long.

    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'"
    """
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:58]}…{text[0]}"


class Rows:
    """One file's rows; `frame` holds the ones still good, as text (`""` is missing) or lists of text.

    A check either raises for the first bad row or drops all bad ones from `frame`, as `bad` says.
    """

    def __init__(
        self, path: Path, frame: pd.DataFrame, bad: BadRows, line_of: Callable[[int], int], unit: str = "line"
    ) -> None:
        self.path = path
        self.frame = frame
        self.bad = bad
        self._raw = frame
        self._given_names: dict[str, str] = {}
        self._line_of = line_of
        self._unit = unit

    def __contains__(self, column: str) -> bool:
        return column in self.frame.columns

    def rename(self, names: Mapping[str, str]) -> None:
        """Give columns new names; errors go on to use the old ones, which the file has."""
        for old, new in names.items():
            if old in self or new not in self:
                self._given_names[new] = self._given_names.pop(old, old)
        self.frame = self.frame.rename(columns=names)
        self._raw = self._raw.rename(columns=names)

    def drop(self, *columns: str) -> None:
        """Leave out those of `columns` that are there."""
        self.frame = self.frame.drop(columns=[column for column in columns if column in self])

    def taken(self) -> pd.DataFrame:
        """The good rows, of which only the lines are kept here: to be called after the last check."""
        frame = self.frame
        self.frame = self._raw = frame[[]]
        return frame

    def line(self, position: int) -> str:
        """Where the row at `position` of `frame` is, such as `"line 7"`."""
        return f"{self._unit} {self._line_of(int(self.frame.index[position]))}"

    def require(self, *columns: str) -> None:
        """Raise unless the file has all of `columns`."""
        for column in columns:
            if column not in self:
                name = self._given_names.get(column, column)
                given = [self._given_names.get(str(other), str(other)) for other in self.frame.columns]
                near = get_close_matches(name, given, n=1)
                hint = f"rename {near[0]!r}" if near else "add it"
                raise DataError(
                    f"{self.path}, {self._unit} 1: there is no column {name!r} among {given}; {hint}"
                )

    def allow(self, columns: Collection[str]) -> None:
        """Raise if the file has a column that is none of `columns`."""
        for column in self.frame.columns:
            if column not in columns:
                near = get_close_matches(column, columns, n=1)
                hint = f"did you mean {near[0]!r}? Otherwise remove it" if near else "rename or remove it"
                raise DataError(
                    f"{self.path}, {self._unit} 1: column {column!r} has no meaning here, "
                    f"the columns are {', '.join(columns)}; {hint}"
                )

    def check(self, wrong: pd.Series | BoolArray, column: str, problem: str, remedy: str) -> None:
        """Reject the rows where `wrong`, with the sentence "VALUE problem; remedy"."""
        mask = np.asarray(wrong, dtype=bool)
        if not mask.any():
            return
        for record in self.frame.index[mask]:
            value = shown(self._raw.at[record, column]) if column in self._raw else "the row"
            self.bad.add(
                Rejected(
                    str(self.path), self._line_of(int(record)), self._given_names.get(column, column),
                    f"{value} {problem}; {remedy}",
                    json.dumps(self._raw.loc[record].to_dict(), ensure_ascii=False, default=str),
                ),
                unit=self._unit,
            )  # fmt: skip
        self.frame = self.frame[~mask]

    def texts(self, *columns: str) -> None:
        """Check that each of `columns` holds one text a row, and no list."""
        for column in columns:
            if column in self and self.frame[column].dtype == object:
                lists = self.frame[column].map(lambda value: isinstance(value, list))
                self.check(lists, column, "is a list", "give one value")
                self.frame = self.frame.assign(**{column: self.frame[column].astype("str")})

    def ids(self, column: str) -> None:
        """Check that every row has an id in `column`."""
        self.require(column)
        self.texts(column)
        self.check(self.frame[column] == "", column, "is empty", "every row needs an id here")

    def unique(self, column: str) -> None:
        """Check that no id in `column` is given twice; the first row with it is the good one."""
        again = self.frame[column].duplicated()
        problem = "is given twice"
        if again.any() and not self.bad.skip:
            value = self.frame.loc[again, column].iloc[0]
            first = self.frame.index[self.frame[column] == value][0]
            problem += f", first in {self._unit} {self._line_of(int(first))}"
        self.check(again, column, problem, "ids must be unique, so remove one")

    def members(self, column: str, allowed: Sequence[str] | pd.Series, problem: str, remedy: str) -> None:
        """Check that every value in `column` is one of `allowed`."""
        self.texts(column)
        self.check(positions(self.frame[column], allowed) < 0, column, problem, remedy)

    def numbers(self, column: str, *, minimum: float = -math.inf) -> None:
        """Turn `column` into float64, NaN where it is empty; numbers must be finite and reach `minimum`."""
        if column not in self:
            return
        self.texts(column)
        given = self.frame[column]
        self.check(
            (given != "") & ~given.str.fullmatch(_NUMBER),
            column, "is not a number", "give digits with a point for decimals, such as 12.50, or nothing",
        )  # fmt: skip
        given = self.frame[column]
        filled = given != ""
        values = pd.Series(np.nan, index=given.index, dtype=np.float64)
        values[filled] = _floats(given[filled])
        self.check(np.isinf(values), column, "is too large for a number", "give a finite one or nothing")
        values = values.loc[self.frame.index]
        self.check(values < minimum, column, f"is below {minimum:g}", f"give {minimum:g} or more, or nothing")
        self.frame = self.frame.assign(**{column: values.loc[self.frame.index]})

    def times(self, column: str, *, per_second: int = 1) -> None:
        """Turn `column` into int64 seconds since epoch, UTC; every row must have a time from 1900 to 2200.

        Args:
            column: ISO 8601 dates and times, or numbers since 1970.
            per_second: What such a number counts: 1 for seconds, 1000 for milliseconds.
        """
        self.texts(column)
        given = self.frame[column]
        plain = given.str.fullmatch(_NUMBER)
        seconds = pd.Series(np.nan, index=given.index, dtype=np.float64)
        seconds[plain] = np.floor(_floats(given[plain]) / per_second)
        dated = given.str.match(r"\d{4}-\d\d-\d\d")
        codes, distinct = pd.factorize(given[dated])  # days repeat, and parsing takes longest
        parsed = pd.to_datetime(distinct.astype(object), format="ISO8601", utc=True, errors="coerce")
        since = parsed.to_numpy("datetime64[s]")
        seconds[dated] = np.where(np.isnat(since), np.nan, since.astype(np.int64))[codes]
        self.check(
            seconds.isna(),
            column, "is not a time", "give ISO 8601, such as 2024-05-31T12:00:00Z, or seconds since 1970",
        )  # fmt: skip
        seconds = seconds.loc[self.frame.index]
        self.check(
            (seconds < _FIRST_SECOND) | (seconds >= _LAST_SECOND),
            column, "is not from 1900 to 2200", "give ISO 8601 or seconds, not milliseconds, since 1970",
        )  # fmt: skip
        self.frame = self.frame.assign(**{column: seconds.loc[self.frame.index].astype(np.int64)})


def _floats(texts: pd.Series) -> npt.NDArray[np.float64]:
    """The numbers that texts are, block by block, since pandas makes a Python object of every text."""
    blocks = [texts.iloc[start : start + _BLOCK] for start in range(0, len(texts), _BLOCK)]
    return np.concatenate([np.zeros(0), *(pd.to_numeric(block).to_numpy(np.float64) for block in blocks)])
