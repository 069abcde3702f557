"""Metrics against arithmetic, ranking against a full sort, baselines on a planted shop."""

import weakref
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data import Dataset, Exam, Histories, Split, item_cold, leave_one_out
from cartograph.data.splits import Cases
from cartograph.evaluation import (
    BASELINES,
    METRICS,
    Scorer,
    Trained,
    compare,
    examine,
    rank_targets,
    summarise,
)
from cartograph.evaluation.evaluate import NEVER
from cartograph.evaluation.metrics import average_precision, hit_rate, mrr, ndcg, recall
from tests.planted import planted_shop

FEW = {name: BASELINES[name] for name in ("popular", "item-knn")}

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


def test_average_precision_is_the_mean_precision_at_the_places_of_the_targets() -> None:
    np.testing.assert_allclose(average_precision(RANKS, OWNER, 20), [(1 / 1 + 2 / 4) / 2, 1 / 12])
    np.testing.assert_allclose(average_precision(RANKS[[1, 0, 2]], OWNER, 3), [(1 / 1) / 2, 0])
    np.testing.assert_allclose(
        average_precision(RANKS, OWNER, 1), [1.0, 0.0]
    )  # one place: at best one target


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8, unique=True), st.integers(1, 40))
def test_metrics_lie_between_zero_and_one_and_never_fall_with_k(ranks: list[int], k: int) -> None:
    own = np.zeros(len(ranks), dtype=np.int64)
    for name, metric in METRICS.items():
        value, longer = (metric(np.array(ranks), own, length)[0] for length in (k, k + 1))
        assert 0 <= value <= 1
        if name not in ("ndcg", "map") or len(ranks) <= k:  # beyond that the best possible list grows as well
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


def test_many_targets_a_user_are_ranked_as_few_are() -> None:
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 20, (6, 80)).astype(float).tolist()
    targets = [rng.permutation(80)[:40].tolist() for _ in range(6)]
    together = rank_targets(constant(scores), cases_of([[]] * 6, targets), 80)
    expected = []
    for user, chosen in enumerate(targets):
        others = [scores[user][p] for p in set(range(80)) - set(chosen)]
        mine = sorted((scores[user][p] for p in chosen), reverse=True)
        expected.append(sorted(sum(o >= s for o in others) + place for place, s in enumerate(mine)))
    found = [sorted(together.ranks[together.owner == user].tolist()) for user in range(6)]
    assert found == expected


def test_the_list_holds_the_best_and_of_equal_ones_the_first_but_nothing_that_is_ruled_out() -> None:
    scores = [[1.0, 5.0, 1.0, 1.0, 7.0], [-np.inf, 2.0, -np.inf, -np.inf, -np.inf]]
    found = rank_targets(constant(scores), cases_of([[1], []], [[0], [0]]), 5, k=3)
    assert sorted(found.lists[0].tolist()) == [0, 2, 4]
    assert sorted(found.lists[1].tolist()) == [-1, -1, 1]
    assert found.ranks.tolist() == [3, NEVER]
    assert found.per_user("recall", 50).tolist() == [1.0, 0.0]
    assert found.recommended.tolist() == [True, True, True, False, True]


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=9, max_size=9), min_size=1, max_size=5), st.integers(1, 9)
)
def test_lists_are_the_heads_of_a_stable_sort(scores: list[list[int]], k: int) -> None:
    table = [[float(score) for score in row] for row in scores]
    found = rank_targets(constant(table), cases_of([[]] * len(scores), [[0]] * len(scores)), 9, k=k)
    for row, listed in zip(scores, found.lists, strict=True):
        assert sorted(listed) == sorted(sorted(range(9), key=lambda p: (-row[p], p))[:k])


def test_a_list_longer_than_the_catalogue_is_the_catalogue() -> None:
    found = rank_targets(constant([[1.0, 2.0]]), cases_of([[]], [[0]]), 2, k=10)
    assert sorted(found.lists[0].tolist()) == [-1] * 8 + [0, 1]


def test_a_large_catalogue_is_scored_in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cartograph.evaluation.evaluate.MOST_SCORES", 12)
    sizes = []

    def scorer(histories: Histories) -> np.ndarray:
        sizes.append(len(histories))
        return np.zeros((len(histories), 4), dtype=np.float32)

    rank_targets(scorer, cases_of([[]] * 7, [[0]] * 7), 4)
    assert sizes == [3, 3, 1]


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


def test_every_model_is_fitted_ranked_and_timed(shop: Dataset) -> None:
    results = compare(leave_one_out(shop), FEW)
    assert list(results) == list(FEW)
    assert results["item-knn"]["overall"]["recall@10"] > 0.9
    assert set(results["item-knn"]["seconds"]) == {"fit", "score"}


