"""Spectral vectors against a dense decomposition, of planted users, and what they add to a score."""

import dataclasses

import numpy as np
import pytest

from cartograph.data import Histories
from cartograph.serving.nearest import LARGE
from cartograph.serving.ranker import Ranker, one_user, top
from cartograph.serving.run import Run
from cartograph.serving.spectral import DIRECTIONS, spectral_vectors
from tests.planted import planted_shop
from tests.test_second_stage import histories_of, index_of


def two_circles(n_users: int = 80) -> Histories:
    """Users who choose among ten products, and users who choose among ten others; 20 is chosen by none."""
    rng = np.random.default_rng(0)
    return histories_of([(rng.permutation(10)[:5] + 10 * (user % 2)).tolist() for user in range(n_users)])


def test_they_are_the_leading_singular_vectors_at_unit_length() -> None:
    rng = np.random.default_rng(1)
    rows = [rng.permutation(100)[: rng.integers(2, 30)].tolist() for _ in range(150)]
    chosen = np.zeros((150, 100))
    for user, products in enumerate(rows):
        chosen[user, products] = 1
    normalised = chosen / np.sqrt(chosen.sum(axis=1, keepdims=True) * chosen.sum(axis=0))
    leading = np.linalg.svd(normalised)[2][:DIRECTIONS].T
    leading /= np.linalg.norm(leading, axis=1, keepdims=True)
    found = spectral_vectors(histories_of(rows), 100)
    assert found.shape == (100, DIRECTIONS)
    np.testing.assert_allclose(found @ found.T, leading @ leading.T, atol=1e-3)


def test_what_other_users_choose_is_another_direction_and_what_nobody_chose_has_none() -> None:
    found = spectral_vectors(two_circles(), 21)
    cosines = found @ found.T
    assert np.abs(cosines[:10, 10:20]).max() < 1e-4
    np.testing.assert_allclose(np.diag(cosines)[:20], 1, atol=1e-5)
    assert not found[20].any()


def test_choosing_twice_counts_once_and_the_order_not_at_all() -> None:
    rows = [[0, 1, 2], [1, 3, 4], [2, 3, 5], [0, 4, 5]]
    once = spectral_vectors(histories_of(rows), 6)
    again = spectral_vectors(histories_of([[*reversed(row), row[0]] for row in rows]), 6)
    np.testing.assert_allclose(once @ once.T, again @ again.T, atol=1e-4)


@pytest.mark.parametrize("rows", [[], [[]], [[0]], [[0, 1]], [[0], [1]], [[0, 1], [0, 1]]])
def test_however_few_users_and_products_there_are(rows: list[list[int]]) -> None:
    found = spectral_vectors(histories_of(rows), 3)
    assert len(found) == 3
    assert np.isfinite(found).all()
    assert not found[2].any()


def test_a_score_gains_the_cosine_with_all_that_was_chosen(trained: Run) -> None:
    index = Ranker.load(trained.index).index
    histories = planted_shop().histories()
    without, half = (
        index.with_fusion(dataclasses.replace(index.fusion, spectral_weight=weight)) for weight in (0.0, 0.5)
    )
    gain = half.scores(histories) - without.scores(histories)
    chosen = histories.of(7)[-index.max_history :]
    leaning = index.spectral[chosen].sum(axis=0)
    expected = index.spectral @ leaning / np.linalg.norm(leaning)
    np.testing.assert_allclose(gain[7], 0.5 * expected, atol=1e-5)


def test_the_short_list_holds_what_spectral_vectors_alone_would_rank_first() -> None:
    rng = np.random.default_rng(0)
    n = LARGE + 500
    towards = rng.normal(size=(n, 16)).astype(np.float32)
    blank = index_of(np.full((n, 4), 1e-3), np.ones(n, dtype=np.int64))
    fusion = dataclasses.replace(blank.fusion, text_weight=0.0, spectral_weight=0.5)
    spectral = towards / np.linalg.norm(towards, axis=1, keepdims=True)
    index = dataclasses.replace(blank, spectral=spectral, fusion=fusion)
    for _ in range(20):
        user = one_user(rng.choice(n, 5, replace=False))
        exact = top(index.parts(user).scores_of_new[0], 10)
        parts = index.parts(user).narrowed()
        assert len(parts.rows) < n // 4
        assert parts.rows[top(parts.scores_of_new[0], 10)].tolist() == exact.tolist()
