"""Prices as shops write them: with currencies, decimal commas and separators of thousands."""

import re
from collections import Counter
from collections.abc import Iterable

import pandas as pd

from .rows import Rows

_CURRENCY = r"(?:[^\W\d_]{1,5}\.?|(?:[^\W\d_]{1,3})?[^\w\s.,'’+-]{1,2})?"
"""Letters (`EUR`, `kr.`), a sign (`€`), or both (`US$`)."""
_PRICE = re.compile(rf"{_CURRENCY}\s*(-?[0-9.,'’\s]*[0-9])(?:[.,][-–—]+)?\s*{_CURRENCY}")
_GAP = re.compile(r"(?<=[0-9])['’\s](?=[0-9]{3}(?![0-9]))")


def _reading(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = rf"[0-9]+|[1-9][0-9]{{0,2}}(?:\{thousands}[0-9]{{2,3}})*\{thousands}[0-9]{{3}}"
    return re.compile(rf"(-?(?:{whole})?)(?:\{decimal}([0-9]+))?")


_READINGS = {".": _reading(".", ","), ",": _reading(",", ".")}
"""How a number is written, by the separator before its decimals."""


def parse_price(text: str, decimal: str = ".") -> float | None:
    """The amount of a price; None where it is none, or several.

    Most numbers can be read in one way only, such as `1.299,00`, `12,99` and `1,299,000`. A number with one
    separator before exactly three digits can be read in two.

    Args:
        text: A number, with a currency before or after it or without.
        decimal: How a number that can be read in two ways is: what stands before decimals, `.` or `,`.

    >>> [parse_price(text) for text in ("12,99 EUR", "1.299,00 €", "USD 12.99", "CHF 1'299.–", "1 299,5 kr.")]
    [12.99, 1299.0, 12.99, 1299.0, 1299.5]
    >>> parse_price("1.299"), parse_price("1.299", decimal=","), parse_price("10-20"), parse_price("free")
    (1.299, 1299.0, None, None)
    """
    amounts = _amounts(text)
    return amounts.get(decimal, next(iter(amounts.values()), None))


def usual_decimal(texts: Iterable[str]) -> str:
    """What stands before decimals in most of the prices that can be read in one way only; `.` if in none.

    >>> usual_decimal(["1.299", "12,99", "3,50", "7.00"]), usual_decimal(["1.299", "5"])
    (',', '.')
    """
    marks = Counter(mark for text in texts if len(amounts := _amounts(text)) == 1 for mark in amounts)
    return "," if marks[","] > marks["."] else "."


def parse_prices(rows: Rows, *columns: str) -> None:
    """Turn those of `columns` that are there into numbers as text, `""` where they are empty.

    A number that can be read in two ways is read like most of the others in these columns. What is no price,
    or below 0, is a bad row.
    """
    present = [column for column in columns if column in rows]
    decimal = usual_decimal(text for column in present for text in rows.frame[column].unique())
    for column in present:
        amounts = {text: parse_price(text, decimal) for text in rows.frame[column].unique() if text}
        rows.check(
            rows.frame[column].isin([text for text, amount in amounts.items() if amount is None]),
            column, "is not a price", "give one number, such as 12.99 or '12,99 EUR', or nothing",
        )  # fmt: skip
        rows.check(
            rows.frame[column].isin([text for text, amount in amounts.items() if amount and amount < 0]),
            column, "is below 0", "give 0 or more, or nothing",
        )  # fmt: skip
        numbers = {"": "", **{text: repr(amount) for text, amount in amounts.items()}}
        rows.frame = rows.frame.assign(**{column: rows.frame[column].map(numbers).astype("str")})


def current_price(regular: pd.Series, sale: pd.Series, starts: pd.Series, ends: pd.Series) -> pd.Series:
    """What products cost now: the sale price where there is one and this is its time.

    Args:
        regular: The price outside of a sale, as text, `(n,)`.
        sale: The price in it, `""` where there is none, `(n,)`.
        starts: Times as of `parse_times`; NaT where the sale has begun, `(n,)`.
        ends: Likewise; NaT where there is no end, `(n,)`.
    """
    now = pd.Timestamp.now("UTC")
    holds = (sale != "") & ~(starts > now) & ~(ends <= now)
    return regular.where(~holds, sale)


def parse_times(texts: pd.Series, *, until: bool = False) -> pd.Series:
    """ISO 8601 times, UTC unless they say otherwise; NaT where there is none.

    Args:
        texts: Dates or times, `(n,)`.
        until: Whether a date means the end of the day, not its beginning.

    >>> parse_times(pd.Series(["2024-05-31", "", "2024-05-31T12:00+0200"]), until=True).dt.hour.tolist()
    [0.0, nan, 10.0]
    """
    times = pd.to_datetime(texts.where(texts != ""), format="ISO8601", utc=True, errors="coerce")
    if until:
        times += pd.to_timedelta(texts.str.fullmatch(r"\d{4}-\d\d-\d\d").astype(int), unit="D")
    return times


def _amounts(text: str) -> dict[str, float]:
    """The amounts that `text` may mean, by the separator before decimals; one where both readings agree."""
    found = _PRICE.fullmatch(text.strip())
    number = _GAP.sub("", found[1]) if found else ""
    amounts = {}
    for decimal, reading in _READINGS.items():
        read = reading.fullmatch(number)
        if read and number:
            whole = re.sub(r"[.,]", "", read[1])
            amounts[decimal] = float(f"{whole}.{read[2] or 0}")
    return amounts
