"""Many rows into a real Neo4j server: several writers, interrupted at any point, exact at the end."""

import threading
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import GraphStore, export, load_dataset, neo4j_bulk, open_store
from cartograph.kg.neo4j_store import Neo4jStore


def crowded_shop(n_users: int = 1_500, n_products: int = 300, n_events: int = 12_000) -> Dataset:
    """Enough rows for several batches and both writers, with products that many users meet, and twins."""
    rng = np.random.default_rng(0)
    products = pd.DataFrame({"product_id": [f"p{i}" for i in range(n_products)], "title": "thing"})
    events = pd.DataFrame(
        {
            "user_id": [f"u{i}" for i in rng.integers(n_users, size=n_events)],
            "product_id": [f"p{i}" for i in (n_products * rng.random(n_events) ** 3).astype(int)],
            "type": rng.choice(["view", "purchase"], n_events),
            "at": rng.integers(5, size=n_events),
            "value": np.where(rng.random(n_events) < 0.5, np.nan, rng.random(n_events)),
        }
    )
    return Dataset.of("crowded", products, pd.concat([events, events.iloc[:50]]))


@pytest.fixture
def store(neo4j_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphStore]:
    monkeypatch.setattr(neo4j_bulk, "BATCH", 500)
    with open_store(neo4j_server) as store:
        store.execute("MATCH (n) DETACH DELETE n")
        yield store


def assert_holds(store: GraphStore, dataset: Dataset) -> None:
    """Every event is there once, with its time and value."""
    arrays = export(store)
    for kind, relation in (("view", "VIEWED"), ("purchase", "PURCHASED")):
        edges = arrays.edges["User", relation, "Product"]
        own = dataset.events[dataset.events["type"] == kind]
        wanted = sorted(
            zip(own["user_id"], own["product_id"], own["at"], own["value"].fillna(-1.0), strict=True)
        )
        users, products = (arrays.nodes[label]["id"].to_numpy(object) for label in ("User", "Product"))
        values = np.nan_to_num(edges.properties["value"], nan=-1.0)
        found = zip(users[edges.source], products[edges.target], edges.properties["at"], values, strict=True)
        assert sorted(found) == wanted


def test_many_rows_come_through_two_writers_whole_and_once(store: GraphStore) -> None:
    shop = crowded_shop()
    for _ in range(2):
        load_dataset(store, shop, progress=False)
        assert_holds(store, shop)


def test_a_load_of_more_adds_what_is_missing_and_changes_what_differs(store: GraphStore) -> None:
    shop = crowded_shop()
    load_dataset(store, shop.with_events(shop.events.iloc[::2].assign(value=7.0)), progress=False)
    load_dataset(store, shop, progress=False)
    assert_holds(store, shop)


def test_of_equal_rows_in_one_table_the_last_counts(store: GraphStore) -> None:
    store.write_nodes("User", pd.DataFrame({"id": [f"u{i % 1100}" for i in range(2200)]}))
    nodes = pd.DataFrame(
        {"id": [f"p{i % 1100}" for i in range(2200)], "title": [f"t{i}" for i in range(2200)]}
    )
    store.write_nodes("Product", nodes)
    edges = pd.DataFrame({"source": [f"u{i % 1100}" for i in range(2200)], "target": "p1", "at": 1, "nth": 0})
    store.write_relationships("VIEWED", ("User", "Product"), edges.assign(value=np.arange(2200.0)))
    assert store.counts()["Product"] == store.counts()["VIEWED"] == 1100
    (row,) = store.query(
        "MATCH (:User {id: 'u5'})-[r:VIEWED]->() MATCH (p:Product {id: 'p5'}) "
        "RETURN r.value AS v, p.title AS t"
    )
    assert row == {"v": 1105.0, "t": "t1105"}


def test_a_row_whose_end_is_missing_is_passed_over_and_shifts_no_other(store: GraphStore) -> None:
    store.write_nodes("User", pd.DataFrame({"id": [f"u{i}" for i in range(0, 3000, 2)]}))
    store.write_nodes("Product", pd.DataFrame({"id": [f"p{i}" for i in range(0, 3000, 3)]}))
    edges = pd.DataFrame({"source": [f"u{i}" for i in range(3000)], "target": [f"p{i}" for i in range(3000)]})
    store.write_relationships("VIEWED", ("User", "Product"), edges.assign(at=1, nth=0))
    found = store.query("MATCH (u)-[:VIEWED]->(p) RETURN u.id AS u, p.id AS p")
    assert sorted(int(row["u"][1:]) for row in found) == list(range(0, 3000, 6))
    assert all(row["u"][1:] == row["p"][1:] for row in found)


def test_progress_adds_up_to_all_rows(store: GraphStore) -> None:
    told: list[int] = []
    nodes = pd.DataFrame({"id": [f"p{i % 1500}" for i in range(3000)]})
    store.write_nodes("Product", nodes, told.append)
    edges = pd.DataFrame({"source": nodes["id"], "target": nodes["id"].to_numpy()[::-1]})
    store.write_relationships("ALSO_BOUGHT", ("Product", "Product"), edges, told.append)
    assert sum(told) == 6000
    assert max(told) <= 1500


def test_two_loads_at_once_take_turns_and_count_once(store: GraphStore, neo4j_server: str) -> None:
    shop = crowded_shop(n_events=6_000)
    failed: list[BaseException] = []

    def load() -> None:
        try:
            with open_store(neo4j_server) as other:
                load_dataset(other, shop, progress=False)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert_holds(store, shop)


def test_a_load_that_another_one_does_not_end_for_says_so(
    store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store, Neo4jStore)
    monkeypatch.setattr(store._bulk, "_patience", 0.5)
    with store._driver.session() as session, session.begin_transaction(metadata={"cartograph": "x"}) as other:
        other.run("RETURN 1").consume()
        with pytest.raises(StoreError, match="another load has been writing to .*; wait for it or end it"):
            store.write_nodes("User", pd.DataFrame({"id": [f"u{i}" for i in range(2000)]}))


def test_long_texts_go_in_batches_that_a_server_can_hold(
    store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_bulk, "CHARACTERS", 1 << 20)
    nodes = pd.DataFrame({"id": [f"p{i}" for i in range(1100)], "description": "x" * 9_000})
    nodes.loc[7, "description"] = "y" * (3 << 20)
    store.write_nodes("Product", nodes)
    (row,) = store.query("MATCH (p:Product) RETURN count(p) AS n, sum(size(p.description)) AS size")
    assert row == {"n": 1100, "size": 1099 * 9_000 + (3 << 20)}
