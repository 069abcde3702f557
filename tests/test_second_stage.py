"""The second stage: features against arithmetic, candidates, a planted preference, exact contributions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from cartograph.data import Histories, RunError
from cartograph.data.matrices import unit
from cartograph.data.splits import Cases
from cartograph.evaluation import rank_targets
from cartograph.serving.index import FusionConfig, Index
from cartograph.serving.models import ndcg
from cartograph.serving.pairs import DECAY, FEATURES, RECENT, described_alike, pair_features
from cartograph.serving.ranker import Ranker
from cartograph.serving.second_stage import (
    SecondStage,
    SecondStageConfig,
    best_candidates,
    train_second_stage,
)
from cartograph.serving.trial import SECOND_COLD_OFFSETS, Trial

N = 60
CONFIG = SecondStageConfig(candidates=30, trees=60)


def index_of(vectors: np.ndarray, n_events: np.ndarray) -> Index:
    n, d = vectors.shape
    return Index(
        ids=np.array([f"p{i}" for i in range(n)], dtype=object),
        channels={"id": vectors.astype(np.float32)},
        text=np.eye(n, 5, dtype=np.float32),
        spectral=np.eye(n, 4, -1, dtype=np.float32),
        facts=sp.csr_array(np.eye(n, 3, dtype=np.float32)),
        n_events=n_events,
        popularity=np.linspace(0, 1, n, dtype=np.float32),
        trend=np.zeros(n, dtype=np.float32),
        leaf=np.arange(n, dtype=np.int64) % 6,
        brand=np.full(n, -1, dtype=np.int64),
        decay=np.array([0.5], dtype=np.float32),
        query=np.eye(d, dtype=np.float32),
        leads_to=sp.csr_array((n, n), dtype=np.float32),
        max_history=10,
        fusion=FusionConfig(path_weight=0.0, text_weight=0.1, spectral_weight=0.0, cold_offset=0.0),
    )


def histories_of(rows: list[list[int]]) -> Histories:
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    products = np.array([product for row in rows for product in row], dtype=np.int64)
    users = np.array([f"u{i}" for i in range(len(rows))], dtype=object)
    zeros = np.zeros_like(products)
    return Histories(users, offsets, products, zeros, zeros)


@pytest.fixture(scope="module")
def index() -> Index:
    rng = np.random.default_rng(0)
    return index_of(rng.normal(size=(N, 6)), np.arange(N) % 7)


def planted_cases(seed: int, n: int = 300) -> Cases:
    """Users who choose next what is of the kind of their last product; the index knows nothing of kinds."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(N, 4, replace=False).tolist() for _ in range(n)]
    targets = [rng.choice([p for p in range(N) if p % 6 == row[-1] % 6 and p not in row]) for row in rows]
    return Cases(histories_of(rows), np.arange(n + 1), np.array(targets, dtype=np.int64))


@pytest.fixture(scope="module")
def second(index: Index) -> SecondStage:
    trained = train_second_stage(index, planted_cases(1, n=600), CONFIG, seed=0)
    assert trained is not None
    return trained


