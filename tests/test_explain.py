"""What a score hinges on, by removing events for real, and the ways through the graph."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from cartograph.data import Dataset, Histories
from cartograph.data.dataset import IntArray
from cartograph.data.matrices import Matrix
from cartograph.kg import GraphStore, load_dataset
from cartograph.serving.catalogue import Catalogue
from cartograph.serving.explain import channel_contributions, explain
from cartograph.serving.fit import hold_out
from cartograph.serving.index import Index
from cartograph.serving.paths import paths_between
from cartograph.serving.ranker import Ranker, one_user
from cartograph.serving.removal import channel_names, drops, n_counted, ranking_drops, strongest
from cartograph.serving.run import Run
from cartograph.serving.second_stage import SecondStage, SecondStageConfig, train_second_stage
from tests.planted import planted_shop

LONG = [0, 9, 3, 17, 3, 30, 8, 1, 25, 12, 2, 5, 28, 4, 19, 0, 7, 22, 11, 6, 26, 14, 31, 10, 2]


@dataclass(frozen=True)
class Shop:
    ranker: Ranker
    catalogue: Catalogue
    store: GraphStore


@pytest.fixture(scope="module")
def asked(trained: Run) -> Iterator[Shop]:
    ranker = Ranker.load(trained.index)
    with trained.open(read_only=True) as store:
        yield Shop(ranker, Catalogue.of(store, ranker.index.ids), store)


@pytest.fixture(scope="module")
def index(asked: Shop) -> Index:
    """With a weight on every part of a score."""
    own = asked.ranker.index
    return own.with_fusion(replace(own.fusion, path_weight=0.2, text_weight=0.3, spectral_weight=0.25))


@pytest.fixture(scope="module")
def second(index: Index) -> SecondStage:
    _, cases = hold_out(planted_shop(n_users=400).histories(), timed=False)
    small = train_second_stage(index, cases, SecondStageConfig(candidates=10, trees=20), seed=0)
    assert small is not None
    return small


def removed(events: IntArray, most: int) -> list[Histories]:
    """The history without each of its last events."""
    return [one_user(np.delete(events, place)) for place in range(len(events) - most, len(events))]


@pytest.mark.parametrize("max_history", [3, 24, 100])
@pytest.mark.parametrize("length", [2, 7, 25])
def test_a_drop_is_the_difference_of_the_scores_with_and_without_the_event(
    index: Index, max_history: int, length: int
) -> None:
    asked, events = replace(index, max_history=max_history), np.array(LONG[-length:])
    rows = np.array([13, 4, 31])
    whole = asked.scores(one_user(events))[0, rows]
    expected = [
        whole - asked.scores(history)[0, rows] for history in removed(events, n_counted(asked, events))
    ]
    np.testing.assert_allclose(drops(asked, events, rows), expected, atol=1e-6)


@pytest.mark.parametrize("max_history", [3, 24, 100])
def test_contributions_and_prior_add_up_whatever_the_history_is_cut_to(
    index: Index, max_history: int
) -> None:
    asked, events = replace(index, max_history=max_history), np.array(LONG)
    _, amounts = channel_contributions(asked, events, 13)
    total = amounts.sum() + asked.prior[13]
    assert total == pytest.approx(asked.scores(one_user(events))[0, 13], abs=1e-5)


def test_without_its_only_event_a_score_keeps_the_prior(index: Index) -> None:
    found = drops(index, np.array([5]), np.array([4]))
    score = index.scores(one_user(np.array([5])))[0, 4]
    assert found[0, 0] == pytest.approx(score - index.prior[4], abs=1e-6)


@pytest.mark.parametrize("length", [1, 4, 25])
def test_the_strongest_event_is_the_one_with_the_largest_drop(index: Index, length: int) -> None:
    events, rows = np.array(LONG[-length:]), np.array([13, 4, 31, 0])
    places, channels = strongest(index, events, rows)
    assert places.tolist() == drops(index, events, rows).argmax(axis=0).tolist()
    assert all(0 <= channel < len(channel_names(index)) for channel in channels)


def test_the_strongest_channel_is_text_where_nothing_else_counts(index: Index) -> None:
    silent = {name: np.zeros_like(values) for name, values in index.channels.items()}
    only_text = replace(index, channels=silent, spectral=np.zeros_like(index.spectral))
    _, channels = strongest(only_text, np.array([0, 9]), np.array([1, 10]))
    assert [channel_names(index)[channel] for channel in channels] == ["text", "text"]


@pytest.mark.parametrize("two_stages", [False, True])
def test_removing_the_event_named_first_lowers_the_score_by_more_than_a_random_one(
    index: Index, second: SecondStage, two_stages: bool
) -> None:
    ranker = Ranker(index, second if two_stages else None)
    histories, falls, more = planted_shop().histories(), [], []
    # A score of the planted shop's few trees is often one that no removal moves, or all move alike.
    for user in range(40):
        events = histories.of(user)
        rows, scores = ranker.best(events, 10)
        without = np.stack([ranker.scores(history)[0, rows] for history in removed(events, len(events))])
        lost = scores - without  # (n_events, 10)
        for column, row in enumerate(rows):
            own = drops(index, events, np.array([row]))[:, 0]
            if two_stages:
                own = ranking_drops(index, second, events, int(row))
                if lost[:, column].max() <= 0 or np.ptp(lost[:, column]) == 0:
                    continue
            first = int(own.argmax())
            falls.append(lost[first, column] > 0)
            more.append(lost[first, column] > np.delete(lost[:, column], first).mean())
    assert len(falls) >= 50
    assert np.mean(falls) >= 0.95
    assert np.mean(more) >= 0.95


def test_the_second_stage_is_asked_anew_without_each_of_the_last_events(
    index: Index, second: SecondStage
) -> None:
    ranker, events = Ranker(index, second), np.array(LONG[-6:])
    row = int(ranker.best(events, 1)[0][0])
    without = np.array([ranker.scores(history)[0, row] for history in removed(events, 6)])
    expected = ranker.scores(one_user(events))[0, row] - without
    np.testing.assert_allclose(ranking_drops(index, second, events, row), expected, atol=1e-5)
    assert len(ranking_drops(index, second, np.array(LONG * 2), row)) == 32


def test_an_explanation_names_first_what_the_score_hinges_on(
    asked: Shop, index: Index, second: SecondStage
) -> None:
    events = np.array(LONG * 2)
    first = explain(Ranker(index), asked.catalogue, asked.store, events, 13)
    fall = [c.drop for c in first.contributions if c.drop is not None]
    assert len(fall) == len(events)
    assert fall == sorted(fall, reverse=True)
    both = explain(Ranker(index, second), asked.catalogue, asked.store, events, 13)
    assert [c.drop is None for c in both.contributions] == [False] * 32 + [True] * 18
    assert both.second_stage
    assert sum(c.amount for c in both.contributions) + both.prior == pytest.approx(both.first_stage, abs=1e-5)


def test_an_explanation_is_ready_for_json(asked: Shop) -> None:
    found = explain(asked.ranker, asked.catalogue, asked.store, np.array([0, 3]), 2).to_dict()
    read = json.loads(json.dumps(found))
    assert read["contributions"][0]["drop"] == found["contributions"][0]["drop"] > 0
    assert read["graph_paths"][0]["nodes"][1] == {"label": "Brand", "id": "brand 0", "title": "brand 0"}
    assert read["graph_paths"][0]["steps"][1] == {"relation": "MADE_BY", "forward": False}
    assert read["paths"][0] == "garden spade number 3 -MADE_BY-> brand 0 <-MADE_BY- garden spade number 2"
    assert sum(read["channels"].values()) == pytest.approx(read["score"] - read["prior"], abs=1e-5)


def test_without_events_there_is_nothing_to_explain(asked: Shop) -> None:
    found = explain(asked.ranker, asked.catalogue, asked.store, np.zeros(0, dtype=np.int64), 2)
    assert found.contributions == ()
    assert found.score == found.prior == asked.ranker.index.popularity[2]


def test_paths_go_over_every_shared_fact(asked: Shop) -> None:
    ways = paths_between(asked.catalogue, asked.ranker.index, asked.store, 0, 2)
    assert [str(way) for way in ways] == [
        "garden spade number 0 -MADE_BY-> brand 0 <-MADE_BY- garden spade number 2",
        "garden spade number 0 -IN_CATEGORY-> garden spade <-IN_CATEGORY- garden spade number 2",
        "garden spade number 0 -HAS_ATTRIBUTE-> colour=red <-HAS_ATTRIBUTE- garden spade number 2",
    ]


def test_without_a_shared_fact_a_path_climbs_to_the_category_above_both(asked: Shop) -> None:
    (way,) = paths_between(asked.catalogue, asked.ranker.index, asked.store, 0, 9)
    assert str(way) == (
        "garden spade number 0 -IN_CATEGORY-> garden spade -SUBCATEGORY_OF-> shop "
        "<-SUBCATEGORY_OF- running shoe <-IN_CATEGORY- running shoe number 1"
    )
    assert [node.id for node in way.nodes[1:4]] == ["shop > garden spade", "shop", "shop > running shoe"]


def test_without_a_shared_fact_a_path_goes_over_the_users_who_had_both(
    trained: Run, asked: Shop, tmp_path: Path
) -> None:
    copy = Run(tmp_path / "copy")
    shutil.copytree(trained.folder, copy.folder)
    shop = planted_shop()
    visits = shop.events.iloc[:4].assign(user_id=["x", "x", "y", "y"], product_id=["p00", "p11"] * 2)
    led = Matrix(([1.0], ([0], [9])), shape=(32, 32))
    with copy.open() as store:
        load_dataset(store, Dataset.of("planted", shop.products, visits), progress=False)
        ways = paths_between(asked.catalogue, replace(asked.ranker.index, leads_to=led), store, 0, 9)
    assert str(ways[1]) == ("garden spade number 0 <-PURCHASED- 2 users -PURCHASED-> running shoe number 1")
