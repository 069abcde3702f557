"""Tuning the encoder: the loss by hand, what it may see, what it learns, and that a killed one goes on."""

import math
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cartograph.data import EncoderError, split
from cartograph.data.matrices import Matrix
from cartograph.encoders import TuneConfig, load_encoder, tune
from cartograph.encoders.titles import Titles
from cartograph.encoders.together import Together
from cartograph.encoders.tune import contrast
from cartograph.gnn import event_histories
from cartograph.gnn.graph import followed_by
from cartograph.kg import exported
from cartograph.serving import tuning
from cartograph.serving.fit import FitConfig, past
from cartograph.serving.loading import load_stage
from cartograph.serving.models import prepare
from cartograph.serving.run import Run
from cartograph.serving.stages import encode_stage, tune_stage
from tests.planted import planted_shop
from tests.test_kill import cartograph, kill_when

TEXTS = ["garden spade", "running shoe", "espresso cup", "piano score", "hiking rope", "beeswax candle"]
PAIRS = [(0, 3), (1, 4), (2, 5)]
"""What goes together, though nothing in the texts says so."""
QUICK = TuneConfig(steps=30, starts=6, neighbours=1, learning_rate=3e-4)


def together() -> Together:
    weights = np.zeros((len(TEXTS), len(TEXTS)), dtype=np.float32)
    for a, b in PAIRS:
        weights[a, b] = weights[b, a] = 1
    return Together(TEXTS, Matrix(weights))


def margin(vectors: np.ndarray) -> float:
    """How much closer a text is to what goes with it than to the closest other."""
    cosines = vectors @ vectors.T - 2 * np.eye(len(vectors))
    partner = {**dict(PAIRS), **{b: a for a, b in PAIRS}}
    own = np.array([cosines[row, partner[row]] for row in range(len(vectors))])
    for row, other in partner.items():
        cosines[row, other] = -2
    return float((own - cosines.max(axis=1)).min())


