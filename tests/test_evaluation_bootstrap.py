"""Intervals and paired tests: by hand where it can be, else against what theory says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data import Dataset, leave_one_out
from cartograph.evaluation import BASELINES, examine
from cartograph.evaluation.bootstrap import Sample, draws, interval, p_value, resample
from cartograph.evaluation.report import against_best, holm

FEW = {name: BASELINES[name] for name in ("popular", "item-knn")}


def test_every_resample_draws_as_many_users_as_there_are() -> None:
    counts = np.concatenate(list(draws(7, resamples=50)), axis=1)
    assert counts.shape == (7, 50)
    assert (counts.sum(axis=0) == 7).all()
    np.testing.assert_allclose(counts.mean(), 1.0)


def test_draws_are_the_same_again_and_in_chunks_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert np.array_equal(next(draws(5, 8, seed=1)), next(draws(5, 8, seed=1)))
    monkeypatch.setattr("cartograph.evaluation.bootstrap.CHUNK", 15)
    assert [part.shape for part in draws(5, 8)] == [(5, 3), (5, 3), (5, 2)]


def test_a_resampled_figure_is_the_mean_of_the_users_drawn() -> None:
    values = np.array([[0.0, 10.0], [1.0, 20.0], [4.0, 60.0]])
    (figures,) = resample([Sample([np.arange(3)], [values])], 3, resamples=20, seed=5)
    counts = next(draws(3, 20, seed=5))
    for column in range(20):
        drawn = np.repeat(values, counts[:, column].astype(int), axis=0)
        np.testing.assert_allclose(figures[column], drawn.mean(axis=0))


def test_seeds_are_averaged_after_users_and_a_user_is_drawn_with_all_seeds() -> None:
    first, second = np.array([[1.0], [3.0]]), np.array([[10.0], [20.0]])
    sample = Sample([np.array([0, 1]), np.array([1, 2])], [first, second])
    assert sample.means().tolist() == [(2.0 + 15.0) / 2]
    assert sample.n_distinct == 3
    (figures,) = resample([sample], 3, resamples=40)
    counts = next(draws(3, 40))
    for (a, b, c), figure in zip(counts.T, figures[:, 0], strict=True):
        means = [(a * 1 + b * 3) / (a + b)] if a + b else []
        means += [(b * 10 + c * 20) / (b + c)] if b + c else []
        assert figure == pytest.approx(np.mean(means))


def test_a_resample_without_anybody_of_a_segment_is_left_out_of_its_interval() -> None:
    (figures,) = resample([Sample([np.array([0])], [np.array([[2.0]])])], 3, resamples=60)
    assert np.isnan(figures).any()
    assert interval(figures).tolist() == [[2.0], [2.0]]


def test_the_interval_is_that_of_the_normal_distribution_for_many_users() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, (4000, 1))
    (figures,) = resample([Sample([np.arange(4000)], [values])], 4000, resamples=2000)
    half = 1.96 * values.std() / np.sqrt(4000)
    np.testing.assert_allclose(
        interval(figures)[:, 0], [values.mean() - half, values.mean() + half], atol=0.01
    )


def test_the_interval_holds_the_true_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for trial in range(200):
        values = rng.random((40, 1)) < 0.3
        (figures,) = resample([Sample([np.arange(40)], [values.astype(float)])], 40, 400, seed=trial)
        low, high = interval(figures)[:, 0]
        inside += low <= 0.3 <= high
    assert 0.88 <= inside / 200 <= 0.99


def test_p_counts_shifted_differences_as_far_from_zero_as_the_seen_one() -> None:
    # 2 - 2, 5 - 2, -1 - 2, 2.5 - 2: two of four are 2 or more from zero
    assert p_value(2.0, np.array([2.0, 5.0, -1.0, 2.5])) == (2 + 1) / (4 + 1)
    assert p_value(0.0, np.zeros(9)) == 1.0
    assert p_value(1.0, np.array([1.0, np.nan, 1.1])) == (0 + 1) / (2 + 1)


def test_p_is_evenly_spread_where_nothing_differs() -> None:
    rng = np.random.default_rng(2)
    low = 0
    for trial in range(200):
        difference = rng.normal(0, 1, (60, 1))
        (figures,) = resample([Sample([np.arange(60)], [difference])], 60, 300, seed=trial)
        low += p_value(float(difference.mean()), figures[:, 0]) <= 0.1
    assert 0.05 <= low / 200 <= 0.17


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(a >= p and a <= 1 for a, p in zip(adjusted, values, strict=True))
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def test_differences_are_paired_and_turned_towards_the_best(shop: Dataset) -> None:
    document = examine([leave_one_out(shop)], {**FEW, "again": BASELINES["popular"]})
    models = document["models"]
    rows = {(r["model"], r["other"]): r for r in document["differences"] if r["figure"] == "ndcg@10"}
    same = rows["again", "popular"]
    assert (same["difference"], same["interval"], same["p"]) == (0.0, [0.0, 0.0], 1.0)
    best, compared = against_best(document)
    assert best == "item-knn"
    assert {row["other"] for row in compared} == {"popular", "again"}
    for row in compared:
        expected = models["item-knn"]["overall"]["ndcg@10"] - models["popular"]["overall"]["ndcg@10"]
        assert row["difference"] == pytest.approx(expected)
        assert 0 < row["interval"][0] < expected < row["interval"][1]
        assert row["p"] < 0.01


def test_a_figure_lies_within_its_interval(shop: Dataset) -> None:
    entry = examine([leave_one_out(shop)], FEW)["models"]["popular"]
    for segment in (entry["overall"], *entry["segments"]["product events"].values()):
        for figure, (low, high) in segment.get("intervals", {}).items():
            assert low <= segment[figure] <= high


def test_a_segment_of_few_users_has_no_interval(shop: Dataset) -> None:
    few = leave_one_out(
        shop.with_events(shop.events[shop.events["user_id"].isin([f"u{i}" for i in range(9)])])
    )
    entry = examine([few], {"popular": BASELINES["popular"]})["models"]["popular"]
    assert "recall@10" in entry["overall"]
    assert "intervals" not in entry["overall"]
