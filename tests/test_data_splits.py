"""Splits: by hand on a few events, and their promises as properties of any dataset."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartograph.data import (
    PROTOCOLS,
    Cases,
    Columns,
    DataError,
    Dataset,
    Exam,
    Split,
    item_cold,
    leave_one_out,
    split,
    time_split,
    user_cold,
)
from cartograph.data.cold_splits import withheld_products
from cartograph.data.splits import DAY

c = Columns
Event = tuple[str, str, int]


def dataset_of(events: list[Event], n_products: int = 6, *, timed: bool = True) -> Dataset:
    """Products p0, p1, … in two categories, and these events (user, product, at)."""
    ids = [f"p{i}" for i in range(n_products)]
    products = pd.DataFrame(
        {
            c.PRODUCT: ids,
            c.TITLE: ids,
            c.CATEGORY: [("odd",) if i % 2 else ("even",) for i in range(n_products)],
        }
    )
    table = pd.DataFrame(events, columns=[c.USER, c.PRODUCT, c.AT])
    return Dataset.of("toy", products, table, timed=timed)


def asked(dataset: Dataset, cases: Cases) -> dict[str, tuple[list[str], list[str]]]:
    """History and targets of each user, as ids."""
    ids = dataset.products[c.PRODUCT].to_numpy(object)
    return {
        str(cases.histories.users[i]): (
            list(ids[cases.histories.of(i)]),
            list(ids[cases.targets[cases.offsets[i] : cases.offsets[i + 1]]]),
        )
        for i in range(len(cases))
    }


def trained(cut: Split) -> list[Event]:
    return list(cut.train.events[[c.USER, c.PRODUCT, c.AT]].itertuples(index=False, name=None))


HAND: list[Event] = [
    ("ann", "p0", 1), ("ann", "p1", 2), ("ann", "p2", 3), ("ann", "p3", 4),
    ("bob", "p0", 1), ("bob", "p2", 5), ("bob", "p1", 6), ("bob", "p0", 7),
    ("cat", "p4", 3), ("cat", "p5", 8),
]  # fmt: skip


def test_leave_one_out_by_hand() -> None:
    dataset = dataset_of(HAND)
    cut = leave_one_out(dataset)
    assert asked(dataset, cut.validation) == {
        "ann": (["p0", "p1"], ["p2"]),
        "bob": (["p0", "p2"], ["p1"]),
    }
    # bob's last product is in his history; cat has too few events.
    assert asked(dataset, cut.open("any")) == {"ann": (["p0", "p1", "p2"], ["p3"])}
    assert cut.n_without_target == 2
    assert trained(cut) == [
        ("ann", "p0", 1), ("bob", "p0", 1), ("ann", "p1", 2),
        ("cat", "p4", 3), ("bob", "p2", 5), ("cat", "p5", 8),
    ]  # fmt: skip
    assert cut.cold.tolist() == [False, False, False, True, False, False]
    # What the validation asked for has happened when the test begins.
    assert set(trained(cut.final)) - set(trained(cut)) == {("ann", "p2", 3), ("bob", "p1", 6)}


def test_the_time_split_by_hand() -> None:
    dataset = dataset_of(HAND)
    cut = time_split(dataset, validation=0.3, test=0.2)
    # Of the moments 1 1 2 3 3 | 4 5 6 | 7 8 half come before the first window, 0.8 before the second.
    assert trained(cut) == [event for event in sorted(HAND, key=lambda event: event[2]) if event[2] < 4]
    assert asked(dataset, cut.validation) == {
        "ann": (["p0", "p1", "p2"], ["p3"]),
        "bob": (["p0"], ["p2", "p1"]),
    }
    assert asked(dataset, cut.open("any")) == {"cat": (["p4"], ["p5"])}
    assert cut.n_without_target == 2
    assert trained(cut.final) == [event for event in sorted(HAND, key=lambda event: event[2]) if event[2] < 7]


def test_a_gap_before_each_window_is_known_to_nobody() -> None:
    dataset = dataset_of([(user, f"p{i}", i * DAY) for user in ("ann", "bob") for i in range(6)])
    cut = time_split(dataset, gap=1, window=1)
    # Days 0 1 | gap 2 | validation 3 | gap 4 | test 5, which ends a second after the last event.
    assert trained(cut) == [(user, f"p{i}", i * DAY) for i in (0, 1) for user in ("ann", "bob")]
    assert asked(dataset, cut.validation)["ann"] == (["p0", "p1"], ["p3"])
    assert asked(dataset, cut.open("any"))["ann"] == (["p0", "p1", "p2", "p3"], ["p5"])
    assert cut.settings == {"gap": 1, "window": 1}


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 11), st.integers(0, 40)), min_size=10, max_size=60
    ),
    st.integers(0, 5),
    st.sampled_from([None, 3, 8]),
)
@settings(max_examples=100, deadline=None)
def test_nobody_is_asked_or_taught_what_happens_in_a_gap(
    events: list[tuple[str, int, int]], gap: int, window: int | None
) -> None:
    dataset = dataset_of([(user, f"p{product}", at * DAY) for user, product, at in events], n_products=12)
    try:
        cut = time_split(dataset, gap=gap, window=window)
    except DataError:
        return
    last = dataset.events.groupby([c.USER, c.PRODUCT])[c.AT].max()
    assert cut.train.events[c.AT].max() >= cut.validation.histories.at.max()
    for cases in (cut.validation, cut.open("any")):
        for user, (_, targets) in asked(dataset, cases).items():
            assert min(last[user, target] for target in targets) > cases.histories.at.max() + gap * DAY


def test_a_gap_is_taken_from_the_training_part_and_leaves_the_share_for_validation() -> None:
    dataset = dataset_of([("ann", f"p{i % 100}", i * DAY) for i in range(100)], n_products=100)
    plain, gapped = time_split(dataset), time_split(dataset, gap=5)
    assert plain.open("any").targets.tolist() == gapped.open("any").targets.tolist() == list(range(90, 100))
    assert plain.validation.targets.tolist() == list(range(80, 90))
    assert gapped.validation.targets.tolist() == list(range(75, 85))
    assert len(gapped.train.events) == 70


def test_in_the_time_split_a_product_bought_twice_is_one_target() -> None:
    events = [("ann", "p0", t) for t in range(8)] + [("ann", "p1", 8), ("ann", "p2", 9), ("ann", "p2", 9)]
    dataset = dataset_of(events)
    assert asked(dataset, time_split(dataset, 0.2, 0.15).open("any"))["ann"][1] == ["p2"]


def test_the_item_cold_split_keeps_withheld_products_for_the_test() -> None:
    dataset = dataset_of([(f"u{u}", f"p{(u + i) % 6}", i) for u in range(12) for i in range(4)])
    cut = item_cold(dataset, share=1 / 3)
    withheld = withheld_products(dataset, 1 / 3, 0)
    assert withheld.sum() == 2
    assert cut.cold[withheld].all()
    assert not withheld[cut.validation.targets].any()
    test = cut.open("any")
    assert withheld[test.targets].any()
    for user, (_, targets) in asked(dataset, test).items():
        u = int(user[1:])
        assert targets == [f"p{(u + 3) % 6}"]


def test_withheld_products_are_drawn_in_proportion_from_each_leaf_category() -> None:
    sizes = {"a": 50, "b": 25, "c": 10, "d": 3, "e": 2}
    leaves = [leaf for leaf, size in sizes.items() for _ in range(size)]
    products = pd.DataFrame(
        {c.PRODUCT: [str(i) for i in range(90)], c.CATEGORY: [("root", leaf) for leaf in leaves]}
    )
    withheld = withheld_products(Dataset.of("toy", products), 0.2, seed=7)
    assert withheld.sum() == 18
    drawn = pd.Series(withheld).groupby(leaves).sum()
    assert all(abs(drawn[leaf] - 0.2 * size) <= 1 for leaf, size in sizes.items())


def test_the_user_cold_split_shows_the_few_events_before_the_target() -> None:
    dataset = dataset_of([(f"u{u:02}", f"p{i}", i) for u in range(20) for i in range(6)] + [("new", "p0", 1)])
    cut = user_cold(dataset, history=2, share=0.4, seed=3)
    validation, test = asked(dataset, cut.validation), asked(dataset, cut.open("any"))
    assert len(validation) + len(test) == 8
    assert validation
    assert test
    assert set(map(str, (*validation.values(), *test.values()))) == {"(['p3', 'p4'], ['p5'])"}
    users = set(cut.train.events[c.USER])
    assert "new" in users
    assert users.isdisjoint(validation)
    assert users.isdisjoint(test)
    assert len(users) == 13


def test_much_the_same_users_are_asked_after_one_event_as_after_five() -> None:
    rng = np.random.default_rng(0)
    events = [(f"u{u}", f"p{i % 6}", i) for u in range(200) for i in range(rng.integers(2, 12))]
    dataset = dataset_of(events)
    few, many = (set(user_cold(dataset, history=n).open("any").histories.users) for n in (1, 5))
    able = set(dataset.users[c.USER][dataset.histories().lengths > 5])
    assert len(few & able & many) >= 0.8 * len(few & able)


def test_the_test_part_is_opened_once_for_each_model() -> None:
    cut = leave_one_out(dataset_of(HAND))
    assert len(cut.open("ours")) == len(cut.open("theirs")) == 1
    with pytest.raises(ValueError, match="the test part was opened for 'ours' before; choose settings on"):
        cut.open("ours")


def test_what_a_model_is_fitted_on_does_not_hold_the_test_part() -> None:
    cut = leave_one_out(dataset_of(HAND))
    given = cut.split()
    assert {field.name for field in fields(given)} == {"protocol", "train", "validation", "seed"}
    assert not hasattr(given, "open")
    known = {("ann", "p0"), ("ann", "p1"), ("bob", "p0"), ("cat", "p4"), ("bob", "p2"), ("cat", "p5")}
    assert set(given.train.events[[c.USER, c.PRODUCT]].itertuples(index=False, name=None)) == known


@pytest.mark.parametrize("cut", [item_cold, user_cold])
def test_a_seed_gives_the_same_split_again(cut: Callable[..., Exam]) -> None:
    dataset = dataset_of([(f"u{u}", f"p{(u + i) % 6}", i) for u in range(30) for i in range(1, 6)])
    first, again, other = cut(dataset, seed=1), cut(dataset, seed=1), cut(dataset, seed=2)
    assert first.train.events.equals(again.train.events)
    assert (first.open("any").targets == again.open("any").targets).all()
    assert not first.train.events.equals(other.train.events)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.integers(0, 11).map("p{}".format), st.integers(0, 30)),
        min_size=8,
        max_size=60,
    ),
    st.sampled_from(sorted(PROTOCOLS)),
    st.integers(0, 3),
)
@settings(max_examples=300, deadline=None)
def test_every_split_keeps_its_promises(events: list[Event], protocol: str, seed: int) -> None:
    dataset = dataset_of(events, n_products=12)
    if protocol == "user-cold":
        known: dict[str, float] = {"history": 2, "share": 0.6, "seed": seed}
    elif protocol == "item-cold":
        known = {"share": 0.3, "seed": seed}
    else:
        known = {}
    try:
        cut = split(dataset, protocol, **known)
    except DataError:
        return
    whole = pd.Series(
        dataset.events[[c.USER, c.PRODUCT, c.AT]].itertuples(index=False, name=None)
    ).value_counts()
    part = pd.Series(trained(cut)).value_counts()
    assert (part <= whole.reindex(part.index)).all()
    assert cut.train.events[c.AT].is_monotonic_increasing
    assert cut.train.products is dataset.products
    assert (cut.cold == ~dataset.products[c.PRODUCT].isin(cut.train.events[c.PRODUCT])).all()
    assert cut.n_without_target >= 0
    test = cut.open("any")
    for cases in (cut.validation, test):
        assert len(cases) > 0
        assert (np.diff(cases.offsets) > 0).all()
        assert cases.offsets[-1] == len(cases.targets)
        for i in range(len(cases)):
            history = cases.histories.of(i)
            targets = cases.targets[cases.offsets[i] : cases.offsets[i + 1]]
            assert len(history) > 0
            assert set(history).isdisjoint(targets)
            assert len(set(targets)) == len(targets)
            at = cases.histories.at[cases.histories.offsets[i] : cases.histories.offsets[i + 1]]
            assert (np.diff(at) >= 0).all()
            own = dataset.events[dataset.events[c.USER] == cases.histories.users[i]]
            for target in targets:
                moments = own.loc[own[c.PRODUCT] == dataset.products[c.PRODUCT].iloc[target], c.AT]
                assert moments.max() >= at[-1]
    final = pd.Series(trained(cut.final)).value_counts()
    assert (part <= final.reindex(part.index)).all()
    assert (final <= whole.reindex(final.index)).all()
    assert not len(cut.final.validation)
    for user, (_, wanted) in asked(dataset, test).items():
        assert {product for who, product, _ in final.index if who == user}.isdisjoint(wanted)
    for user, (_, wanted) in asked(dataset, cut.validation).items():
        assert set(wanted) <= {product for who, product, _ in final.index if who == user}
    if protocol == "time":
        boundary = cut.train.events[c.AT].max()
        assert cut.validation.histories.at.max() <= boundary
        assert not set(asked(dataset, test)) - set(dataset.users[c.USER])
    if protocol == "item-cold":
        withheld = withheld_products(dataset, 0.3, seed)
        assert cut.cold[withheld].all()
        for cases in (cut.validation, test):
            assert not withheld[cases.histories.products].any()
        assert not withheld[cut.validation.targets].any()
    if protocol == "user-cold":
        asked_users = {*cut.validation.histories.users, *test.histories.users}
        assert asked_users.isdisjoint(cut.train.events[c.USER])
        assert set(cut.validation.histories.users).isdisjoint(test.histories.users)
    if protocol == "leave-one-out":
        targets_of = asked(dataset, test)
        for user, (before, _) in asked(dataset, cut.validation).items():
            assert [product for who, product, _ in trained(cut) if who == user] == before
            assert user not in targets_of or targets_of[user][0][:-1] == before


def test_splits_that_leave_nothing_are_refused() -> None:
    with pytest.raises(
        DataError, match="toy: protocol 'leave-one-out' leaves the validation part empty; it takes"
    ):
        leave_one_out(dataset_of([("ann", "p0", 1), ("ann", "p1", 2)]))
    with pytest.raises(DataError, match="toy: protocol 'time' needs times; give the events a column `at`"):
        time_split(dataset_of(HAND, timed=False))
    with pytest.raises(DataError, match="toy: protocol 'item-cold' leaves the training part empty"):
        item_cold(dataset_of([("ann", "p0", 1)]))


@pytest.mark.parametrize(
    ("protocol", "settings", "sentence"),
    [
        ("time", {"test": 1.5}, "validation 0.1 and test 1.5 must be above 0 and below 1 together"),
        ("time", {"validation": 0.6, "test": 0.5}, "validation 0.6 and test 0.5 must be"),
        ("time", {"gap": -1}, "gap -1 and window None are in days; they must not be negative"),
        ("time", {"window": 0}, "gap 0.0 and window 0 are in days; they must not be negative, nor window 0"),
        ("item-cold", {"share": 0.0}, "share is 0.0; it must be above 0 and below 1"),
        ("user-cold", {"share": 1.0}, "share is 1.0; it must be above 0 and below 1"),
        ("user-cold", {"history": 0}, "history is 0; it must be 1 or more"),
        ("leave-one", {}, "protocol is 'leave-one'; it must be one of .*; did you mean 'leave-one-out'"),
    ],
)
def test_bad_settings_are_refused(protocol: str, settings: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        split(dataset_of(HAND), protocol, **settings)