def test_the_loss_is_the_cross_entropy_of_the_answers_without_the_text_itself() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    answers = torch.tensor([[0.0, 0.25, 0.75], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    cosines = {(0, 1): 0.6, (0, 2): 0.0, (2, 0): 0.0, (2, 1): 0.8}
    sums = {
        row: sum(math.exp(value / 0.5) for (a, _), value in cosines.items() if a == row) for row in (0, 2)
    }
    first = -0.25 * (0.6 / 0.5 - math.log(sums[0])) - 0.75 * (0.0 - math.log(sums[0]))
    last = -(0.0 - math.log(sums[2]))
    assert float(contrast(vectors, answers, 0.5)) == pytest.approx((first + last) / 2, rel=1e-6)


def test_what_goes_together_reads_alike_afterwards_and_is_kept(tmp_path: Path) -> None:
    encoder = load_encoder(device="cpu")
    before = margin(encoder.encode(TEXTS))
    tune(encoder, QUICK, together=together(), states=tmp_path / "states", progress=False)
    vectors = encoder.encode(TEXTS)
    assert before < 0 < margin(vectors)
    encoder.save(tmp_path / "tuned")
    again = load_encoder(tmp_path / "tuned", device="cpu")
    np.testing.assert_allclose(again.encode(TEXTS), vectors, atol=1e-6)
    assert again.fingerprint == encoder.fingerprint


def test_without_anything_that_goes_together_there_is_nothing_to_tune_on(tmp_path: Path) -> None:
    nothing = Together(TEXTS, Matrix((len(TEXTS), len(TEXTS)), dtype=np.float32))
    with pytest.raises(EncoderError, match="no products go together in the events"):
        tune(load_encoder(device="cpu"), together=nothing, states=tmp_path / "states")


@pytest.fixture(scope="module")
def titles() -> Titles:
    """What the planted shop's products are called."""
    return Titles.of(exported(planted_shop(), progress=False))


def test_a_long_text_begins_with_its_title_and_goes_on_with_what_the_shop_knows(titles: Titles) -> None:
    rng = np.random.default_rng(0)
    arrays = exported(planted_shop(), progress=False)
    assert titles.titles == arrays.nodes["Product"]["title"].tolist()
    for row in range(len(titles)):
        alike = [titles.titles[other] for other in np.flatnonzero(titles.kinds == titles.kinds[row])]
        drawn = [titles.long_text(row, rng) for _ in range(20)]
        assert len(set(drawn)) > 10
        for text in drawn:
            own, *rest = text.split(". ")
            assert own == titles.titles[row]
            assert set(rest) <= {*titles.details[row], *alike} - {own}


def test_a_title_counts_once_and_none_is_empty() -> None:
    shop = planted_shop()
    ids = shop.products["product_id"]
    named = shop.products.assign(title=["", "Twice", "Twice", *ids[3:]])
    arrays = exported(replace(shop, products=named), progress=False)
    assert Titles.of(arrays).titles == ["Twice", *ids[3:]]
    assert Titles.of(arrays, np.array([2, 5])).titles == ["Twice", ids[5]]


def test_long_texts_go_halfway_to_their_titles_and_titles_stay(titles: Titles, tmp_path: Path) -> None:
    encoder = load_encoder(device="cpu")
    rng = np.random.default_rng(1)
    texts = [titles.long_text(row, rng) for row in range(len(titles))]
    ends, starts = encoder.encode(titles.titles), encoder.encode(texts)
    halfway = (ends + starts) / np.linalg.norm(ends + starts, axis=1, keepdims=True)
    config = TuneConfig(steps=24, titles=8, learning_rate=3e-4)
    tune(encoder, config, titles=titles, states=tmp_path / "states", progress=False)
    moved = encoder.encode(texts)
    assert (moved * halfway).sum(axis=1).mean() > (starts * halfway).sum(axis=1).mean() + 0.01
    assert (moved * ends).sum(axis=1).mean() > (starts * ends).sum(axis=1).mean() + 0.03
    assert (encoder.encode(titles.titles) * ends).sum(axis=1).mean() > 0.97


def test_on_both_what_goes_together_reads_alike_too(titles: Titles, tmp_path: Path) -> None:
    encoder = load_encoder(device="cpu")
    both = replace(QUICK, titles=4)
    states = tmp_path / "states"
    tune(encoder, both, together=together(), titles=titles, states=states, progress=False)
    assert margin(encoder.encode(TEXTS)) > 0


def test_without_titles_there_is_nothing_to_tune_on(titles: Titles, tmp_path: Path) -> None:
    none = replace(titles, titles=[], details=[], kinds=titles.kinds[:0])
    with pytest.raises(EncoderError, match="no product has a title"):
        tune(load_encoder(device="cpu"), titles=none, states=tmp_path / "states")


@pytest.mark.parametrize("change", [{"steps": 0}, {"titles": 0}, {"starts": 1}, {"neighbours": 0}])
def test_settings_that_draw_nothing_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be at least 1|needs at least two"):
        replace(TuneConfig(), **change)


@pytest.mark.parametrize("protocol", ["leave-one-out", "item-cold"])
def test_neither_later_events_nor_products_that_play_new_ones_are_seen(protocol: str) -> None:
    shop = planted_shop()
    given = split(shop, protocol).split()
    arrays = exported(given.train, progress=False)
    histories, n = event_histories(arrays), len(arrays.nodes["Product"])
    config = FitConfig()
    known, asked = past(histories, n, config, timed=True)
    seen = np.unique(known.products)
    assert known.at.max() < np.quantile(histories.at, 0.9, method="higher")
    assert len(np.setdiff1d(np.unique(histories.products), seen)) >= max(1, round(0.1 * len(seen)))
    assert not np.isin(np.setdiff1d(asked.targets, seen), followed_by(known, n, config.graph).indices).any()
    absent = np.setdiff1d(shop.product_index, arrays.nodes["Product"]["id"])
    trained = arrays.nodes["Product"]["id"].to_numpy(object)[seen]
    withheld = set(shop.events["product_id"]) - set(given.train.events["product_id"])
    assert not len(absent)
    assert not withheld & set(trained)


@pytest.mark.parametrize(("share", "is_tuned"), [(0.0, True), (1.1, False), (None, False)])
def test_an_evaluation_tunes_where_enough_products_are_without_events(
    tmp_path: Path, share: float | None, is_tuned: bool
) -> None:
    given = split(planted_shop(), "leave-one-out").split()
    tuning = None if share is None else replace(QUICK, steps=2, cold_share=share)
    prepared = prepare(given, tuning=tuning, device="cpu", cache=tmp_path, progress=False)
    untuned = prepare(given, tuning=None, device="cpu", cache=tmp_path, progress=False)
    assert np.array_equal(prepared.vectors["Product"], untuned.vectors["Product"]) != is_tuned


def test_later_commands_encode_with_the_tuned_encoder_until_another_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(tmp_path / "run")
    load_stage(run, planted_shop(), progress=False)
    assert tune_stage(run, tuning=replace(QUICK, steps=3), device="cpu", progress=False) == run.tuned
    tuned = run.encoder(device="cpu").fingerprint
    assert tuned != load_encoder(device="cpu").fingerprint
    encode_stage(run, device="cpu", progress=False)
    assert (run.embeddings / f"{tuned}-passage").is_dir()
    assert sorted(path.name for path in run.folder.iterdir() if "encoder" in path.name) == ["encoder"]
    for notice in (True, False):  # what is not there gives no way
        encode_stage(run, encoder="sentence-transformers/all-MiniLM-L6-v2", device="cpu")
        assert ("the tuned encoder gives way to sentence-tr" in capsys.readouterr().err) == notice
    assert run.encoder(device="cpu").fingerprint == load_encoder(device="cpu").fingerprint


def test_a_catalogue_without_events_is_tuned_on_its_titles(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    shop = planted_shop()
    load_stage(run, replace(shop, events=shop.events[:0]), progress=False)
    for on in ("events", "both"):
        with pytest.raises(EncoderError, match="has no events to tune on; --on titles needs none"):
            tune_stage(run, on=on, device="cpu", progress=False)
    tune_stage(run, tuning=replace(QUICK, steps=2), on="titles", device="cpu", progress=False)
    assert run.encoder(device="cpu").fingerprint != load_encoder(device="cpu").fingerprint


def test_where_events_are_at_work_too_only_titles_of_products_they_know_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path / "run")
    load_stage(run, planted_shop(), progress=False)
    used = []

    def seen(*_: object, together: Together, titles: Titles, states: Path, progress: bool) -> None:
        states.mkdir()
        used.append((together.accompanied, titles.titles))

    monkeypatch.setattr(tuning, "tune", seen)
    tune_stage(run, on="both", device="cpu", progress=False)
    ((joined, shown),) = used
    titles = exported(planted_shop(), progress=False).nodes["Product"]["title"].to_numpy(object)
    assert set(titles[joined]) <= set(shown) < set(titles)


@pytest.mark.slow
def test_a_killed_tuning_goes_on_to_the_same_encoder(tmp_path: Path) -> None:
    runs = [Run(tmp_path / name) for name in ("killed", "whole")]
    for run in runs:
        load_stage(run, planted_shop(), progress=False)
    command = cartograph("tune", "--device", "cpu", "--steps", "24", "--run", str(runs[0].folder))
    states = runs[0].tuned.with_name(".encoder.events.states")
    kill_when(command, lambda: (states / "checkpoint-20" / "trainer_state.json").exists())
    assert not runs[0].tuned.exists()
    cut_short = states / "checkpoint-22"  # as where the kill comes while a checkpoint is written
    cut_short.mkdir()
    (cut_short / "trainer_state.json").write_text('{"global_step":')
    subprocess.run(command, check=True, capture_output=True)
    tune_stage(runs[1], tuning=TuneConfig(steps=24), device="cpu", progress=False)
    killed, whole = (run.encoder(device="cpu").encode(TEXTS) for run in runs)
    np.testing.assert_allclose(killed, whole, atol=1e-5)
    shutil.rmtree(runs[0].folder)