def test_a_model_is_given_all_but_the_test_part(shop: Dataset) -> None:
    given: list[Split] = []

    def spy(split: Split) -> Scorer:
        given.append(split)
        return BASELINES["popular"](split)

    compare(leave_one_out(shop), {"spy": spy})
    assert [type(split) for split in given] == [Split]


def test_what_was_asked_on_validation_is_learned_before_the_test(shop: Dataset) -> None:
    exam = leave_one_out(shop)
    learned: list[int] = []

    def fit(split: Split) -> Trained:
        learned.append(len(split.train.events))
        scores = np.zeros((1, 32), dtype=np.float32)
        return Trained(
            lambda asked: np.tile(scores, (len(asked), 1)), settings={"of": "validation"}, refit=fit
        )

    document = compare(exam, {"spy": fit})
    assert learned == [len(exam.train.events), len(exam.train.events) + len(exam.validation)]
    assert document["spy"]["seeds"][0]["settings"] == {"of": "validation"}


def test_a_second_look_at_the_same_test_part_is_refused(shop: Dataset) -> None:
    exam = leave_one_out(shop)
    compare(exam, {"popular": BASELINES["popular"]})
    with pytest.raises(ValueError, match="the test part was opened for 'popular' before"):
        compare(exam, {"popular": BASELINES["popular"]})


def test_fitting_does_not_change_the_split(shop: Dataset) -> None:
    exam, untouched = leave_one_out(shop), leave_one_out(shop)
    compare(exam, FEW)
    assert exam.train.events.equals(untouched.train.events)
    for part, same in ((exam.validation, untouched.validation), (exam.open("any"), untouched.open("any"))):
        np.testing.assert_array_equal(part.targets, same.targets)
        np.testing.assert_array_equal(part.histories.products, same.histories.products)


def test_the_figures_of_several_seeds_are_the_means_of_each() -> None:
    shop = planted_shop(n_users=100)
    exams = [item_cold(shop, seed=seed) for seed in (3, 4)]
    both = examine(iter(exams), FEW)
    alone = [examine([item_cold(shop, seed=seed)], FEW) for seed in (3, 4)]
    assert both["seeds"] == [3, 4]
    for name, entry in both["models"].items():
        for segment in ("overall", "warm", "cold"):
            singles = [document["models"][name][segment] for document in alone]
            for figure in ("recall@10", "ndcg@50", "map@5"):
                expected = np.mean([single[figure] for single in singles])
                assert entry[segment][figure] == pytest.approx(expected)
            assert [seed[segment]["n_users"] for seed in entry["seeds"]] == [s["n_users"] for s in singles]
        assert entry["overall"]["gini@10"] == pytest.approx(
            np.mean([document["models"][name]["overall"]["gini@10"] for document in alone])
        )


def test_segments_keep_their_order_when_a_seed_lacks_one(shop: Dataset) -> None:
    exams = [item_cold(shop, share=0.3, seed=seed) for seed in range(4)]
    entry = examine(exams, {"popular": BASELINES["popular"]})["models"]["popular"]
    starts = [int(name.split("-")[0]) for name in entry["segments"]["product events"]]
    assert starts == sorted(starts)


def test_scorers_are_let_go_once_they_have_answered(shop: Dataset) -> None:
    kept: list[weakref.ref[Scorer]] = []

    class Large:
        def __call__(self, histories: Histories) -> np.ndarray:
            return np.zeros((len(histories), len(shop.products)), dtype=np.float32)

    def fit(split: Split) -> Scorer:
        assert all(ref() is None for ref in kept)
        scorer = Large()
        kept.append(weakref.ref(scorer))
        return scorer

    compare(leave_one_out(shop), {"first": fit, "second": fit})
    assert len(kept) == 2


def test_an_evaluation_of_nothing_is_refused(shop: Dataset) -> None:
    for exams, models in (([], FEW), ([leave_one_out(shop)], {})):
        with pytest.raises(ValueError, match="give at least one exam and one model"):
            examine(exams, models)


def test_exams_are_taken_one_by_one(shop: Dataset) -> None:
    fitted: list[int] = []

    def exams() -> Iterator[Exam]:
        for seed in range(3):
            assert fitted == list(range(seed))
            yield leave_one_out(shop, seed=seed)

    def fit(split: Split) -> Scorer:
        fitted.append(split.seed)
        return BASELINES["popular"](split)

    examine(exams(), {"seen": fit})


def test_a_model_may_tell_how_it_was_trained(shop: Dataset) -> None:
    def fit(split: Split) -> Trained:
        popular = BASELINES["popular"](split)
        assert isinstance(popular, Trained)
        return replace(popular, curve=[0.1, 0.3], settings={"weight": 0.5})

    entry = compare(leave_one_out(shop), {"told": fit, **FEW})
    assert (entry["told"]["seeds"][0]["curve"], entry["told"]["seeds"][0]["settings"]) == (
        [0.1, 0.3],
        {"weight": 0.5},
    )
    assert entry["told"]["overall"] == entry["popular"]["overall"]
