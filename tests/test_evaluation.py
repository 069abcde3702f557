"""Metrics against arithmetic, ranking against a full sort, baselines on a planted shop."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data import Dataset, Histories, leave_one_out
from cartograph.data.splits import Cases
from cartograph.evaluation import (
    BASELINES,
    METRICS,
    Scorer,
    compare,
    rank_targets,
    summarise,
    to_json,
    to_table,
    write_json,
)
from cartograph.evaluation.metrics import hit_rate, mrr, ndcg, recall

RANKS = np.array([0, 3, 11])
OWNER = np.array([0, 0, 1])


def test_recall_is_the_share_of_targets_found() -> None:
    assert recall(RANKS, OWNER, 10).tolist() == [2 / 2, 0 / 1]
    assert recall(RANKS, OWNER, 2).tolist() == [1 / 2, 0 / 1]


def test_ndcg_is_the_discounted_gain_over_the_best_possible() -> None:
    best = 1 / np.log2(2) + 1 / np.log2(3)
    np.testing.assert_allclose(ndcg(RANKS, OWNER, 10), [(1 / np.log2(2) + 1 / np.log2(5)) / best, 0])
    np.testing.assert_allclose(ndcg(RANKS, OWNER, 1), [1.0, 0])  # one place: the best possible is one target


def test_mrr_is_one_over_the_place_of_the_first_target() -> None:
    np.testing.assert_allclose(mrr(RANKS, OWNER, 20), [1 / 1, 1 / 12])
    np.testing.assert_allclose(mrr(RANKS, OWNER, 10), [1.0, 0.0])


def test_hit_rate_is_one_where_any_target_is_found() -> None:
    assert hit_rate(RANKS, OWNER, 1).tolist() == [1.0, 0.0]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8, unique=True), st.integers(1, 40))
def test_metrics_lie_between_zero_and_one_and_never_fall_with_k(ranks: list[int], k: int) -> None:
    own = np.zeros(len(ranks), dtype=np.int64)
    for name, metric in METRICS.items():
        value, longer = (metric(np.array(ranks), own, length)[0] for length in (k, k + 1))
        assert 0 <= value <= 1
        if name != "ndcg" or len(ranks) <= k:  # beyond that the best possible list grows as well
            assert longer >= value - 1e-12


def cases_of(histories: list[list[int]], targets: list[list[int]]) -> Cases:
    def flat(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        return offsets, np.array([item for row in rows for item in row], dtype=np.int64)

    offsets, products = flat(histories)
    users = np.array([f"u{i}" for i in range(len(histories))], dtype=object)
    zeros = np.zeros_like(products)
    return Cases(Histories(users, offsets, products, zeros, zeros), *flat(targets))


def constant(scores: list[list[float]]) -> Scorer:
    """Scores by the number in the user's name."""
    table = np.array(scores, dtype=np.float32)
    return lambda histories: table[[int(user[1:]) for user in histories.users]]


def test_ranks_are_those_of_a_full_sort_in_any_batch_size() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random((20, 30)).tolist()
    picks = [rng.permutation(30) for _ in range(20)]
    cases = cases_of([p[:5].tolist() for p in picks], [p[5:7].tolist() for p in picks])
    expected = []
    for user, pick in enumerate(picks):
        for target in pick[5:7]:
            rivals = set(range(30)) - set(pick[:5].tolist()) - {target}
            expected.append(sum(scores[user][rival] > scores[user][target] for rival in rivals))
    for batch in (1, 7, 512):
        assert rank_targets(constant(scores), cases, 30, batch=batch).ranks.tolist() == expected


def test_ties_are_broken_against_us() -> None:
    found = rank_targets(constant([[1.0, 1.0, 1.0, 0.0]]), cases_of([[3]], [[0]]), 4)
    assert found.ranks.tolist() == [2]


def test_the_own_history_is_not_in_the_way() -> None:
    found = rank_targets(constant([[9.0, 8.0, 1.0]]), cases_of([[0, 1]], [[2]]), 3)
    assert found.ranks.tolist() == [0]


def test_targets_of_one_user_stand_one_after_the_other() -> None:
    asked = cases_of([[], [3]], [[2, 0], [0, 1, 2]])
    found = rank_targets(constant([[3.0, 2.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]), asked, 4)
    assert found.ranks.tolist() == [2, 0, 0, 1, 2]
    np.testing.assert_allclose(found.per_user("ndcg", 10), [(1 + 1 / 2) / (1 + 1 / np.log2(3)), 1.0])
    assert found.per_user("recall", 2).tolist() == [1 / 2, 2 / 3]


def test_a_score_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="a score is NaN"):
        rank_targets(constant([[np.nan, 1.0]]), cases_of([[]], [[0]]), 2)


def test_scores_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(1, 2\); they must be \(1, 3\)"):
        rank_targets(constant([[1.0, 2.0]]), cases_of([[]], [[0]]), 3)


def test_cold_and_warm_targets_are_told_apart() -> None:
    found = rank_targets(constant([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]]), cases_of([[], []], [[0, 2], [0]]), 3)
    segments = summarise(found, cold=np.array([False, False, True]), ks=(1,))
    assert segments["overall"]["n_users"] == 2
    assert segments["cold"]["n_users"] == 1
    assert segments["cold"]["recall@1"] == 0.0
    assert segments["warm"]["recall@1"] == 0.5
    assert segments["overall"]["coverage@10"] == 1.0


def test_the_document_has_the_documented_shape_and_is_written_whole(shop: Dataset, tmp_path: Path) -> None:
    split = leave_one_out(shop)
    document = to_json("planted", "leave-one-out", compare(split, {"popular": BASELINES["popular"]}))
    write_json(tmp_path / "out.json", document)
    read = json.loads((tmp_path / "out.json").read_text())
    assert read == document
    assert set(read) == {"dataset", "protocol", "models"}
    assert set(read["models"]["popular"]) == {"overall", "warm", "cold", "seconds"}
    assert {"n_users", "recall@10", "ndcg@10", "mrr@10", "hit_rate@10", "coverage@10"} <= set(
        read["models"]["popular"]["overall"]
    )
    assert "popular  overall" in to_table(document["models"])
