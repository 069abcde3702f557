"""Every baseline keeps one contract; the closed forms and neighbours also agree with arithmetic by hand."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from cartograph.data import CartographError, DataError, Dataset, Histories, leave_one_out, matrices, user_cold
from cartograph.data.splits import Cases, Exam, Split
from cartograph.evaluation import BASELINES, Scorer, linear_models, rank_targets
from cartograph.evaluation.content import tfidf
from cartograph.evaluation.extras import import_extra
from cartograph.evaluation.factorisation import AlsConfig, BprConfig
from cartograph.evaluation.lightgcn import LightGcnConfig
from cartograph.evaluation.linear_models import LinearConfig, ease_weights, examples, next_product_weights
from cartograph.evaluation.neighbours import NeighbourConfig
from cartograph.evaluation.popularity import PopularityConfig
from cartograph.evaluation.sasrec import SasRecConfig
from cartograph.evaluation.tuning import Baseline
from tests.planted import planted_shop

SMALL: dict[str, list[Any]] = {
    "als": [AlsConfig(factors=8)],
    "bpr": [BprConfig(factors=8)],
    "lightgcn": [LightGcnConfig(d=8, epochs=4)],
    "sasrec": [SasRecConfig(d=16, layers=1, dropout=0.1, steps=30, epochs=3)],
}
"""Settings for a shop of 32 products; the others are chosen from their grids."""

UNPERSONAL = ("popular", "recent")


def small(name: str) -> Baseline[Any]:
    baseline = BASELINES[name]
    return replace(baseline, grid=lambda split: SMALL[name]) if name in SMALL else baseline


_looks = count()


def asked_of(exam: Exam) -> Cases:
    """The test part, for as many looks as there are tests."""
    return exam.open(f"look {next(_looks)}")


@lru_cache
def fitted(name: str) -> tuple[Exam, Scorer]:
    split = leave_one_out(planted_shop())
    return split, small(name)(split)


def of(histories: Sequence[Sequence[int]], at: Sequence[Sequence[int]] | None = None) -> Histories:
    flat = np.array([p for row in histories for p in row], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in histories])]).astype(np.int64)
    names = np.array([f"nobody {i}" for i in range(len(histories))], dtype=object)
    times = [range(len(row)) for row in histories] if at is None else at
    moments = np.array([t for row in times for t in row], dtype=np.int64)
    return Histories(names, offsets, flat, np.zeros_like(flat), moments)


def split_of(histories: Sequence[Sequence[int]], n_products: int) -> Split:
    """A split with these training histories; who is asked is of no account."""
    products = pd.DataFrame({"product_id": [str(i) for i in range(n_products)], "title": "thing"})
    events = pd.DataFrame(
        [
            {"user_id": f"u{user}", "product_id": str(chosen), "at": at}
            for user, row in enumerate(histories)
            for at, chosen in enumerate(row)
        ]
    )
    train = Dataset.of("hand", products, events)
    some = leave_one_out(Dataset.of("hand", products, pd.DataFrame(_ANY))).validation
    return Split("hand", train, some, 0)


_ANY = [{"user_id": "a", "product_id": str(p), "at": p} for p in range(3)]


@pytest.mark.parametrize("name", BASELINES)
class TestContract:
    def test_it_finds_the_groups_of_the_planted_shop(self, name: str) -> None:
        if name in UNPERSONAL:
            return
        split, scorer = fitted(name)
        found = rank_targets(scorer, asked_of(split), 32)
        assert found.per_user("recall", 10).mean() > 0.9

    def test_it_serves_users_that_training_never_saw(self, name: str, shop: Dataset) -> None:
        if name in UNPERSONAL:
            return
        split = user_cold(shop, history=2, share=0.3)
        found = rank_targets(small(name)(split), asked_of(split), 32)
        assert found.per_user("recall", 10).mean() > 0.8

    def test_what_counts_is_the_history_and_not_the_name(self, name: str) -> None:
        split, scorer = fitted(name)
        asked = asked_of(split).histories.take([0, 1, 2])
        stranger = replace(asked, users=np.array(["x", "y", "z"], dtype=object))
        np.testing.assert_array_equal(scorer(asked), scorer(stranger))

    def test_without_a_history_it_recommends_what_is_popular(self, name: str) -> None:
        scores = fitted(name)[1](of([[], [1, 2]]))[0]
        popular = fitted("recent" if name == "recent" else "popular")[1](of([[]]))[0]
        np.testing.assert_array_equal(scores[:, None] > scores, popular[:, None] > popular)

    def test_products_without_events_come_last_unless_their_text_is_read(self, name: str) -> None:
        split, scorer = fitted(name)
        scores = scorer(asked_of(split).histories)
        if name == "content-knn":
            assert (scores[:, split.cold].max(axis=1) > np.median(scores, axis=1)).all()
        else:
            assert (scores[:, split.cold].max(axis=1) < scores[:, ~split.cold].min(axis=1)).all()

    def test_a_user_alone_scores_as_in_a_batch(self, name: str) -> None:
        split, scorer = fitted(name)
        asked = asked_of(split).histories
        alone = np.vstack([scorer(asked.take([i])) for i in range(9)])
        np.testing.assert_allclose(scorer(asked)[:9], alone, rtol=1e-4, atol=1e-5)

    def test_a_second_fit_equals_the_first_and_leaves_the_split_alone(self, name: str, shop: Dataset) -> None:
        split = leave_one_out(shop)
        first, second = (
            scorer(asked_of(split).histories) for scorer in (small(name)(split), fitted(name)[1])
        )
        np.testing.assert_array_equal(first, second)
        pd.testing.assert_frame_equal(split.train.events, leave_one_out(shop).train.events)
        np.testing.assert_array_equal(asked_of(split).targets, asked_of(leave_one_out(shop)).targets)
        assert first.dtype == np.float32
        assert np.isfinite(first).all()


@pytest.mark.parametrize("name", SMALL)
def test_models_that_draw_at_random_add_the_seed_of_the_split_to_their_own(name: str, shop: Dataset) -> None:
    (config,) = SMALL[name]

    def scores(seed: int, own: int) -> np.ndarray:
        split = leave_one_out(shop, seed=seed)
        ((_, scorer),) = BASELINES[name].trials(split, [replace(config, seed=own)])
        return scorer(asked_of(split).histories)

    np.testing.assert_array_equal(scores(seed=2, own=1), scores(seed=0, own=3))
    assert (scores(seed=2, own=1) != scores(seed=0, own=1)).any()


def test_the_setting_with_the_best_ndcg_on_validation_is_chosen(shop: Dataset) -> None:
    split = leave_one_out(shop)
    settings = [NeighbourConfig(1, 5.0), NeighbourConfig(20), NeighbourConfig(2)]
    trials = list(BASELINES["item-knn"].trials(split, settings))
    best = max(trials, key=lambda pair: pair[0].ndcg)
    chosen = replace(BASELINES["item-knn"], grid=lambda split: settings)(split)
    asked = asked_of(split).histories
    np.testing.assert_array_equal(chosen(asked), best[1](asked))
    assert trials[1][0].to_dict()["settings"] == {"neighbours": 20, "decay": 0.0}


def test_recent_popularity_halves_with_the_half_life() -> None:
    split = split_of([[0, 1, 2]], 4)  # at 0, 1 and 2 seconds
    (_, scorer), (_, last) = BASELINES["recent"].trials(
        split, [PopularityConfig(half_life=1), PopularityConfig(last=2)]
    )
    assert scorer(of([[]]))[0].tolist() == [1 / 4, 1 / 2, 1, 0]
    assert last(of([[]]))[0].tolist() == [0, 1, 1, 0]


def test_item_knn_adds_up_cosines_of_products() -> None:
    split = split_of([[0, 1], [0, 1], [0, 2]], 4)
    ((_, scorer),) = BASELINES["item-knn"].trials(split, [NeighbourConfig(2, decay=float(np.log(2)))])
    with_1, with_2 = (
        2 / np.sqrt(3 * 2),
        1 / np.sqrt(3 * 1),
    )  # cosines of 0; |R_0|² = 3, |R_1|² = 2, |R_2|² = 1
    scores = scorer(of([[0], [1, 2]]))
    np.testing.assert_allclose(scores[0, [1, 2]], [with_1, with_2], rtol=1e-6)
    np.testing.assert_allclose(scores[1, 0], with_1 / 2 + with_2, rtol=1e-6)
    assert scores[0, 3] < 0  # nothing is known of it, so it comes last


def test_the_largest_entries_of_many_rows_are_those_of_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    table = sp.csr_array(np.where(rng.random((7, 9)) < 0.5, 0.0, rng.integers(1, 4, (7, 9)).astype(float)))
    together = matrices.largest(table, 3)
    monkeypatch.setattr(matrices, "ROWS", 2)
    np.testing.assert_array_equal(matrices.largest(table, 3).toarray(), together.toarray())
    assert matrices.largest(table[:0], 3).shape == (0, 9)


def test_item_knn_keeps_the_nearest_products_of_each_only() -> None:
    split = split_of([[0, 1], [0, 1], [0, 2]], 3)
    ((_, scorer),) = BASELINES["item-knn"].trials(split, [NeighbourConfig(1)])
    scores = scorer(of([[0]]))[0]
    assert scores[1] > 0 > scores[2]


def test_user_knn_adds_up_what_the_nearest_users_chose() -> None:
    split = split_of([[0, 1], [0, 2, 3], [3]], 4)
    both, nearest = (
        s for _, s in BASELINES["user-knn"].trials(split, [NeighbourConfig(9), NeighbourConfig(1)])
    )
    first, second, third = 1 / np.sqrt(2 * 2), 2 / np.sqrt(2 * 3), 1 / np.sqrt(2 * 1)  # cosines with {0, 3}
    np.testing.assert_allclose(
        both(of([[0, 3]]))[0], [first + second, first, second, second + third], rtol=1e-6
    )
    assert nearest(of([[0, 3]]))[0, 1] < 0 < nearest(of([[0, 3]]))[0, 2]


def test_user_knn_decays_the_history_of_the_asked_user() -> None:
    split = split_of([[0, 1], [2, 3]], 4)
    ((_, scorer),) = BASELINES["user-knn"].trials(split, [NeighbourConfig(9, decay=float(np.log(2)))])
    norm = np.sqrt(1 / 4 + 1)  # of (1/2, 1)
    np.testing.assert_allclose(
        scorer(of([[0, 2]]))[0, [1, 3]], [1 / 2 / norm / np.sqrt(2), 1 / norm / np.sqrt(2)], rtol=1e-6
    )


def test_ease_is_the_closed_form_of_the_paper() -> None:
    gram = np.array([[2, 1], [1, 1]], dtype=np.float32)
    # With λ = 1: P is the inverse of [[3, 1], [1, 2]], [[2, -1], [-1, 3]] / 5; B is -P / diag(P), but 0 on
    # the diagonal.
    np.testing.assert_allclose(ease_weights(gram, 1.0), [[0, 1 / 3], [1 / 2, 0]], rtol=1e-6)


def test_ease_inverts_matrices_of_several_blocks() -> None:
    rng = np.random.default_rng(0)
    chosen = (rng.random((3000, 1500)) < 0.01).astype(np.float32)
    gram = chosen.T @ chosen
    inverse = np.linalg.inv(gram.astype(np.float64) + 10 * np.eye(1500))
    expected = inverse / -np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(ease_weights(gram, 10.0), expected, atol=1e-5)


def test_the_next_product_is_regressed_on_the_history() -> None:
    history = sp.csr_array(np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]], dtype=np.float32))
    following = sp.csr_array(np.array([[0, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32))
    # XᵀX is 3 for product 0; with λ = 1 its row of W is (0, 2, 1) / (3 + 1).
    expected = np.array([[0, 2 / 4, 1 / 4], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(next_product_weights(history, following, 1.0), expected, atol=1e-7)


def test_the_linear_model_adds_ease_to_the_regression(shop: Dataset) -> None:
    split = leave_one_out(shop)
    asked = asked_of(split).histories
    (_, alone), (_, half), (_, whole) = BASELINES["linear"].trials(
        split, [LinearConfig(ease_weight=w) for w in (0.0, 0.5, 1.0)]
    )
    told = alone(asked) > 0  # elsewhere the models may say nothing
    np.testing.assert_allclose(((alone(asked) + whole(asked)) / 2)[told], half(asked)[told], rtol=1e-4)


def test_examples_are_new_products_after_earlier_moments() -> None:
    histories = of([[0, 1, 0, 2], [3, 4]], at=[[1, 2, 3, 3], [1, 1]])
    before, following = examples(histories, 5, decay=float(np.log(2)))
    # Product 1 after 0; product 2 after 0 and 1, not after the second 0 of its own moment. The second user
    # has one moment only.
    assert before.toarray().tolist() == [[1, 0, 0, 0, 0], pytest.approx([1 / 2, 1, 0, 0, 0])]
    assert following.toarray().tolist() == [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0]]


def test_closed_forms_refuse_catalogues_that_are_too_large(
    shop: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear_models, "MOST_PRODUCTS", 20)
    for name in ("ease", "linear"):
        with pytest.raises(DataError, match=r"28 products .* at most 20, so leave them out"):
            BASELINES[name](leave_one_out(shop))


def test_a_regularization_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="regularization is 0.0, too small for these events"):
        ease_weights(np.ones((2, 2), dtype=np.float32), 0.0)


def test_tfidf_vectors_are_of_unit_length_and_zero_without_text(shop: Dataset) -> None:
    vectors = tfidf(shop, "title")
    np.testing.assert_allclose(vectors.power(2).sum(axis=1), 1, rtol=1e-6)
    bare = replace(shop, products=shop.products.assign(title=""))
    assert tfidf(bare, "title").nnz == 0
    assert tfidf(bare, "all").nnz > 0  # brand, category and colour remain


def test_a_missing_library_names_the_command() -> None:
    with pytest.raises(CartographError, match=r"pip install \"cartograph-recommender\[baselines\]\""):
        import_extra("no_such_library")


def test_an_empty_grid_is_refused(shop: Dataset) -> None:
    with pytest.raises(ValueError, match="the grid is empty"):
        replace(BASELINES["popular"], grid=lambda split: [])(leave_one_out(shop))


def test_importing_the_evaluation_imports_no_model_library() -> None:
    probe = (
        "import sys, cartograph.evaluation; "
        "print([m for m in ('torch', 'implicit', 'sklearn', 'torch_geometric') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
