"""The k-core, against an example done by hand and against dropping one at a time."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data import Columns, DataError, Dataset, k_core

Pairs = list[tuple[str, str]]


def shop(pairs: Pairs) -> Dataset:
    """Users a-h and products p-w, all with an attribute, and the given events in order."""
    products = pd.DataFrame({Columns.PRODUCT: list("pqrstuvw"), Columns.TITLE: "a thing"})
    users = pd.DataFrame({Columns.USER: list("abcdefgh")})
    events = pd.DataFrame(pairs, columns=[Columns.USER, Columns.PRODUCT], dtype="str")
    return Dataset.of(
        "shop",
        products,
        events.assign(**{Columns.AT: range(len(pairs))}),
        users=users,
        product_attributes=products[[Columns.PRODUCT]].assign(key="colour", value="red"),
        user_attributes=users.assign(key="city", value="Ulm"),
        links=pd.DataFrame({Columns.SOURCE: ["p", "p"], Columns.TARGET: ["q", "r"], "type": "also_bought"}),
        reviews=pd.DataFrame(
            {Columns.USER: ["a", "c", "a"], Columns.PRODUCT: ["p", "p", "r"], Columns.AT: 0, "text": "fine"}
        ),
    )


def pairs_of(dataset: Dataset) -> Pairs:
    events = dataset.events[[Columns.USER, Columns.PRODUCT]]
    return [(user, product) for user, product in events.to_numpy().tolist()]


def test_dropping_one_product_drops_all_that_hung_on_it() -> None:
    # s has one event, so d is left with one (r), so r with one (c's), so c with one (p): out they go.
    pairs = [("a", "p"), ("d", "s"), ("a", "q"), ("c", "r"), ("b", "q"), ("b", "p"), ("c", "p"), ("d", "r")]
    core = k_core(shop(pairs), 2)
    assert pairs_of(core) == [("a", "p"), ("a", "q"), ("b", "q"), ("b", "p")]
    assert core.name == "shop 2-core"
    assert core.users[Columns.USER].tolist() == ["a", "b"]
    assert core.products[Columns.PRODUCT].tolist() == ["p", "q"]
    assert core.product_attributes[Columns.PRODUCT].tolist() == ["p", "q"]
    assert core.user_attributes[Columns.USER].tolist() == ["a", "b"]
    assert core.links[[Columns.SOURCE, Columns.TARGET]].to_numpy().tolist() == [["p", "q"]]
    assert core.reviews[[Columns.USER, Columns.PRODUCT]].to_numpy().tolist() == [["a", "p"]]


def test_the_1_core_drops_those_without_an_event() -> None:
    core = k_core(shop([("a", "p"), ("a", "p")]), 1)
    assert (len(core.users), len(core.products), len(core.events)) == (1, 1, 2)


def test_a_core_of_nothing_and_a_k_below_one_are_refused() -> None:
    with pytest.raises(DataError, match="shop: no user and product have 3 events among each other; lower k"):
        k_core(shop([("a", "p"), ("b", "q")]), 3)
    with pytest.raises(ValueError, match="k of the k-core is 0; it must be 1 or more"):
        k_core(shop([("a", "p")]), 0)


def one_at_a_time(pairs: Pairs, k: int) -> Pairs:
    """The k-core by its definition, dropping a single user or product at a time."""
    while True:
        users, products = Counter(user for user, _ in pairs), Counter(product for _, product in pairs)
        poor = [("user", name) for name, n in users.items() if n < k]
        poor += [("product", name) for name, n in products.items() if n < k]
        if not poor:
            return pairs
        kind, name = poor[0]
        pairs = [pair for pair in pairs if pair[kind == "product"] != name]


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("pqrstuvw")), min_size=1, max_size=60),
    st.integers(1, 4),
)
def test_the_order_of_dropping_does_not_matter(pairs: Pairs, k: int) -> None:
    wanted = one_at_a_time(pairs, k)
    if not wanted:
        with pytest.raises(DataError):
            k_core(shop(pairs), k)
        return
    core = k_core(shop(pairs), k)
    assert pairs_of(core) == wanted
    assert set(core.users[Columns.USER]) == {user for user, _ in wanted}
    assert set(core.products[Columns.PRODUCT]) == {product for _, product in wanted}
    assert pairs_of(k_core(core, k)) == wanted
