"""What completes a basket: counted by hand on seven products, and on a shop with planted complements."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from cartograph.data import Histories, RunError
from cartograph.data.dataset import FloatArray, IntArray, StrArray
from cartograph.serving.baskets import MOST, VISIT, BasketConfig, Baskets, basket_products

PLAIN = BasketConfig(damping=1e-6, popularity_discount=0.0, size_discount=0.0, substitutes=0.0)


@dataclass(frozen=True)
class Products:
    ids: StrArray
    text: FloatArray
    leaf: IntArray
    popularity: FloatArray


def products(leaf: list[int], text: FloatArray | None = None) -> Products:
    n = len(leaf)
    ids = np.array([f"p{row}" for row in range(n)], dtype=object)
    popularity = np.linspace(0, 1, n, dtype=np.float32)
    return Products(ids, np.eye(n, dtype=np.float32) if text is None else text, np.array(leaf), popularity)


def bought(visits: list[list[list[int]]], kinds: list[list[int]] | None = None) -> Histories:
    """For each user the baskets, a day apart."""
    flat = [(user, at * 86_400, p) for user, own in enumerate(visits) for at, b in enumerate(own) for p in b]
    users, at, rows = (np.array(column, dtype=np.int64) for column in zip(*flat, strict=True))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(users))])
    types = np.full(len(rows), 2) if kinds is None else np.array([k for own in kinds for k in own])
    return Histories(np.array([f"u{i}" for i in range(len(visits))], dtype=object), offsets, rows, types, at)


def test_a_basket_holds_the_products_of_a_visit_once() -> None:
    found = basket_products(bought([[[0, 1, 1], [2]], [[1, 2]]]), 3, timed=True)
    assert found.toarray().tolist() == [[1, 1, 0], [0, 1, 1]]


def test_a_pause_ends_a_visit() -> None:
    histories = replace(bought([[[0, 1, 2]]]), at=np.array([0, VISIT, 2 * VISIT + 1]))
    assert basket_products(histories, 3, timed=True).toarray().tolist() == [[1, 1, 0]]


def test_without_times_a_whole_history_is_a_basket() -> None:
    assert basket_products(bought([[[0], [1], [2]]]), 3, timed=False).toarray().tolist() == [[1, 1, 1]]


def test_views_do_not_count_where_there_are_purchases() -> None:
    histories = bought([[[0, 1, 2, 3]]], [[0, 2, 0, 2]])
    assert basket_products(histories, 4, timed=True).toarray().tolist() == [[0, 1, 0, 1]]
    seen = replace(histories, types=np.zeros(4, dtype=np.int64))
    assert basket_products(seen, 4, timed=True).toarray().tolist() == [[1, 1, 1, 1]]


def test_huge_baskets_are_left_out() -> None:
    assert basket_products(bought([[list(range(MOST + 1))]]), MOST + 1, timed=True).shape == (0, MOST + 1)


def test_scores_are_the_sum_of_the_formula() -> None:
    histories, config = bought([[[0, 1], [0, 1, 2], [3, 0]]]), BasketConfig(2.0, 0.25, 0.5, substitutes=0.0)
    known = products([-1] * 5)
    scores = Baskets.of(histories, known.leaf, timed=True, config=config).complete(np.array([0, 2]), known)
    pair, three = 2**-0.5, 3**-0.5
    both, alone = 2 * pair + three, three
    expected = ((pair + three) / (both + 2) + three / (alone + 2)) / (pair + three) ** 0.25
    assert scores[1] == pytest.approx(expected, rel=1e-4)
    assert scores[3] == pytest.approx(pair / (both + 2) / pair**0.25, rel=1e-4)
    assert np.isneginf(scores[[0, 2]]).all()


def test_an_empty_basket_and_an_unknown_one_are_completed_by_popularity() -> None:
    known = products([-1] * 4)
    baskets = Baskets.of(bought([[[0, 1]]]), known.leaf, timed=True)
    assert baskets.complete(np.zeros(0, dtype=np.int64), known).argsort()[::-1].tolist() == [3, 2, 1, 0]
    assert baskets.complete(np.array([3]), known).argsort()[::-1].tolist() == [2, 1, 0, 3]


def test_a_product_that_was_in_no_basket_is_taken_for_one_of_its_kind() -> None:
    known = products([0, 1, 0, 1, 2, 2])  # burgers 0 and 2, buns 1 and 3, soap 4 and 5; 2 and 3 are new
    baskets = Baskets.of(bought([[[0, 1], [0, 1], [4, 5]]]), known.leaf, timed=True, config=PLAIN)
    assert baskets.complete(np.array([0]), known)[3] == pytest.approx(1.0, rel=1e-4)  # as bun 1 does
    new = baskets.complete(np.array([2]), known)
    assert new[1] == pytest.approx(1.0, rel=1e-4)
    assert new[[4, 5]].max() < 1e-5


def test_products_that_came_after_counting_are_scored_too() -> None:
    counted, now = products([0, 1]), products([0, 1, 1, 7])
    baskets = Baskets.of(bought([[[0, 1]]]), counted.leaf, timed=True, config=PLAIN)
    scores = baskets.complete(np.array([0]), now)
    assert scores[2] == pytest.approx(1.0, rel=1e-4)
    assert scores[3] < 1e-5
    assert baskets.complete(np.array([3]), now)[:3].max() < 1e-5


def test_a_substitute_loses_by_how_alike_it_is() -> None:
    text = np.array([[1, 0], [1, 0], [0.6, 0.8], [1, 0]], dtype=np.float32)
    known = products([0, 0, 0, 1], text)  # 1 is the same kind and text, 2 the same kind, 3 the same text
    histories = bought([[[0, 1], [0, 2], [0, 3]]])
    before = Baskets.of(histories, known.leaf, timed=True, config=PLAIN)
    after = before.with_config(replace(PLAIN, substitutes=0.5))
    kept = after.complete(np.array([0]), known)[1:] / before.complete(np.array([0]), known)[1:]
    assert kept.tolist() == pytest.approx([0.5, 0.7, 1.0], abs=1e-4)


def test_planted_complements_are_found_before_substitutes() -> None:
    """Ten kinds of four alike products; who buys one of kind 2k buys one of kind 2k + 1."""
    rng = np.random.default_rng(0)
    leaf = np.repeat(np.arange(10), 4)
    known = products(leaf.tolist(), np.eye(10, dtype=np.float32)[leaf])
    pairs = rng.integers(0, 5, 2000)
    visits = [
        [[int(8 * k + rng.integers(4)), int(8 * k + 4 + rng.integers(4)), int(rng.integers(40))]]
        for k in pairs
    ]
    baskets = Baskets.of(bought(visits), known.leaf, timed=True)
    for row in range(40):
        best = np.argsort(-baskets.complete(np.array([row]), known))[:4]
        assert set(leaf[best]) == {leaf[row] ^ 1}


def test_a_product_names_whom_it_goes_with() -> None:
    known = products([-1] * 5)
    baskets = Baskets.of(bought([[[0, 1], [2, 3], [2, 1], [2, 1]]]), known.leaf, timed=True, config=PLAIN)
    found = baskets.partners(np.array([0, 2, 9]), np.array([1, 3, 4, 8]))
    assert found.tolist() == [0, 1, -1, -1]  # every basket with 0 has 1, two thirds of those with 2 have


def test_counts_survive_being_written(tmp_path: Path) -> None:
    known = products([0, 1, 0, 1])
    baskets = Baskets.of(bought([[[0, 1], [2, 1]]]), known.leaf, timed=True)
    baskets.save(tmp_path / "baskets")
    again = Baskets.load(tmp_path / "baskets")
    for row in range(4):
        asked = np.array([row])
        np.testing.assert_array_equal(again.complete(asked, known), baskets.complete(asked, known))


def test_counts_that_are_not_there_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is absent or damaged; run `cartograph train` again"):
        Baskets.load(tmp_path / "baskets")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"substitutes": 1.5}, "substitutes is 1.5; it must be in"),
        ({"popularity_discount": -1.0}, "popularity_discount is -1.0; it must be in"),
        ({"damping": 0.0}, "damping is 0.0, .* must be above 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BasketConfig(**wrong)  # type: ignore[arg-type]
