"""Figures of whole lists and the parting of targets, against arithmetic by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data import Columns, Dataset, leave_one_out
from cartograph.data.splits import DAY
from cartograph.evaluation.lists import (
    Catalogue,
    coverage,
    diversity,
    gini,
    mean_of,
    product_facts,
    self_information,
)
from cartograph.evaluation.segments import MOST_CATEGORIES, binned, by_category, by_target

c = Columns


def shop_of(events: list[tuple[str, str, int]]) -> Dataset:
    products = pd.DataFrame(
        {
            c.PRODUCT: ["a", "b", "c", "d"],
            c.TITLE: ["A", "B", "C", "D"],
            c.BRAND: ["acme", "acme", "", ""],
            c.CATEGORY: [("shop", "tea", "green"), ("shop", "tea", "black"), ("shop", "pots"), ()],
        }
    )
    attributes = pd.DataFrame(
        {c.PRODUCT: ["a", "c", "c"], c.KEY: ["organic", "organic", "organic"], c.VALUE: ["yes", "yes", "yes"]}
    )
    table = pd.DataFrame(events, columns=[c.USER, c.PRODUCT, c.AT])
    return Dataset.of("tea", products, table, product_attributes=attributes)


EVENTS = [(user, product, DAY * day) for user in ("u", "v") for day, product in enumerate("abcd")]


def test_the_gini_index_is_the_mean_difference_of_all_pairs_over_twice_the_mean() -> None:
    lists = np.array([[0, 1], [0, 2], [0, 1]])
    x = [3, 2, 1, 0]
    pairs = sum(abs(a - b) for a in x for b in x)
    assert gini(lists, 4) == pytest.approx(pairs / (2 * len(x) ** 2 * np.mean(x)))
    assert gini(np.array([[0, 1], [2, 3]]), 4) == 0
    assert gini(np.full((5, 1), 2), 4) == pytest.approx(1 - 1 / 4)


def test_coverage_does_not_count_empty_places() -> None:
    assert coverage(np.array([[3, -1], [3, 0]]), 4) == 2 / 4


def test_self_information_is_the_negative_logarithm_of_the_share_of_users() -> None:
    np.testing.assert_allclose(self_information(np.array([3, 1, 0]), 4), [-np.log2(3 / 4), 2.0, 2.0])


def test_popularity_and_novelty_count_training_events_and_users() -> None:
    events = [*EVENTS, ("u", "a", 0), ("w", "a", 0), ("w", "c", 1)]  # of u and v the last two are kept back
    catalogue = Catalogue.of(leave_one_out(shop_of(events)))
    assert catalogue.events.tolist() == [4, 2, 1, 0]
    bits = [-np.log2(3 / 3), -np.log2(2 / 3), -np.log2(1 / 3), -np.log2(1 / 3)]
    np.testing.assert_allclose(catalogue.novelty, bits)
    figures = catalogue.per_list(np.array([[0, 1], [2, -1]]))
    assert figures["popularity"].tolist() == [(4 + 2) / 2, 1 / 1]
    np.testing.assert_allclose(figures["novelty"], [(bits[0] + bits[1]) / 2, bits[2]])


def test_an_empty_list_has_no_popularity() -> None:
    assert mean_of(np.array([5.0]), np.array([[-1, -1]])).tolist() == [0.0]


def test_facts_are_the_steps_of_the_category_path_the_brand_and_the_attributes() -> None:
    facts = product_facts(shop_of(EVENTS)).toarray()
    # a: shop, tea, green, acme, organic; b: shop, tea, black, acme; c: shop, pots, organic; d: nothing
    assert (facts > 0).sum(axis=1).tolist() == [5, 4, 3, 0]
    np.testing.assert_allclose((facts**2).sum(axis=1), [1, 1, 1, 0])
    np.testing.assert_allclose(facts[0] @ facts[1], 3 / np.sqrt(5 * 4))
    np.testing.assert_allclose(facts[0] @ facts[2], 2 / np.sqrt(5 * 3))


def test_diversity_is_one_minus_the_mean_cosine_of_all_pairs() -> None:
    facts = product_facts(shop_of(EVENTS))
    ab, ac, bc = 3 / np.sqrt(20), 2 / np.sqrt(15), 1 / np.sqrt(12)
    found = diversity(np.array([[0, 1, 2], [1, 0, -1], [2, 3, -1], [0, -1, -1], [-1, -1, -1]]), facts)
    np.testing.assert_allclose(found, [1 - (ab + ac + bc) / 3, 1 - ab, 1, 0, 0], atol=1e-12)


def test_a_catalogue_without_facts_has_no_diversity() -> None:
    products = pd.DataFrame({c.PRODUCT: ["a", "b", "c", "d"], c.TITLE: ["A", "B", "C", "D"]})
    events = pd.DataFrame(EVENTS, columns=[c.USER, c.PRODUCT, c.AT])
    catalogue = Catalogue.of(leave_one_out(Dataset.of("bare", products, events)))
    assert set(catalogue.per_list(np.array([[0, 1]]))) == {"popularity", "novelty"}


@given(st.lists(st.lists(st.integers(-1, 5), min_size=3, max_size=3), min_size=1, max_size=8))
def test_coverage_gini_and_diversity_lie_between_zero_and_one(rows: list[list[int]]) -> None:
    lists = np.array([[p if p not in row[:i] else -1 for i, p in enumerate(row)] for row in rows])
    assert 0 <= coverage(lists, 6) <= 1
    assert 0 <= gini(lists, 6) <= 1
    found = diversity(np.where(lists > 3, -1, lists), product_facts(shop_of(EVENTS)))
    assert ((found >= 0) & (found <= 1)).all()


def test_bins_take_their_start_and_not_their_end() -> None:
    bins = binned(np.array([-1, 0, 6, 7, 400]), (0, 7, 30), below="new", unit=" days")
    assert [bins.names[i] for i in bins.of] == ["new", "0-6 days", "0-6 days", "7-29 days", "30+ days"]
    masks = bins.masks()
    assert list(masks) == ["new", "0-6 days", "7-29 days", "30+ days"]
    assert masks["0-6 days"].tolist() == [False, True, True, False, False]


def test_targets_are_parted_by_what_training_knows() -> None:
    events = [("w", "a", -40 * DAY), ("w", "b", 0), *EVENTS]
    exam = leave_one_out(shop_of(events))
    parts = by_target(exam, exam.open("any"))
    named = {by: [segments.names[i] for i in segments.of] for by, segments in parts.items()}
    # u and v are asked for d, which training does not know, after a, b and c.
    assert named == {
        "product events": ["0", "0"],
        "product age": ["new", "new"],
        "user events": ["3-4", "3-4"],
        "category": ["other", "other"],
    }
    asked = by_target(exam, exam.validation)
    assert [asked["product age"].names[i] for i in asked["product age"].of] == ["new", "new"]
    assert [asked["category"].names[i] for i in asked["category"].of] == ["pots", "pots"]


def test_age_counts_from_the_first_training_event_to_the_last() -> None:
    events = [(f"x{i}", "c", day * DAY) for i, day in enumerate((0, 20))] + [("y", "d", 100 * DAY), *EVENTS]
    exam = leave_one_out(shop_of(events))
    asked = by_target(exam, exam.open("any"))["product age"]
    assert {asked.names[i] for i in asked.of} == {"0-6 days"}
    before = by_target(exam, exam.validation)["product age"]
    assert {before.names[i] for i in before.of} == {"90-364 days"}


def test_categories_are_those_of_the_highest_level_that_tells_products_apart() -> None:
    leaves = [f"leaf {i}" for i in range(MOST_CATEGORIES + 2) for _ in range(i + 1)]
    products = pd.DataFrame(
        {c.PRODUCT: [str(i) for i in range(len(leaves))], c.CATEGORY: [("root", leaf) for leaf in leaves]}
    )
    categories = by_category(Dataset.of("toy", products))
    assert categories.names[0] == f"leaf {MOST_CATEGORIES + 1}"
    assert len(categories.names) == MOST_CATEGORIES + 1
    assert np.bincount(categories.of)[-1] == 1 + 2  # the two smallest
    plain = pd.DataFrame({c.PRODUCT: ["a"], c.TITLE: ["A"]})
    assert by_category(Dataset.of("toy", plain)).names == ("",)
