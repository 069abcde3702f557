"""The benchmark of rankings: killed it goes on, a model more is fitted alone; the tables show who wins."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ranking, rankings
from benchmarks.rankings import RANKINGS, Ranking
from cartograph.data import Split
from cartograph.evaluation import BASELINES, Scorer
from cartograph.serving.cli import MODELS, build_parser
from tests.planted import planted_shop
from tools.results import difference, standing, verdict

TINY = Ranking("shop", "user-cold", ("popular", "item-knn"), options={"history": 2}, seeds=(0, 1))


class Fits:
    """A model that tells how often it was fitted, and that is killed where told."""

    def __init__(self) -> None:
        self.seeds: list[int] = []
        self.killed = False

    def __call__(self, split: Split) -> Scorer:
        if self.killed:
            raise KeyboardInterrupt
        self.seeds.append(split.seed)
        return BASELINES["content-knn"](split)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ranking:
    """A ranking of a shop in a folder, with folders of its own for what is kept and for results."""
    shop = planted_shop(n_users=100)
    (tmp_path / "shop").mkdir()
    shop.products.drop(columns="category").to_csv(tmp_path / "shop" / "products.csv", index=False)
    shop.events[["user_id", "product_id", "at"]].to_csv(tmp_path / "shop" / "events.csv", index=False)
    monkeypatch.setattr(rankings, "DATASETS", tmp_path)
    monkeypatch.setattr(rankings, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(ranking, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(ranking, "RANKINGS", (TINY,))
    return TINY


def test_a_killed_run_goes_on_and_a_model_more_is_fitted_alone(
    tiny: Ranking, monkeypatch: pytest.MonkeyPatch
) -> None:
    popular, knn, more = Fits(), Fits(), Fits()
    for name, fits in (("popular", popular), ("item-knn", knn), ("als", more)):
        monkeypatch.setitem(BASELINES, name, fits)
    knn.killed = True
    assert ranking.main([]) == 130
    assert not tiny.result.exists()
    knn.killed = False
    assert ranking.main([]) == 0
    assert (popular.seeds, knn.seeds) == ([0, 1], [0, 1])
    assert tiny.result.name == "ranking-shop-user-cold-2.json"
    document = json.loads(tiny.result.read_text())
    assert (document["settings"]["history"], document["seeds"]) == (2, [0, 1])
    written = tiny.result.stat().st_mtime_ns
    assert ranking.main([]) == 0
    assert tiny.result.stat().st_mtime_ns == written, "what is done is left alone"
    wider = replace(tiny, models=(*tiny.models, "als"))
    monkeypatch.setattr(ranking, "RANKINGS", (wider,))
    assert ranking.main([wider.name]) == 0
    assert (popular.seeds, knn.seeds, more.seeds) == ([0, 1], [0, 1], [0, 1])
    assert wider.done


def test_data_that_are_absent_are_left_out(
    tiny: Ranking, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ranking, "RANKINGS", (replace(tiny, dataset="elsewhere"),))
    assert ranking.main([]) == 0
    assert "elsewhere-user-cold-2 left out: " in capsys.readouterr().err


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert ranking.main(["amz14_beauty"]) == 1
    assert "no ranking amz14_beauty; choose from amz14_beauty-leave-one-out" in capsys.readouterr().err


def test_rankings_have_names_of_their_own_and_commands_that_parse() -> None:
    assert len({one.name for one in RANKINGS}) == len(RANKINGS)
    for one in RANKINGS:
        options = build_parser().parse_args(ranking.command(one))
        assert set(options.models.split(",")) <= set(MODELS)
        assert options.models.endswith(rankings.OURS)


def rows(model: str, other: str, recall: list[float], ndcg: list[float]) -> list[dict[str, Any]]:
    return [
        {
            "model": model,
            "other": other,
            "targets": "cold",
            "figure": figure,
            "difference": sum(ends) / 2,
            "interval": ends,
        }
        for figure, ends in (("recall@10", recall), ("ndcg@10", ndcg))
    ]


def test_ours_is_ahead_where_both_intervals_are_above_zero_and_behind_where_one_is_below() -> None:
    document = {
        "models": {"a": {}, "b": {}, "cartograph": {}, "c": {}},
        "differences": [
            *rows("cartograph", "a", [0.1, 0.3], [0.2, 0.4]),
            *rows("cartograph", "b", [0.1, 0.3], [-0.1, 0.2]),
            *rows("c", "cartograph", [0.1, 0.3], [-0.1, 0.2]),  # theirs minus ours
            *rows("c", "a", [-0.9, -0.8], [-0.9, -0.8]),
        ],
    }
    assert difference(document, "cold", "c", "recall@10") == (-0.2, -0.3, -0.1)
    assert [verdict(document, "cold", other) for other in "abc"] == ["ahead", "level", "behind"]
    assert standing(document, "cold") == "level with b; behind c"
    alone = document | {"models": {"a": {}, "cartograph": {}}}
    assert standing(alone, "cold") == "**ahead of all 1**"
