"""A trained run of the planted shop, asked everything a shop asks."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from cartograph.data import Dataset, EncoderError, Histories, RunError, UnknownIdError, leave_one_out
from cartograph.data.dataset import IntArray
from cartograph.data.splits import Cases
from cartograph.gnn import best_epoch, load_checkpoint
from cartograph.kg import load_dataset, open_store
from cartograph.serving import reasons
from cartograph.serving.fit import FitConfig, hold_out
from cartograph.serving.fusion import GRAPH_ONLY, WEIGHTS, choose_weights
from cartograph.serving.index import POPULARITY_HALF_LIFE, TREND_HALF_LIFE, Index, Usage
from cartograph.serving.loading import load_stage
from cartograph.serving.models import models, prepare
from cartograph.serving.ranker import Ranker
from cartograph.serving.recommender import Recommender
from cartograph.serving.removal import channel_names
from cartograph.serving.run import Run
from cartograph.serving.stages import train_stage
from cartograph.serving.trial import Trial
from tests.conftest import PLANTED
from tests.planted import planted_shop


def group(product_id: str) -> str:
    return product_id[1]


@pytest.mark.parametrize("name", ["content-knn-bert", "cartograph"])
def test_models_that_read_text_take_the_encoder_and_the_device_that_were_asked_for(
    name: str, shop: Dataset, tmp_path: Path
) -> None:
    split = leave_one_out(shop).split()
    with pytest.raises(EncoderError, match="no weights for 'no/such'"):
        models(encoder="no/such", cache=tmp_path, progress=False)[name](split)
    with pytest.raises(RuntimeError, match="device string: abacus"):
        models(device="abacus", cache=tmp_path, progress=False)[name](split)


def test_a_known_user_gets_what_is_left_of_the_own_group(recommender: Recommender) -> None:
    ranking = recommender.for_user("u0", 3)
    assert [group(product) for product in ranking.product_ids] == ["0", "0", "0"]
    assert ranking[0].title.startswith("garden spade")
    assert ranking[0].category == "shop > garden spade"
    assert ranking[0].brand == "brand 0"
    assert "because of 'garden spade number" in ranking[0].reason


def test_what_the_user_had_is_left_out_unless_asked_for(recommender: Recommender) -> None:
    had = set(planted_shop().events.query("user_id == 'u1'")["product_id"])
    assert not had & set(recommender.for_user("u1", 32).product_ids)
    assert had <= set(recommender.for_user("u1", 32, exclude_seen=False).product_ids)


def test_a_new_visitor_is_served_from_the_first_event(recommender: Recommender) -> None:
    assert group(recommender.for_events(["p20"], 1).product_ids[0]) == "2"


def test_events_and_user_give_the_same_ranking(recommender: Recommender) -> None:
    shop = planted_shop()
    events = shop.events[shop.events["user_id"] == "u5"].sort_values("at")["product_id"].tolist()
    assert recommender.for_events(events).product_ids == recommender.for_user("u5").product_ids


def test_an_unknown_user_gets_what_is_popular(recommender: Recommender) -> None:
    ranking = recommender.for_user("nobody", 3)
    assert [item.reason for item in ranking] == ["popular now"] * 3
    assert ranking.product_ids == recommender.for_events([], 3).product_ids


def test_an_unknown_user_is_an_error_where_asked(recommender: Recommender) -> None:
    with pytest.raises(UnknownIdError, match="no user 'nobody' in .*; give an id from the events"):
        recommender.for_user("nobody", unknown="error")


def test_an_unknown_product_is_named(recommender: Recommender) -> None:
    with pytest.raises(UnknownIdError, match="no product 'nope' in the index"):
        recommender.similar("nope")
    with pytest.raises(UnknownIdError, match="no product 'nope' in the index"):
        recommender.for_events(["p00", "nope"])


def test_asking_for_more_than_exists_gives_what_exists(recommender: Recommender) -> None:
    assert len(recommender.for_events(["p00"], 1000)) == 31
    assert len(recommender.similar("p00", 1000)) == 31


def test_asking_for_nothing_is_refused(recommender: Recommender) -> None:
    with pytest.raises(ValueError, match="k is 0; it must be at least 1"):
        recommender.for_events(["p00"], 0)


def test_a_product_that_nobody_had_is_found_by_its_facts_and_text(recommender: Recommender) -> None:
    assert "p07" in recommender.similar("p00", 7).product_ids
    assert [group(product) for product in recommender.similar("p07", 5).product_ids] == ["0"] * 5
    assert [group(product) for product in recommender.for_events(["p37"], 5).product_ids] == ["3"] * 5


def test_the_same_question_has_the_same_answer(recommender: Recommender, trained: Run) -> None:
    with Recommender.load(trained.folder) as other:
        assert other.for_user("u3").to_dicts() == recommender.for_user("u3").to_dicts()


def test_a_ranking_becomes_a_frame(recommender: Recommender) -> None:
    frame = recommender.for_user("u0", 4).to_frame()
    assert list(frame["product_id"]) == recommender.for_user("u0", 4).product_ids
    assert list(frame.columns) == [
        *("product_id", "title", "brand", "category", "price", "image_url", "score", "reason")
    ]
    assert list(recommender.for_events(["p00"], 1)[:0].to_frame().columns) == list(frame.columns)


@pytest.mark.parametrize("user", ["u0", "u17", "u42"])
def test_the_contributions_add_up_to_the_score_that_ranks(recommender: Recommender, user: str) -> None:
    for item in recommender.for_user(user, 32):
        explanation = recommender.explain(user, item.product_id)
        total = sum(c.amount for c in explanation.contributions) + explanation.prior
        assert explanation.score == pytest.approx(item.score)
        assert total == pytest.approx(explanation.first_stage, abs=1e-5)
        second = sum(explanation.second_stage.values())
        assert second + explanation.first_stage * (
            "not among the candidates" in explanation.second_stage or not explanation.second_stage
        ) == pytest.approx(item.score, abs=1e-5)
        assert sum(explanation.channels().values()) == pytest.approx(total - explanation.prior, abs=1e-6)


def test_removing_the_event_that_contributes_most_lowers_the_score(recommender: Recommender) -> None:
    events = ["p00", "p11", "p12", "p01"]
    first = recommender.explain(events, "p02").contributions[0]
    without = [product for product in events if product != first.product_id]
    assert recommender.explain(without, "p02").score < recommender.explain(events, "p02").score


def test_an_explanation_shows_the_ways_through_the_graph(recommender: Recommender) -> None:
    paths = recommender.explain(["p00"], "p02").paths
    assert "garden spade number 0 -MADE_BY-> brand 0 <-MADE_BY- garden spade number 2" in paths
    assert "garden spade number 0 -HAS_ATTRIBUTE-> colour=red <-HAS_ATTRIBUTE- garden spade number 2" in paths


def test_an_explanation_for_an_unknown_user_is_refused(recommender: Recommender) -> None:
    with pytest.raises(UnknownIdError, match="no user 'nobody'"):
        recommender.explain("nobody", "p00")


def test_search_finds_by_words_and_by_meaning(recommender: Recommender) -> None:
    assert group(recommender.search("running shoe", 1).product_ids[0]) == "1"
    assert group(recommender.search("something to dig soil with", 1).product_ids[0]) == "0"


def test_an_empty_query_is_refused(recommender: Recommender) -> None:
    with pytest.raises(ValueError, match="the query is empty"):
        recommender.search("  ")


def test_an_event_loaded_into_the_graph_counts_for_the_next_recommender(copied: Run) -> None:
    shop = planted_shop()
    visit = shop.events.iloc[:1].assign(user_id="fresh", product_id="p30")
    with copied.open() as store:
        load_dataset(store, Dataset.of("planted", shop.products, visit), progress=False)
    with Recommender.load(copied.folder) as recommender:
        assert group(recommender.for_user("fresh", 1, unknown="error").product_ids[0]) == "3"


def test_the_index_scores_as_the_network_does(trained: Run) -> None:
    from cartograph.encoders import EmbeddingCache, embed_graph, load_encoder
    from cartograph.gnn import build_graph, event_histories, with_events
    from cartograph.kg import export

    with trained.open(read_only=True) as store:
        arrays = export(store)
    encoder = load_encoder()
    vectors = embed_graph(arrays, encoder, EmbeddingCache(trained.embeddings), progress=False)
    histories = event_histories(arrays)
    data = with_events(build_graph(arrays, vectors), histories, PLANTED.train.network.max_history)
    network = load_checkpoint(trained.checkpoint, data, encoder.fingerprint)
    index = Ranker.load(trained.index).index.with_fusion(GRAPH_ONLY)
    with torch.no_grad():
        out = network(data)
        logits = network.logits(out["user"], out["product"], data["product"].n_events).numpy()
    scores = index.scores(histories) / PLANTED.train.network.temperature
    np.testing.assert_allclose(scores, logits, atol=1e-3)


def test_one_and_many_users_score_alike(trained: Run) -> None:
    index = Ranker.load(trained.index).index
    histories = planted_shop().histories()
    together = index.scores(histories)
    for user in (0, 7, 59):
        np.testing.assert_allclose(index.scores(histories.take([user]))[0], together[user], atol=1e-5)


def test_fusion_weights_are_the_ones_that_measure_best(trained: Run) -> None:
    index = Ranker.load(trained.index).index
    chosen = choose_weights(index, lambda tried: -abs(tried.fusion.text_weight - 0.3))
    assert chosen.text_weight == 0.3
    rising = dataclasses.replace(index, trend=np.ones(len(index.ids), dtype=np.float32))
    assert choose_weights(rising, lambda tried: tried.fusion.trend_weight).trend_weight == max(
        WEIGHTS["trend_weight"]
    )
    still = dataclasses.replace(index, trend=np.zeros(len(index.ids), dtype=np.float32))
    assert choose_weights(still, lambda tried: tried.fusion.trend_weight).trend_weight == 0.0


@pytest.mark.parametrize("wrong", [{"cold_weight": -1.0}, {"simulated_cold": 1.0}])
def test_a_fit_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is .*; it must"):
        FitConfig(**wrong)  # type: ignore[arg-type]


def test_demand_halves_with_the_half_lives() -> None:
    week = TREND_HALF_LIFE
    at = np.array([0, week, week, 2 * week], dtype=np.int64)
    histories = Histories(
        np.array(["a"], dtype=object),
        np.array([0, 4]),
        np.array([0, 1, 1, 2]),
        np.zeros(4, dtype=np.int64),
        at,
    )
    usage = Usage.of(histories, 4, timed=True)
    np.testing.assert_allclose(usage.trend, np.log1p([1 / 4, 2 * 1 / 2, 1, 0]), rtol=1e-6)
    slow = 0.5 ** (week / POPULARITY_HALF_LIFE)
    np.testing.assert_allclose(usage.popularity, np.array([slow**2, 2 * slow, 1, 0]) / (2 * slow), rtol=1e-6)
    untimed = Usage.of(histories, 4, timed=False)
    assert untimed.popularity.tolist() == [0.5, 1.0, 0.5, 0.0]
    assert not untimed.trend.any()


@pytest.mark.parametrize(
    ("share", "chosen"), [(0.0, (0.0, 0.0)), (0.4, (0.0, 0.1)), (0.6, (0.3, 0.1)), (1.0, (0.4, 0.2))]
)
def test_the_cold_weights_that_serve_warm_and_cold_best_are_chosen(
    trained: Run, share: float, chosen: tuple[float, float]
) -> None:
    cases, cold = (hold_out(planted_shop().histories(), timed=False)[1].sample(n) for n in (3, 2))
    falls = {(0.0, 0.0): (0.5, 0.0), (0.0, 0.1): (0.4, 0.3), (0.3, 0.1): (0.3, 0.38), (0.4, 0.2): (0.1, 0.4)}

    def measure(ranker: Ranker, asked: Cases) -> float:
        assert (ranker.index.popularity_weight == -1) == (asked is not cases)
        fusion = ranker.index.fusion
        return falls.get((fusion.cold_text_weight, fusion.cold_offset), (0.0, 0.0))[asked is not cases]

    index = Ranker.load(trained.index).index
    blind = dataclasses.replace(index, popularity_weight=-1.0)
    best = Trial(index, cases, blind, cold, share, measure).with_best_cold_weights(10, 0)
    assert (best.index.fusion.cold_text_weight, best.index.fusion.cold_offset) == chosen
    assert best.blind.fusion == best.index.fusion
    assert best.worth() == max((1 - share) * w + share * c for w, c in falls.values())


def test_text_speaks_louder_for_products_without_events(trained: Run) -> None:
    index = Ranker.load(trained.index).index
    histories = planted_shop().histories()
    louder = index.with_fusion(dataclasses.replace(index.fusion, cold_text_weight=0.5))
    parts = index.parts(histories)
    gain = louder.scores(histories) - parts.scores
    np.testing.assert_allclose(gain, 0.5 * np.exp(-index.n_events) * parts.text, atol=1e-5)


def test_the_cold_offset_lifts_products_without_events_only(trained: Run) -> None:
    index = Ranker.load(trained.index).index
    lifted = dataclasses.replace(index.fusion, cold_offset=index.fusion.cold_offset + 1.0)
    gain = index.with_fusion(lifted).prior - index.prior
    cold = index.n_events == 0
    np.testing.assert_allclose(gain[cold], 1.0, rtol=1e-5)
    np.testing.assert_allclose(gain[~cold], np.exp(-index.n_events[~cold]), rtol=1e-4, atol=1e-7)


def test_the_last_visit_is_held_out_and_asked_for_what_was_new() -> None:
    products = np.array([1, 2, 1, 3, 2, 4, 5, 6], dtype=np.int64)
    at = np.array([1, 2, 3, 3, 3, 1, 2, 2], dtype=np.int64)
    users = np.array(["a", "b"], dtype=object)
    histories = Histories(users, np.array([0, 5, 8]), products, np.zeros(8, dtype=np.int64), at)
    known, cases = hold_out(histories, timed=False)
    assert known.products.tolist() == [1, 2, 4, 5, 6]  # user b came only twice and keeps all
    assert cases.histories.users.tolist() == ["a"]
    assert cases.targets.tolist() == [3]


def test_with_times_the_last_tenth_of_all_events_is_held_out() -> None:
    at = np.array([1, 2, 10, 3, 4, 5, 6, 7, 8, 10])
    products = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 8])
    users = np.array(["a", "b", "c"], dtype=object)
    histories = Histories(users, np.array([0, 3, 9, 10]), products, np.zeros(10, dtype=np.int64), at)
    known, cases = hold_out(histories, timed=True)
    assert known.products.tolist() == [1, 2, 4, 5, 6, 7, 8, 9]
    assert cases.histories.users.tolist() == ["a"]  # user c did nothing before
    assert cases.targets.tolist() == [3]


def test_what_is_served_has_learned_from_what_the_choice_was_made_on(tmp_path: Path) -> None:
    exam = leave_one_out(planted_shop())
    prepared = prepare(exam.split(), device="cpu", cache=tmp_path, tuning=None, progress=False)
    chosen = prepared.choose(PLANTED, device="cpu", progress=False)
    fitted = prepared.fit(chosen.settings, exam.final, PLANTED, device="cpu", progress=False)
    assert fitted.ranker.index.fusion == chosen.settings.fusion
    assert fitted.data["product"].n_events.sum() == len(exam.final.train.events)
    assert chosen.ranker.index.n_events.sum() == len(exam.train.events)
    assert chosen.settings.epochs == best_epoch(chosen.epochs)
    again = prepared.fit(chosen.settings, exam.split(), PLANTED, device="cpu", progress=False)
    assert not torch.equal(again.network.id.weight, fitted.network.id.weight)


def test_a_run_that_holds_another_dataset_is_not_mixed(trained: Run) -> None:
    other = dataclasses.replace(planted_shop(), name="other")
    with pytest.raises(RunError, match="holds 'planted' in its embedded graph; choose another folder"):
        load_stage(trained, other, progress=False)


def test_a_new_run_does_not_mix_with_what_its_store_holds(tmp_path: Path) -> None:
    shop, run = planted_shop(), Run(tmp_path / "run")
    with open_store(run.graph) as store:
        load_dataset(store, shop, progress=False)
    fewer = shop.products.iloc[:-1]
    left = shop.events[shop.events["product_id"].isin(fewer["product_id"])]
    other = dataclasses.replace(shop, products=fewer, events=left)
    with pytest.raises(RunError, match="the store holds 1 products that 'planted' has not"):
        load_stage(run, other, progress=False)
    assert load_stage(run, shop, progress=False)["Product"] == len(shop.products)


def test_a_folder_that_is_no_run_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run folder; run `cartograph load SOURCE --run"):
        Recommender.load(tmp_path)


def test_a_run_that_is_not_trained_says_what_to_run(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    load_stage(run, planted_shop(), progress=False)
    with pytest.raises(RunError, match="run `cartograph train` first"):
        Recommender.load(run.folder)


def collaborative_alone(index: Index, events: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """As if what the same people chose were what every score hinges on."""
    none = np.zeros(len(rows), dtype=np.int64)
    return none, none + channel_names(index).index("collaborative")


@pytest.mark.parametrize("events", [0, 20])
def test_a_shop_with_few_events_or_none_is_ranked_by_texts_and_facts(
    tmp_path: Path, events: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path / "run")
    shop = planted_shop()
    load_stage(run, shop.with_events(shop.events.iloc[:events]), progress=False)
    assert train_stage(run, PLANTED) == []
    said = capsys.readouterr().err
    assert "came three times: texts and facts rank until there are more events" in said
    assert "cartograph tune" not in said
    recommender = Recommender.load(run.folder)
    for own in "0123":
        ids = [product for product in shop.products["product_id"] if group(product) == own]
        assert {group(product) for product in recommender.for_events(ids[:1], 7).product_ids} == {own}
        assert {group(product) for product in recommender.similar(ids[0], 7).product_ids} == {own}
        title = recommender.for_events(ids[:1], 1)[0].title.rsplit(" ", 2)[0]
        assert {group(product) for product in recommender.search(title, 8).product_ids} == {own}
    chosen = set(shop.events["product_id"].iloc[:events])
    monkeypatch.setattr(reasons, "strongest", collaborative_alone)
    for item in recommender.for_events(["p00"], 31):
        both_chosen = {"p00", item.product_id} <= chosen
        assert ("often chosen by the same people" in item.reason) <= both_chosen
        assert bool(item.reason) == (group(item.product_id) == "0" or both_chosen)
    for item in recommender.for_user("nobody", 32):
        assert item.reason == ("popular now" if item.product_id in chosen else "")


def test_a_log_too_short_to_look_back_twice_is_trained_on_once(tmp_path: Path) -> None:
    """One user is left to learn from, whose second visit comes last in training."""
    run, shop = Run(tmp_path / "run"), planted_shop()
    visits = [(f"u{i}", i) for i in range(9)] + [("u1", 18), ("u2", 20), ("u3", 10)]
    events = [{"user_id": user, "product_id": f"p{at % 4}{at % 7}", "at": at} for user, at in visits]
    load_stage(run, Dataset.of("short", shop.products, pd.DataFrame(events)), progress=False)
    epochs = train_stage(run, PLANTED, device="cpu", progress=False)
    assert epochs
    assert Ranker.load(run.index).second is None


def test_a_damaged_run_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RunError, match=r"run\.json is damaged"):
        Run(tmp_path).state()
