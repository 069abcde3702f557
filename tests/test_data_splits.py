"""Splits: by hand on a few events, and their promises as properties of any dataset."""

from collections.abc import Callable

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
    Split,
    item_cold,
    leave_one_out,
    split,
    time_split,
    user_cold,
)
from cartograph.data.cold_splits import withheld_products

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
    assert asked(dataset, cut.test) == {"ann": (["p0", "p1", "p2"], ["p3"])}
    assert cut.n_without_target == 2
    assert trained(cut) == [
        ("ann", "p0", 1), ("bob", "p0", 1), ("ann", "p1", 2),
        ("cat", "p4", 3), ("bob", "p2", 5), ("cat", "p5", 8),
    ]  # fmt: skip
    assert cut.cold.tolist() == [False, False, False, True, False, False]


def test_the_time_split_by_hand() -> None:
    dataset = dataset_of(HAND)
    cut = time_split(dataset, validation=0.3, test=0.2)
    # Of the moments 1 1 2 3 3 | 4 5 6 | 7 8 half come before the first window, 0.8 before the second.
    assert trained(cut) == [event for event in sorted(HAND, key=lambda event: event[2]) if event[2] < 4]
    assert asked(dataset, cut.validation) == {
        "ann": (["p0", "p1", "p2"], ["p3"]),
        "bob": (["p0"], ["p2", "p1"]),
    }
    assert asked(dataset, cut.test) == {"cat": (["p4"], ["p5"])}
    assert cut.n_without_target == 2


def test_in_the_time_split_a_product_bought_twice_is_one_target() -> None:
    events = [("ann", "p0", t) for t in range(8)] + [("ann", "p1", 8), ("ann", "p2", 9), ("ann", "p2", 9)]
    dataset = dataset_of(events)
    assert asked(dataset, time_split(dataset, 0.2, 0.15).test)["ann"][1] == ["p2"]


def test_the_item_cold_split_keeps_withheld_products_for_the_test() -> None:
    dataset = dataset_of([(f"u{u}", f"p{(u + i) % 6}", i) for u in range(12) for i in range(4)])
    cut = item_cold(dataset, share=1 / 3)
    withheld = withheld_products(dataset, 1 / 3, 0)
    assert withheld.sum() == 2
    assert cut.cold[withheld].all()
    assert not withheld[cut.validation.targets].any()
    assert withheld[cut.test.targets].any()
    for user, (_, targets) in asked(dataset, cut.test).items():
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
    validation, test = asked(dataset, cut.validation), asked(dataset, cut.test)
    assert (len(validation), len(test)) == (4, 4)
    assert set(map(str, (*validation.values(), *test.values()))) == {"(['p3', 'p4'], ['p5'])"}
    users = set(cut.train.events[c.USER])
    assert "new" in users
    assert users.isdisjoint(validation)
    assert users.isdisjoint(test)
    assert len(users) == 13


@pytest.mark.parametrize("cut", [item_cold, user_cold])
def test_a_seed_gives_the_same_split_again(cut: Callable[..., Split]) -> None:
    dataset = dataset_of([(f"u{u}", f"p{(u + i) % 6}", i) for u in range(30) for i in range(1, 6)])
    first, again, other = cut(dataset, seed=1), cut(dataset, seed=1), cut(dataset, seed=2)
    assert first.train.events.equals(again.train.events)
    assert (first.test.targets == again.test.targets).all()
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
    for cases in (cut.validation, cut.test):
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
    if protocol == "time":
        boundary = cut.train.events[c.AT].max()
        assert cut.validation.histories.at.max() <= boundary
        assert not set(asked(dataset, cut.test)) - set(dataset.users[c.USER])
    if protocol == "item-cold":
        withheld = withheld_products(dataset, 0.3, seed)
        assert cut.cold[withheld].all()
        for cases in (cut.validation, cut.test):
            assert not withheld[cases.histories.products].any()
        assert not withheld[cut.validation.targets].any()
    if protocol == "user-cold":
        asked_users = {*cut.validation.histories.users, *cut.test.histories.users}
        assert asked_users.isdisjoint(cut.train.events[c.USER])
        assert set(cut.validation.histories.users).isdisjoint(cut.test.histories.users)
    if protocol == "leave-one-out":
        targets_of = asked(dataset, cut.test)
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
        ("item-cold", {"share": 0.0}, "share is 0.0; it must be above 0 and below 1"),
        ("user-cold", {"share": 1.0}, "share is 1.0; it must be above 0 and below 1"),
        ("user-cold", {"history": 0}, "history is 0; it must be 1 or more"),
        ("leave-one", {}, "protocol is 'leave-one'; it must be one of .*; did you mean 'leave-one-out'"),
    ],
)
def test_bad_settings_are_refused(protocol: str, settings: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        split(dataset_of(HAND), protocol, **settings)
