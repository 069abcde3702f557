"""The graph in NetworkX and as RDF."""

from pathlib import Path

import networkx as nx
import pytest
from rdflib import Literal, URIRef
from rdflib.namespace import SDO

from cartograph.data import Dataset
from cartograph.kg import GraphArrays, export, load_dataset, open_store, to_networkx, to_rdf


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


def test_rdf_says_what_the_graph_says_and_nothing_of_users(arrays: GraphArrays) -> None:
    graph = to_rdf(arrays)
    product = URIRef("urn:cartograph:product/p00")
    assert (product, SDO.name, Literal("garden spade number 0")) in graph
    assert (product, SDO.brand, URIRef("urn:cartograph:brand/brand%200")) in graph
    assert not any("user" in str(term) for triple in graph for term in triple)
    again = type(graph)().parse(data=graph.serialize(format="turtle"), format="turtle")
    assert set(again) == set(graph)
