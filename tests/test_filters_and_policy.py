"""What a shop narrows and bends a ranking with."""

import numpy as np
import pytest

from cartograph.data import UnknownIdError
from cartograph.serving.filters import Filter
from cartograph.serving.policy import Boost, Candidates, Cap, Pin, Policy, arrange
from cartograph.serving.recommender import Recommender


def asked(recommender: Recommender, **settings: object) -> list[str]:
    """Twenty products for a visitor who looked at a spade and a shoe."""
    return recommender.for_events(["p00", "p10"], 20, **settings).product_ids  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("where", "group"),
    [
        (Filter(brands=["brand 2"]), "2"),
        (Filter(categories=["shop > garden spade"]), "0"),
        (Filter(attributes={"colour": ["red"]}, categories=["shop"], brands=["brand 1"]), "1"),
    ],
)
def test_a_filter_lets_through_what_it_names(recommender: Recommender, where: Filter, group: str) -> None:
    found = asked(recommender, where=where)
    assert found
    assert {product[1] for product in found} == {group}


def test_a_category_includes_what_is_below_it_and_nothing_beside_it(recommender: Recommender) -> None:
    assert len(asked(recommender, where=Filter(categories=["shop"]))) == 20
    assert asked(recommender, where=Filter(categories=["sho"])) == []


def test_prices_bound_what_is_shown(recommender: Recommender) -> None:
    found = recommender.for_events(["p00"], 20, where=Filter(min_price=3, max_price=5))
    assert found
    assert all(item.price is not None and 3 <= item.price <= 5 for item in found)


def test_lists_allow_and_deny(recommender: Recommender) -> None:
    assert set(asked(recommender, where=Filter(only=["p20", "p21", "p22"], without=["p21", "gone"]))) == {
        "p20",
        "p22",
    }
    with pytest.raises(UnknownIdError, match="no product 'nope' in the index"):
        asked(recommender, where=Filter(only=["nope"]))


def test_what_is_not_known_to_be_sold_out_is_in_stock(recommender: Recommender) -> None:
    assert len(asked(recommender, where=Filter(in_stock=True))) == 20


def test_names_that_no_product_has_match_nothing(recommender: Recommender) -> None:
    assert asked(recommender, where=Filter(brands=["no such brand"])) == []
    assert asked(recommender, where=Filter(attributes={"colour": ["no such"]})) == []
    assert recommender.similar("p00", where=Filter(brands=["no such brand"])).product_ids == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_price": 5, "max_price": 3}, "min_price is 5 and max_price 3; nothing is between"),
        ({"min_price": float("nan")}, "min_price is nan; give a number"),
        ({"max_price": -1}, "max_price is -1; give a number, 0 or more"),
        ({"brands": "brand 1"}, "brands is the text 'brand 1'; give a list"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Filter(**wrong)  # type: ignore[arg-type]


def test_the_empty_policy_leaves_the_ranking_alone(recommender: Recommender) -> None:
    assert asked(recommender, policy=Policy()) == asked(recommender)


def test_a_pin_holds_its_position_unless_a_filter_forbids_it(recommender: Recommender) -> None:
    policy = Policy(pins=[Pin("p33", 1), Pin("p22", 3)])
    found = asked(recommender, policy=policy)
    assert (found[0], found[2]) == ("p33", "p22")
    assert len(set(found)) == 20
    assert "p33" not in asked(recommender, policy=policy, where=Filter(brands=["brand 0"]))


def test_boosts_lift_and_bury(recommender: Recommender) -> None:
    threes = Filter(brands=["brand 3"])
    lifted = asked(recommender, policy=Policy(boosts=[Boost(threes, 20)]))
    buried = asked(recommender, policy=Policy(boosts=[Boost(threes, -20)]))
    assert {product[1] for product in lifted[:8]} == {"3"}
    assert "3" not in {product[1] for product in buried}


def test_a_cap_bounds_every_brand(recommender: Recommender) -> None:
    found = recommender.for_events(["p00"], 8, policy=Policy(caps=[Cap("brand", 2)]))
    assert max(np.unique([item.brand for item in found], return_counts=True)[1]) == 2
    assert len(recommender.for_events(["p00"], 32, policy=Policy(caps=[Cap("category", 2)]))) == 8


def test_the_dial_makes_room_for_new_products(recommender: Recommender) -> None:
    new = {row for row, events in enumerate(recommender.index.n_events) if not events}
    ids = {recommender.catalogue.ids[row] for row in new}
    assert not ids <= set(asked(recommender))
    assert ids <= set(asked(recommender, policy=Policy(fresh=1.0))[:10])
    assert not ids & set(asked(recommender, policy=Policy(fresh=-1.0)))


def test_diversity_counts_likeness_against_a_product() -> None:
    """Three alike and one apart: value is `(1 - d) · worth - d · likeness`, worth from 0 to 1."""
    vectors = np.array([[1, 0], [1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)
    scores = np.array([1.0, 0.9, 0.8, 0.5], dtype=np.float32)
    groups = {"brand": np.array([0, 0, 0, 1]), "category": np.full(4, -1)}
    found = Candidates(scores, vectors, np.full(4, 9), groups)

    def order(policy: Policy, k: int = 4) -> list[int]:
        rows, _ = arrange(found, policy, k, {}, lambda where: np.ones(4, dtype=bool))
        return [int(row) for row in rows]

    assert order(Policy()) == [0, 1, 2, 3]
    # After 0: 1 has .5 · .8 - .5 · 1 = -.1, 2 has .5 · .6 - .5 · .8 = -.1, 3 has 0 - 0 = 0.
    assert order(Policy(diversity=0.5), 2) == [0, 3]
    assert order(Policy(diversity=0.3), 2) == [0, 1]  # .7 · .8 - .3 = .26, 2: .18, 3: 0
    assert order(Policy(caps=[Cap("brand", 1)])) == [0, 3]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Policy(diversity=2), "diversity is 2; it must be from 0 to 1"),
        (lambda: Policy(fresh=-3), "fresh is -3; it must be from -1 to 1"),
        (lambda: Pin("p", 0), "position is 0; it must be at least 1"),
        (lambda: Cap("colour", 1), "by is 'colour'; it must be 'brand' or 'category'"),  # type: ignore[arg-type]
        (lambda: Cap("brand", 0), "most is 0; it must be at least 1"),
        (lambda: Policy(pins=[Pin("a", 1), Pin("b", 1)]), "two pins share a position"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]
