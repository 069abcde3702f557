"""The tables of a dataset: filled, sorted and checked as a whole; histories as compressed rows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data import Columns, DataError, Dataset, atomically, split

c = Columns
Event = tuple[str, str, int]

PRODUCTS = pd.DataFrame({c.PRODUCT: ["a", "b", "c"], c.TITLE: ["Tea", "Pot", "Cup"]})


def shop(events: list[Event]) -> Dataset:
    return Dataset.of("shop", PRODUCTS, pd.DataFrame(events, columns=[c.USER, c.PRODUCT, c.AT]))


def test_absent_columns_are_filled_and_events_sorted() -> None:
    dataset = shop([("u", "b", 5), ("v", "a", 1), ("u", "a", 5)])
    assert dataset.events[c.PRODUCT].tolist() == ["a", "b", "a"]
    assert dataset.events[c.TYPE].tolist() == ["purchase"] * 3
    assert dataset.events[c.VALUE].isna().all()
    assert dataset.products[c.CATEGORY].tolist() == [(), (), ()]
    assert dataset.products[c.PRICE].isna().all()
    assert dataset.users[c.USER].tolist() == ["v", "u"]
    assert dataset.product_index.get_indexer(pd.Index(["c", "x"])).tolist() == [2, -1]


def test_histories_are_each_users_events_oldest_first() -> None:
    histories = shop([("u", "b", 5), ("v", "a", 1), ("u", "a", 5), ("u", "c", 2)]).histories(
        ["u", "nobody", "v"]
    )
    assert len(histories) == 3
    assert [histories.of(i).tolist() for i in range(3)] == [[2, 1, 0], [], [0]]
    assert histories.lengths.tolist() == [3, 0, 1]
    assert histories.at.tolist() == [2, 5, 5, 1]
    assert histories.types.tolist() == [2, 2, 2, 2]


@given(
    st.lists(st.tuples(st.sampled_from("uvwx"), st.sampled_from("abc"), st.integers(0, 9)), max_size=30),
    st.lists(st.integers(0, 3), max_size=6),
    st.integers(0, 5),
)
def test_taking_users_and_last_events_is_what_slicing_gives(
    events: list[Event], rows: list[int], n: int
) -> None:
    histories = shop(events).histories(["u", "v", "w", "x"])
    taken, last = histories.take(rows), histories.last(n)
    assert [taken.of(i).tolist() for i in range(len(rows))] == [histories.of(row).tolist() for row in rows]
    assert [last.of(i).tolist() for i in range(4)] == [
        histories.of(i).tolist()[len(histories.of(i)) - min(n, len(histories.of(i))) :] for i in range(4)
    ]
    assert taken.users.tolist() == ["uvwx"[row] for row in rows]
    assert last.offsets.dtype == np.int64


def test_other_events_leave_the_catalogue_and_the_users_alone() -> None:
    dataset = shop([("u", "b", 5), ("v", "a", 1)])
    fewer = dataset.with_events(dataset.events.iloc[1:])
    assert fewer.products is dataset.products
    assert fewer.users is dataset.users
    assert fewer.histories().lengths.tolist() == [0, 1]


def test_what_was_written_of_events_that_are_left_out_is_left_out_too() -> None:
    dataset = shop([(user, product, 5) for user in "uvw" for product in ("a", "b", "c")])
    written = pd.DataFrame({c.USER: ["u"], c.PRODUCT: ["b"], c.AT: [5], c.RATING: [5.0], c.TEXT: ["fine"]})
    told = replace(dataset, reviews=written)
    assert told.with_events(told.events.iloc[1:]).reviews.empty
    exam = split(told, "leave-one-out")
    assert exam.train.reviews.empty
    assert exam.split().train.reviews.empty


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({"products": {c.PRODUCT: ["a", "a"], c.TITLE: ["x", "y"]}}, "shop: product id 'a' is given twice"),
        ({"products": {c.PRODUCT: ["a", ""], c.TITLE: ["x", "y"]}}, "shop: product 2 has an empty id"),
        ({"products": {c.PRODUCT: ["a"]}}, "shop: product 'a' has no text; give it a title"),
        (
            {"events": {c.USER: ["u"], c.PRODUCT: ["z"], c.AT: [1]}},
            "event 1 has product_id 'z'; it must be a",
        ),
        ({"events": {c.USER: ["u"], c.PRODUCT: ["a"], c.AT: [None]}}, "event 1 has no time; give `at`"),
        (
            {"events": {c.USER: ["u"], c.PRODUCT: ["a"], c.AT: [1], c.TYPE: ["sold"]}},
            "event 1 has type 'sold'; it must be one of",
        ),
        (
            {"events": {c.USER: ["u"], c.PRODUCT: ["a"], c.AT: [1]}, "users": {c.USER: ["v"]}},
            "event 1 has user_id 'u'; it must be a known user",
        ),
        ({"users": {c.USER: ["u", "u"]}}, "shop: user id 'u' is given twice"),
        (
            {"reviews": {c.USER: ["u"], c.PRODUCT: ["z"], c.AT: [1], c.TEXT: ["fine"]}},
            "review 1 has product_id 'z'; it must be a",
        ),
        (
            {
                "reviews": {c.USER: ["u"], c.PRODUCT: ["a"], c.AT: [1], c.TEXT: ["fine"]},
                "users": {c.USER: []},
            },
            "review 1 has user_id 'u'; it must be a known user",
        ),
        (
            {"links": {c.SOURCE: ["a"], c.TARGET: ["z"], c.TYPE: ["also_bought"]}},
            "link 1 has target_id 'z'; it must be a product",
        ),
        (
            {"links": {c.SOURCE: ["a"], c.TARGET: ["a"], c.TYPE: ["near"]}},
            "link 1 has type 'near'; it must be one of",
        ),
        (
            {"product_attributes": {c.PRODUCT: ["z"], c.KEY: ["k"], c.VALUE: ["v"]}},
            "product attribute 1 has product_id 'z'",
        ),
        (
            {"user_attributes": {c.USER: ["z"], c.KEY: ["k"], c.VALUE: ["v"]}},
            "user attribute 1 has user_id 'z'",
        ),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    tables: dict[str, dict[str, list[object]]], sentence: str
) -> None:
    given_tables = {name: pd.DataFrame(columns) for name, columns in tables.items()}
    products = given_tables.pop("products", PRODUCTS)
    with pytest.raises(DataError, match=sentence):
        Dataset.of("shop", products, **given_tables)  # type: ignore[arg-type]


def test_a_file_that_is_not_finished_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("old")

    def write_half() -> None:
        with atomically(path) as unfinished:
            unfinished.write_text("half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
