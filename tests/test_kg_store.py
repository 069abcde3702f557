"""One contract for both stores, on a real embedded database and a real Neo4j server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import NODES, RELATIONS, GraphStore, export, load_dataset, open_store


class StoreContract:
    """What every store does; a subclass has a fixture `store`, an empty one."""

    def test_a_load_gives_a_node_and_a_relationship_for_everything(
        self, store: GraphStore, shop: Dataset
    ) -> None:
        counts = load_dataset(store, shop, progress=False)
        assert counts["Product"] == 32
        assert counts["User"] == 60
        assert counts["Category"] == 5
        assert counts["PURCHASED"] == 300
        assert counts["HAS_ATTRIBUTE"] == 32
        assert counts["RATED"] == 0

    def test_a_second_load_leaves_the_same_counts(self, store: GraphStore, shop: Dataset) -> None:
        first = load_dataset(store, shop, progress=False)
        assert load_dataset(store, shop, progress=False) == first

    def test_equal_events_are_kept_apart_and_still_loaded_once(
        self, store: GraphStore, shop: Dataset
    ) -> None:
        twice = pd.concat([shop.events, shop.events], ignore_index=True)
        doubled = Dataset.of("twice", shop.products, twice)
        for _ in range(2):
            assert load_dataset(store, doubled, progress=False)["PURCHASED"] == 600

    def test_changed_properties_are_updated(self, store: GraphStore, shop: Dataset) -> None:
        load_dataset(store, shop, progress=False)
        products = shop.products.assign(price=99.0)
        events = shop.events.assign(value=7.0)
        load_dataset(store, replace(shop, products=products, events=events), progress=False)
        arrays = export(store)
        assert (arrays.nodes["Product"]["price"] == 99.0).all()
        assert (arrays.edges["User", "PURCHASED", "Product"].properties["value"] == 7.0).all()

    def test_texts_in_any_script_and_odd_ids_come_back_as_they_were(self, store: GraphStore) -> None:
        odd = ["手机", "it's", 'say "hi"', "back`tick", "{brace}", "line\nbreak", "ümlaut"]
        dataset = Dataset.of("odd", pd.DataFrame({"product_id": odd, "title": odd, "brand": odd}))
        load_dataset(store, dataset, progress=False)
        nodes = export(store).nodes
        assert nodes["Product"]["id"].tolist() == sorted(odd)
        assert nodes["Brand"]["name"].tolist() == sorted(odd)

    def test_missing_prices_and_values_come_back_missing(self, store: GraphStore) -> None:
        products = pd.DataFrame({"product_id": ["a", "b"], "title": ["x", "y"], "price": [np.nan, 2.0]})
        load_dataset(store, Dataset.of("gaps", products), progress=False)
        prices = export(store).nodes["Product"]["price"]
        assert np.isnan(prices[0])
        assert prices[1] == 2.0

    def test_what_was_derived_of_a_review_outlives_the_next_load(self, store: GraphStore) -> None:
        products = pd.DataFrame({"product_id": ["p"], "title": ["Tea"]})
        reviews = pd.DataFrame(
            {
                "user_id": ["ann", "ann", "bob"],
                "product_id": "p",
                "at": [5, 5, 7],
                "rating": [5.0, 1.0, np.nan],
                "text": ['Fresh;\n"green"', "bitter", "好喝"],
            }
        )
        shop = Dataset.of("shop", products, reviews=reviews)
        assert load_dataset(store, shop, progress=False)["REVIEWED"] == 3
        rows = store.frame(
            "MATCH (u:User)-[r:REVIEWED]->(p:Product) RETURN u.id AS source, p.id AS target, r.at AS at, "
            "r.nth AS nth, r.rating AS rating, r.text AS text, r.sentiment AS sentiment "
            "ORDER BY at, nth"
        )
        assert rows["text"].tolist() == reviews["text"].tolist()
        assert rows["rating"].isna().tolist() == [False, False, True]
        assert rows["sentiment"].isna().all()
        derived = rows[["source", "target", "at", "nth"]].assign(sentiment=[0.9, 0.1, 0.8], model="m")
        store.write_relationships("REVIEWED", ("User", "Product"), derived)
        changed = replace(shop, reviews=shop.reviews.assign(text=["Fresh", "bitter", "好喝"]))
        assert load_dataset(store, changed, progress=False)["REVIEWED"] == 3
        found = store.query(
            "MATCH (:User)-[r:REVIEWED]->(:Product) RETURN r.text AS text, r.sentiment AS sentiment, "
            "r.model AS model ORDER BY r.at, r.nth"
        )
        assert found == [
            {"text": text, "sentiment": sentiment, "model": "m"}
            for text, sentiment in (("Fresh", 0.9), ("bitter", 0.1), ("好喝", 0.8))
        ]

    def test_empty_tables_are_written_without_complaint(self, store: GraphStore) -> None:
        store.write_nodes("Product", pd.DataFrame({"id": []}))
        store.write_relationships("MADE_BY", ("Product", "Brand"), pd.DataFrame({"source": [], "target": []}))
        assert set(store.counts().values()) == {0}
        assert set(store.counts()) == {*NODES, *RELATIONS}

    def test_queries_take_parameters(self, store: GraphStore, shop: Dataset) -> None:
        load_dataset(store, shop, progress=False)
        rows = store.query("MATCH (p:Product {id: $id}) RETURN p.title AS title", {"id": "p00"})
        assert rows == [{"title": "garden spade number 0"}]

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE (:User {id: 'x'})",
            "MATCH (p:Product) SET p.title = 'x'",
            "MATCH (p:Product) DETACH DELETE p",
            "MERGE (:Brand {id: 'x'})",
            "DROP TABLE Product",
            "MATCH (p:Product) RETURN p.id; CREATE (:User {id: 'x'})",
            "COPY (MATCH (u:User) RETURN u.id) TO '/tmp/stolen.csv'",
            "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row",
            "LOAD FROM '/etc/passwd' RETURN *",
            "CALL dbms.listConfig()",
            "INSTALL httpfs",
            "MATCH (p) /* hidden */ RETURN p; /* */ DROP TABLE User",
            "",
        ],
    )
    def test_a_read_only_session_refuses_more_than_reading(
        self, store: GraphStore, shop: Dataset, statement: str
    ) -> None:
        before = load_dataset(store, shop, progress=False)
        with (
            store.read_only() as session,
            pytest.raises(StoreError, match="only reads|starts with|one statement"),
        ):
            session.query(statement)
        assert store.counts() == before

    def test_a_read_only_session_takes_forbidden_words_in_texts(
        self, store: GraphStore, shop: Dataset
    ) -> None:
        load_dataset(store, shop, progress=False)
        with store.read_only() as session:
            rows = session.query("MATCH (p:Product) WHERE p.title <> 'CREATE; SET' RETURN count(*) AS n")
        assert rows == [{"n": 32}]

    def test_a_runaway_query_is_ended_at_its_time_limit(self, store: GraphStore, shop: Dataset) -> None:
        load_dataset(store, shop, progress=False)
        endless = "MATCH (a:User)-[:PURCHASED*1..14]-(b) RETURN count(*) AS n"
        with store.read_only(timeout=1.0) as session, pytest.raises(StoreError, match="longer than"):
            session.query(endless)

    def test_a_statement_that_is_no_cypher_is_one_sentence(self, store: GraphStore) -> None:
        with store.read_only() as session, pytest.raises(StoreError, match="refuses the statement: [^\n]+$"):
            session.query("MATCH (p:Product RETURN p")


class TestEmbeddedStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        with open_store(tmp_path / "graph.lbug") as store:
            yield store


class TestNeo4jStore(StoreContract):
    @pytest.fixture
    def store(self, neo4j_server: str) -> Iterator[GraphStore]:
        with open_store(neo4j_server) as store:
            store.query("MATCH (n) DETACH DELETE n")
            yield store


def test_both_stores_export_the_same_arrays(neo4j_server: str, tmp_path: Path, shop: Dataset) -> None:
    with open_store(neo4j_server) as remote, open_store(tmp_path / "graph.lbug") as local:
        remote.query("MATCH (n) DETACH DELETE n")
        load_dataset(remote, shop, progress=False)
        load_dataset(local, shop, progress=False)
        theirs, ours = export(remote), export(local)
    for label, frame in ours.nodes.items():
        pd.testing.assert_frame_equal(frame, theirs.nodes[label])
    for key, edges in ours.edges.items():
        np.testing.assert_array_equal(edges.source, theirs.edges[key].source)
        np.testing.assert_array_equal(edges.target, theirs.edges[key].target)
        for name, values in edges.properties.items():
            np.testing.assert_array_equal(values, theirs.edges[key].properties[name])


def test_a_wrong_password_is_named(neo4j_server: str) -> None:
    with pytest.raises(StoreError, match="refuses user 'neo4j'.*NEO4J_PASSWORD"):
        open_store(neo4j_server, password="not the password")


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(StoreError, match="no Neo4j server answers at bolt://localhost:1"):
        open_store("bolt://localhost:1", password="any")


def test_an_unknown_kind_of_address_is_named() -> None:
    with pytest.raises(StoreError, match=r"http://x: no such kind of store; give a path, bolt://"):
        open_store("http://x")


def test_reading_a_graph_that_is_not_there_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no graph at .*; run `cartograph load` first"):
        open_store(tmp_path / "none.lbug", read_only=True)
    assert not (tmp_path / "none.lbug").exists()


def test_a_file_that_is_no_graph_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.lbug").write_text("this is not a graph\n" * 1000)
    with pytest.raises(StoreError, match=r"text\.lbug is not a readable graph"):
        open_store(tmp_path / "text.lbug")


def test_a_folder_is_not_a_graph(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder; a graph is one file"):
        open_store(tmp_path)
