"""Proposals: how sure they are, how they get into the graph, and how they get out again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import GraphStore, export, load_dataset, open_store
from cartograph.kg.quality import Facts, accept, accepted, propose, supersede, undo
from cartograph.kg.quality.mentions import Mentions
from cartograph.kg.quality.proposals import RELATIONS
from cartograph.serving import graph_options
from cartograph.serving.cli import main
from cartograph.serving.loading import load_stage
from cartograph.serving.run import Run
from tests.faulty_shop import many_products


class AcceptanceContract:
    """What becomes of proposals on every store; a subclass has a fixture `store`, an empty one."""

    def test_what_is_accepted_says_where_it_comes_from_and_can_be_undone(self, store: GraphStore) -> None:
        dataset, truth = many_products()
        before = load_dataset(store, dataset, progress=False)
        proposals = propose(Facts(export(store)), "MADE_BY")
        sure = [item for item in proposals.items if item.confidence >= 0.9]
        assert len(sure) > 0.7 * len(truth)
        assert sum(truth[item.product_id] == item.target_id for item in sure) >= 0.9 * len(sure)
        run = accept(store, sure, version="1.2.3")
        assert store.counts()["MADE_BY"] == before["MADE_BY"] + len(sure)
        (row,) = store.query(
            "MATCH (p:Product {id: $id})-[r:MADE_BY]->(b:Brand) RETURN b.id AS brand, r.run AS run, "
            "r.model AS model, r.derived_at AS at, r.confidence AS confidence",
            {"id": sure[0].product_id},
        )
        assert (row["brand"], row["run"]) == (sure[0].target_id, run)
        assert row["model"] == f"{sure[0].method} (Cartograph 1.2.3)"
        assert pd.Timestamp(row["at"]).tzinfo is not None
        assert row["confidence"] == pytest.approx(sure[0].confidence)
        (there,) = accepted(store)
        assert (there["run"], there["relation"], there["relationships"]) == (run, "MADE_BY", len(sure))
        with pytest.raises(StoreError, match=f"no acceptance 'other' in this graph; there are {run}"):
            undo(store, "other")
        assert undo(store) == (run, len(sure))
        assert store.counts() == before
        with pytest.raises(StoreError, match="nothing that was proposed has been accepted"):
            undo(store)

    def test_the_shops_own_word_takes_the_place_of_a_proposal(self, store: GraphStore) -> None:
        dataset, _ = many_products()
        load_dataset(store, dataset, progress=False)
        sure = propose(Facts(export(store)), "MADE_BY").items[:20]
        accept(store, sure, version="1")
        names = [item.product_id for item in sure]
        same, other = sure[0], sure[1]
        told = dataset.products.set_index("product_id")
        told.loc[same.product_id, "brand"] = same.target_id
        told.loc[other.product_id, "brand"] = "Another"
        load_dataset(store, Dataset.of("many", told.reset_index()), progress=False)
        assert supersede(store) == 1
        rows = store.query(
            "MATCH (p:Product)-[r:MADE_BY]->(b:Brand) WHERE p.id IN $ids "
            "RETURN p.id AS product, b.id AS brand, r.run AS run",
            {"ids": names},
        )
        brands = {row["product"]: (row["brand"], row["run"] is None) for row in rows}
        assert len(rows) == 20
        assert brands[same.product_id] == (same.target_id, True)
        assert brands[other.product_id] == ("Another", True)
        assert sum(not own for _, own in brands.values()) == 18

    def test_what_was_accepted_vouches_for_nothing(self, store: GraphStore) -> None:
        dataset, _ = many_products()
        load_dataset(store, dataset, progress=False)
        first = propose(Facts(export(store)), "MADE_BY")
        accept(store, [item for item in first.items if item.confidence >= 0.9], version="1")
        second = propose(Facts(export(store)), "MADE_BY")
        assert second.precision == first.precision
        rest = [item for item in first.items if item.confidence < 0.9]
        assert [item.product_id for item in second.items] == [item.product_id for item in rest]


class TestEmbeddedAcceptance(AcceptanceContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        with open_store(tmp_path / "graph.lbug") as store:
            yield store


class TestNeo4jAcceptance(AcceptanceContract):
    @pytest.fixture
    def store(self, neo4j_server: str) -> Iterator[GraphStore]:
        with open_store(neo4j_server) as store:
            store.query("MATCH (n) DETACH DELETE n")
            yield store


def test_confidences_hold_on_products_that_lack_the_brand(tmp_path: Path) -> None:
    dataset, truth = many_products(3000, seed=3)
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, dataset, progress=False)
        proposals = propose(Facts(export(store)), "MADE_BY")
    right = [truth[item.product_id] == item.target_id for item in proposals.items]
    sure = [item.confidence for item in proposals.items]
    assert sum(sure) / len(sure) == pytest.approx(sum(right) / len(right), abs=0.05)
    for level in proposals.precision:
        if level["proposed"] > 100:
            ours = [r for r, confidence in zip(right, sure, strict=True) if confidence >= level["confidence"]]
            low, high = level["interval"]
            assert low - 0.05 <= sum(ours) / len(ours) <= high + 0.05


def test_missing_categories_are_proposed_from_like_products(tmp_path: Path) -> None:
    dataset, _ = many_products(unbranded=0)
    hidden = dataset.products.copy()
    hidden.loc[::5, "category"] = hidden.loc[::5, "category"].map(lambda _: ())
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, Dataset.of("hidden", hidden), progress=False)
        proposals = propose(Facts(export(store)), "IN_CATEGORY")
    truth = dict(zip(dataset.products["product_id"], dataset.products["category"], strict=True))
    sure = [item for item in proposals.items if item.confidence >= 0.9]
    assert len(sure) > 100
    right = [item.target_id == " > ".join(truth[item.product_id]) for item in sure]
    assert sum(right) >= 0.95 * len(right)


def test_a_name_that_is_also_a_word_is_less_sure_inside_a_title(tmp_path: Path) -> None:
    dataset, _ = many_products()
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, dataset, progress=False)
        facts = Facts(export(store))
    names = facts.names("Brand")
    found, shares = Mentions(names, facts.title_words, facts.brand).propose(
        facts.brand.nonzero()[0][: len(facts)]
    )
    simple = list(names).index("Simple")
    inside = [
        share
        for row, share, product in zip(found, shares, facts.brand.nonzero()[0], strict=True)
        if row == simple and facts.title_words[product][0] != "simple"
    ]
    begins = [
        share
        for row, share, product in zip(found, shares, facts.brand.nonzero()[0], strict=True)
        if row == simple and facts.title_words[product][0] == "simple"
    ]
    assert max(inside) < 0.3
    assert min(begins) > 0.9


def test_a_brand_that_only_the_product_itself_has_is_not_proposed(tmp_path: Path) -> None:
    products = pd.DataFrame(
        {"product_id": ["a", "b"], "title": ["Solo lamp", "Duo lamp"], "brand": ["Solo", "Duo"]}
    )
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, Dataset.of("two", products), progress=False)
        facts = Facts(export(store))
    found, _ = Mentions(facts.names("Brand"), facts.title_words, facts.brand).propose(facts.brand * 0)
    assert (found == -1).all()


def test_the_command_line_reports_accepts_and_undoes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(tmp_path / "run")
    dataset, _ = many_products()
    load_stage(run, dataset, progress=False)
    folder = str(run.folder)
    assert main(["graph", "report", "--run", folder, "--out", str(tmp_path / "r.html")]) == 0
    out = capsys.readouterr().out
    assert "Products without brand" in out
    assert "MADE_BY: " in out
    assert (tmp_path / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert main(["graph", "report", "--run", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["proposals"][0]["relation"] == "MADE_BY"
    assert main(["graph", "accept", "--run", folder, "--min-confidence", "0.8", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["relationships"]["MADE_BY"] > 100
    with run.open(read_only=True) as store:
        assert store.counts()["MADE_BY"] == 649 + done["relationships"]["MADE_BY"]
    load_stage(run, dataset, progress=False)  # what the shop does not tell otherwise stays
    assert main(["graph", "undo", "--run", folder, "--acceptance", done["acceptance"]]) == 0
    assert f"took out {done['relationships']['MADE_BY']}" in capsys.readouterr().out
    assert main(["graph", "accept", "--run", folder, "--min-confidence", "1.5"]) == 1
    assert "--min-confidence is 1.5; it must be above 0 and at most 1" in capsys.readouterr().err


def test_the_options_name_the_real_relations() -> None:
    assert set(graph_options.RELATIONS) == set(RELATIONS)
