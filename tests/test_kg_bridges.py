"""The graph in NetworkX."""

from pathlib import Path

import networkx as nx
import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import GraphArrays, export, load_dataset, open_store, to_networkx


@pytest.fixture
def arrays(tmp_path: Path, shop: Dataset) -> GraphArrays:
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, shop, progress=False)
        return export(store)


def test_networkx_holds_every_node_and_relationship(arrays: GraphArrays) -> None:
    graph = to_networkx(arrays)
    assert graph.number_of_nodes() == sum(len(frame) for frame in arrays.nodes.values())
    assert graph.number_of_edges() == sum(len(edges.source) for edges in arrays.edges.values())
    assert graph.nodes["Product", "p00"]["title"] == "garden spade number 0"
    path = nx.shortest_path(graph.to_undirected(), ("Product", "p00"), ("Product", "p02"))
    assert len(path) == 3


def test_a_statement_becomes_a_graph_with_each_node_and_relationship_once(
    tmp_path: Path, shop: Dataset
) -> None:
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, shop, progress=False)
        graph = store.networkx(
            "MATCH path = (p:Product {id: $id})-[:IN_CATEGORY]->(c)-[:SUBCATEGORY_OF]->(top) "
            "MATCH (p)-[r:MADE_BY]->(b) RETURN path, [b] AS makers, {way: r} AS map",
            {"id": "p00"},
        )
        assert set(graph) == {
            ("Product", "p00"),
            ("Category", "shop > garden spade"),
            ("Category", "shop"),
            ("Brand", "brand 0"),
        }
        assert graph.nodes["Product", "p00"]["price"] == 1.5
        assert sorted(edge["relation"] for *_, edge in graph.edges(data=True)) == [
            *("IN_CATEGORY", "MADE_BY", "SUBCATEGORY_OF")
        ]
        bought = store.networkx("MATCH (u:User)-[r:PURCHASED]->(p) RETURN u, r, p")
        assert bought.number_of_edges() == 300
        assert all(isinstance(edge["at"], int) for *_, edge in bought.edges(data=True))
        with pytest.raises(ValueError, match="a MADE_BY came without its nodes; return them too"):
            store.networkx("MATCH ()-[r:MADE_BY]->() RETURN r")
        with pytest.raises(StoreError, match="DELETE is not allowed"):
            store.networkx("MATCH (p) DELETE p")