def test_the_features_are_what_their_names_say() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 1], [1, -1]])
    leads_to = sp.csr_array(
        np.array([[0, 0, 0.2, 0], [0, 0, 0.5, 0], [0, 0.7, 0, 0], [0, 0, 0, 0]], "float32")
    )
    index = replace(
        index_of(vectors, np.array([3, 1, 0, 2])),
        spectral=np.array([[1, 0], [0, 1], [1, 0], [0.6, 0.8]], dtype=np.float32),
        facts=sp.csr_array(np.array([[1, 0], [0, 1], [0.6, 0.8], [0, 0]], dtype=np.float32)),
        leads_to=leads_to,
        leaf=np.array([0, 1, 1, 0]),
        brand=np.array([5, 6, 5, -1]),
    )
    history = histories_of([[0, 1]])
    parts = index.parts(history)
    first = parts.scores[0, [3, 2]]
    (values,) = pair_features(parts, np.array([[3, 2]]))
    of = {name: values[:, column].tolist() for column, name in enumerate(FEATURES)}
    older, newer = np.exp(-DECAY), 1.0
    assert first[0] < first[1]
    assert of["first"] == pytest.approx(first)
    assert of["first_gap"] == pytest.approx([first[0] - first[1], 0])
    assert of["first_rank"] == [1, 0]
    query = np.exp(-0.5) * vectors[0] + vectors[1]
    assert of["graph"][1] == pytest.approx(query @ [1, 1] / np.linalg.norm(query) / np.sqrt(2))
    assert of["spectral"] == pytest.approx([1.4 * 0.5**0.5, 0.5**0.5])
    assert of["graph_last"] == pytest.approx([-(0.5**0.5), 0.5**0.5])
    assert of["graph_best"] == pytest.approx([0.5**0.5, 0.5**0.5])
    taste = np.exp(-index.fusion.text_decay)
    assert of["facts"] == pytest.approx([0, (0.6 * taste + 0.8) / np.hypot(taste, 1)])
    assert of["facts_rank"] == [1, 0]
    assert of["facts_last"] == pytest.approx([0, 0.8])
    assert of["facts_best"] == pytest.approx([0, 0.8])
    assert of["paths"] == pytest.approx([0, 0.2 * older + 0.5 * newer])
    assert of["paths_last"] == pytest.approx([0, 0.5])
    assert of["paths_back"] == pytest.approx([0, 0.7])
    assert of["leaf_last"] == [0, 1]
    assert of["leaf_events"] == pytest.approx(np.log1p([3 + 2, 1 + 0]))
    assert of["brand_events"] == pytest.approx([0, np.log1p(3 + 0)])  # no brand: no events
    assert of["events_now"] == pytest.approx([1, 2 / 3])
    assert of["leaf_share"] == pytest.approx([older / (older + newer), newer / (older + newer)])
    assert of["brand_last"] == [0, 0]
    assert of["brand_share"] == pytest.approx([0, older / (older + newer)])  # no brand: no share
    assert of["events"] == pytest.approx(np.log1p([2, 0]))
    assert of["cold"] == [0, 1]
    assert of["history"] == [2, 2]


def test_facts_are_compared_with_the_history_s_sum_and_with_each_recent_product(index: Index) -> None:
    rng = np.random.default_rng(0)
    facts = unit((rng.random((N, 9)) * (rng.random((N, 9)) < 0.4)).astype(np.float32))
    described = replace(index, facts=sp.csr_array(facts))
    histories = histories_of([[3, 5, 8], [7], list(range(20, 35))])  # the last is longer than what counts
    candidates = rng.integers(N, size=(3, 4))
    found = described_alike(described.parts(histories), candidates)
    assert found.shape == (3, 4, 1 + RECENT)
    for user in range(3):
        history = histories.of(user)[-described.max_history :]
        weights = np.exp(-described.fusion.text_decay * np.arange(len(history))[::-1])
        last = history[::-1][:RECENT].tolist() + [history[-1]] * (RECENT - len(history))
        compared = unit(np.vstack([weights @ facts[history], facts[last]]))
        np.testing.assert_allclose(found[user], facts[candidates[user]] @ compared.T, atol=1e-6)


def test_a_preference_that_the_first_stage_cannot_see_is_learned(index: Index, second: SecondStage) -> None:
    asked = planted_cases(3)
    before, after = (
        rank_targets(ranker.scores, asked, N).per_user("ndcg", 10).mean()
        for ranker in (Ranker(index), Ranker(index, second))
    )
    assert before < 0.15
    assert after > 0.3  # half of the targets are candidates, among about five of their kind


def test_the_candidates_come_first_and_the_others_keep_their_order(index: Index, second: SecondStage) -> None:
    history = histories_of([[3, 9, 14]])
    first = index.scores(history)
    (scores,) = Ranker(index, second).scores(history)
    (candidates,) = best_candidates(index.parts(history), CONFIG.candidates)
    others = np.setdiff1d(np.arange(N), [*candidates, 3, 9, 14])
    assert scores[candidates].min() > scores[others].max()
    np.testing.assert_array_equal(np.argsort(scores[others]), np.argsort(first[0, others]))


def test_products_without_events_are_candidates_in_proportion(index: Index) -> None:
    history = histories_of([[3, 9]])
    index = index.with_fusion(replace(index.fusion, cold_offset=-10.0))
    first = index.scores(history)
    (candidates,) = best_candidates(index.parts(history), 20)
    assert len(set(candidates)) == 20
    assert np.count_nonzero(index.n_events[candidates] == 0) == round(20 * np.mean(index.n_events == 0))
    assert not {3, 9} & set(candidates)
    assert (np.diff(first[0, candidates]) <= 0).all()


def test_more_candidates_than_products_are_all_products_that_are_new(index: Index) -> None:
    history = histories_of([[3]])
    candidates = best_candidates(index.parts(history), 500)[0]
    assert sorted(candidates) == [product for product in range(N) if product != 3]


