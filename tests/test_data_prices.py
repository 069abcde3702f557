"""Prices in every notation, and the sale of the day."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data import DataError
from cartograph.data.prices import current_price, parse_price, parse_prices, parse_times, usual_decimal
from cartograph.data.rows import BadRows, Rows

NOTATIONS = [
    (decimal, gap) for decimal in ".," for gap in (",", ".", " ", "\u00a0", "'", "") if gap != decimal
]
CURRENCIES = ["{}", "{} EUR", "EUR {}", "{} €", "€{}", "US$ {}", "{}\u00a0kr.", "Rs. {}", "{} zł", "₹{}"]


@given(
    cents=st.integers(0, 10**11),
    notation=st.sampled_from(NOTATIONS),
    currency=st.sampled_from(CURRENCIES),
    assumed=st.sampled_from(".,"),
)
def test_two_decimals_can_be_read_in_one_way_only(
    cents: int, notation: tuple[str, str], currency: str, assumed: str
) -> None:
    decimal, gap = notation
    whole = f"{cents // 100:,}".replace(",", gap)
    text = currency.format(f"{whole}{decimal}{cents % 100:02d}")
    assert parse_price(text, assumed) == cents / 100
    assert usual_decimal([text]) == decimal


@given(
    whole=st.integers(0, 10**12), notation=st.sampled_from(NOTATIONS), currency=st.sampled_from(CURRENCIES)
)
def test_a_whole_number_is_read_as_one_where_the_column_says_so(
    whole: int, notation: tuple[str, str], currency: str
) -> None:
    decimal, gap = notation
    text = currency.format(f"{whole:,}".replace(",", gap))
    assert parse_price(text, decimal) == whole


@given(st.text(alphabet="0123456789.,-' €EURkr\n\u00a0", max_size=20))
def test_a_price_is_a_number_or_none(text: str) -> None:
    price = parse_price(text)
    assert price is None or isinstance(price, float)
    if price is not None:
        assert parse_price(repr(price)) == price or price >= 1e16


@pytest.mark.parametrize(
    "text", ["", "free", "EUR", "10-20", "9.99 - 19.99", "1.2.3", "12,99,", "1,23.4,5", "1 2", "$"]
)
def test_what_is_no_price_is_none(text: str) -> None:
    assert parse_price(text) is None


def rows(**columns: list[str]) -> Rows:
    frame = pd.DataFrame({name: pd.Series(cells, dtype="str") for name, cells in columns.items()})
    return Rows(Path("feed.csv"), frame, BadRows(), lambda record: record + 2)


def test_the_column_says_how_an_ambiguous_price_is_read() -> None:
    german = rows(price=["1.299", "12,99", "", "3,50 €"], sale=["", "1.099", "", ""])
    parse_prices(german, "price", "sale", "absent")
    assert german.frame["price"].tolist() == ["1299.0", "12.99", "", "3.5"]
    assert german.frame["sale"].tolist() == ["", "1099.0", "", ""]
    english = rows(price=["1,299", "12.99", "1.299"])
    parse_prices(english, "price")
    assert english.frame["price"].tolist() == ["1299.0", "12.99", "1.299"]
    with pytest.raises(
        DataError, match=r"feed.csv, line 3, column price: 'ask us' is not a price; give one number"
    ):
        parse_prices(rows(price=["1", "ask us"]), "price")
    with pytest.raises(DataError, match=r"feed.csv, line 2, column price: '-1' is below 0; give 0 or more"):
        parse_prices(rows(price=["-1"]), "price")


def test_a_sale_price_counts_in_its_time() -> None:
    none, past, future = "", "2000-01-01", "2199-01-01"
    cases = [
        ("", none, none, "10"), ("8", none, none, "8"), ("8", past, future, "8"), ("8", past, past, "10"),
        ("8", future, none, "10"), ("8", none, future, "8"), ("8", none, past, "10"),
    ]  # fmt: skip
    sale, starts, ends, expected = (pd.Series(cells, dtype="str") for cells in zip(*cases, strict=True))
    price = current_price(expected.where(expected != "8", "10"), sale, parse_times(starts), parse_times(ends))
    assert price.tolist() == expected.tolist()
    today = pd.Series([pd.Timestamp.now("UTC").date().isoformat()], dtype="str")
    for until, now in ((True, "8"), (False, "10")):
        ends_at = parse_times(today, until=until)
        regular, reduced = pd.Series(["10"], dtype="str"), pd.Series(["8"], dtype="str")
        assert current_price(regular, reduced, parse_times(today), ends_at)[0] == now
