"""Price limits in a query: `shoes under 50`, `100元以内的手机`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...data.prices import parse_price

_SIGN = r"(?:[$€£¥￥]|\b(?:usd|eur|gbp|rmb|cny))"
_UNIT = r"(?:[$€£¥￥元块]|(?:usd|eur|gbp|euros?|dollars?|bucks|pounds?|rmb|yuan)\b)"


def _amount(name: str) -> str:
    return rf"(?P<{name}sign>{_SIGN})?\s?(?P<{name}>\d+(?:[.,]\d+)*)\s?(?P<{name}unit>{_UNIT})?"


_LOW, _HIGH = _amount("low"), _amount("high")
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b(?:from|between)\s+{_LOW}\s*(?:to|and|-|–)\s*{_HIGH}",
        rf"{_LOW}\s?(?:-|–|\bto\b|到|至)\s?{_HIGH}",
        rf"(?:\b(?:under|below|less than|cheaper than|up to|at most|max)\s+|低于|不超过|少于|<\s?){_HIGH}",
        rf"(?:\b(?:over|above|more than|at least|from|min)\s+|高于|不低于|超过|>\s?){_LOW}",
        rf"{_HIGH}\s?(?:以下|以内|之内)",
        rf"{_LOW}\s?以上",
    )
)
_NEXT = re.compile(r"\s*([^\W\d_]+)")


@dataclass(frozen=True)
class Limits:
    """What a product may cost by the words of a query."""

    start: int
    end: int
    """Where the words stand."""
    low: float | None
    high: float | None


def price_limits(query: str, measures: Callable[[str], bool]) -> Limits | None:
    """The limits that a query sets, None where it sets none.

    Args:
        query: As typed.
        measures: Whether a word follows numbers in titles: `under 5 inches` says nothing of the price.

    >>> price_limits("red shoes under $50", lambda word: False)
    Limits(start=10, end=19, low=None, high=50.0)
    >>> price_limits("bag under 5 inches", lambda word: word == "inches") is None
    True
    """
    for form in _FORMS:
        for match in form.finditer(query):
            found = match.groupdict()
            money = any(found.get(f"{end}{mark}") for end in ("low", "high") for mark in ("sign", "unit"))
            behind = _NEXT.match(query, match.end())
            measured = behind is not None and measures(behind[1].lower())
            between = form is _FORMS[1]  # "5-10" alone may be anything
            if not money and (measured or between):
                continue
            low, high = (parse_price(found[end]) if found.get(end) else None for end in ("low", "high"))
            if low is not None and high is not None:
                low, high = sorted((low, high))
            return Limits(match.start(), match.end(), low, high)
    return None