def test_the_contributions_add_up_to_the_score(index: Index, second: SecondStage) -> None:
    history = histories_of([[3, 9, 14]])
    first = index.parts(history)
    (scores,) = Ranker(index, second).scores(history)
    for product in best_candidates(first, CONFIG.candidates)[0]:
        parts = second.contributions(first, int(product))
        assert parts is not None
        assert sum(parts.values()) == pytest.approx(scores[product], abs=1e-5)
    assert second.contributions(first, 3) is None


def test_a_user_without_events_is_served_by_popularity(index: Index, second: SecondStage) -> None:
    scores = Ranker(index, second).scores(histories_of([[], [3, 9]]))
    np.testing.assert_array_equal(scores[0], index.popularity)
    alone = Ranker(index, second).scores(histories_of([[3, 9]]))[0]
    np.testing.assert_allclose(scores[1], alone, atol=1e-5)


def test_a_saved_ranker_is_the_ranker(index: Index, second: SecondStage, tmp_path: Path) -> None:
    history = histories_of([[3, 9, 14], [7]])
    for ranker in (Ranker(index), Ranker(index, second), Ranker(index, replace(second, cold_offset=0.3))):
        ranker.save(tmp_path / "index")
        again = Ranker.load(tmp_path / "index")
        np.testing.assert_array_equal(again.scores(history), ranker.scores(history))
        assert again.index.fusion == index.fusion


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    (tmp_path / "index").write_bytes(b"nonsense")
    with pytest.raises(RunError, match="is damaged .*; run `cartograph train` again"):
        Ranker.load(tmp_path / "index")


def test_training_twice_gives_the_same_trees(index: Index, second: SecondStage) -> None:
    again = train_second_stage(index, planted_cases(1, n=600), CONFIG, seed=0)
    assert again is not None
    assert again.booster.model_to_string() == second.booster.model_to_string()


def test_the_cold_offset_lifts_products_without_events(index: Index, second: SecondStage) -> None:
    history = histories_of([[3, 9, 14]])
    (candidates,) = best_candidates(index.parts(history), CONFIG.candidates)
    lifted = replace(second, cold_offset=0.5)
    (before,), (after,) = (Ranker(index, stage).scores(history) for stage in (second, lifted))
    gain = (after - before)[candidates]
    assert gain == pytest.approx(0.5 * (index.n_events[candidates] == 0), abs=1e-5)
    product = next(int(p) for p in candidates if index.n_events[p] == 0)
    parts = lifted.contributions(index.parts(history), product)
    assert parts is not None
    assert sum(parts.values()) == pytest.approx(after[product], abs=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_the_cold_offset_that_is_worth_most_is_chosen(
    index: Index, second: SecondStage, share: float
) -> None:
    blind, cold = replace(index, n_events=np.arange(N) // 6 % 3), planted_cases(3)
    cold = cold.take(np.flatnonzero(blind.n_events[cold.targets] == 0))
    trial = Trial(index, planted_cases(2), blind, cold, share, ndcg)
    best = trial.best_cold_offset_of(replace(second, cold_offset=7.0))
    worth = [trial.worth(replace(second, cold_offset=offset)) for offset in SECOND_COLD_OFFSETS]
    assert best == replace(second, cold_offset=SECOND_COLD_OFFSETS[int(np.argmax(worth))])
    assert (best.cold_offset == 0) == (share == 0)


def test_some_products_are_ordered_as_among_all(index: Index, second: SecondStage) -> None:
    history = np.array([3, 9, 14])
    ranker = Ranker(index, second)
    every = ranker.scores(histories_of([history.tolist()]))[0]
    every[history] = -np.inf
    rows, scores = ranker.best(history, 10)
    assert rows.tolist() == np.argsort(-every, kind="stable")[:10].tolist()
    np.testing.assert_allclose(scores, every[rows], rtol=1e-6)
    candidates = best_candidates(index.parts(histories_of([history.tolist()])), CONFIG.candidates)[0]
    np.testing.assert_allclose(ranker.among(history, candidates), every[candidates], rtol=1e-6)
    few = np.sort(rows[[7, 2, 5]])
    assert set(ranker.best(history, 3, among=few)[0]) == set(few)


def test_without_a_target_among_the_candidates_there_is_nothing_to_learn(index: Index) -> None:
    history = histories_of([[3]])
    worst = np.array([int(np.argmin(index.scores(history)[0]))])
    case = Cases(history, np.array([0, 1]), worst)
    few = SecondStageConfig(candidates=2)
    assert train_second_stage(index, case, few, seed=0) is None
