"""The nodes and relationships of an answer as a NetworkX graph."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import networkx as nx

Key = tuple[str, str]
"""Label and id of a node."""


def subgraph(rows: Iterable[Iterable[Any]]) -> "nx.MultiDiGraph[Key]":
    """The nodes, relationships and paths in some rows, wherever in a value they stand.

    Args:
        rows: Values as a read-only session gives them.

    Returns:
        Nodes are `(label, id)` with their properties; keys of edges are numbers, their attribute `relation`
        is the type. Every node and relationship is there once, in the order in which they were met.

    Raises:
        ValueError: A relationship came without its two nodes.
    """
    graph: nx.MultiDiGraph[Key] = nx.MultiDiGraph()
    nodes: dict[str, Key] = {}
    relationships: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        for value in _parts(list(row)):
            if value["_type"] == "relationship":
                relationships[value["_key"]] = value
            else:
                nodes[value["_key"]] = key = (value["_label"], value["id"])
                graph.add_node(key)
                graph.nodes[key].update(_properties(value))
    for found in relationships.values():
        source, target = nodes.get(found["_source"]), nodes.get(found["_target"])
        if source is None or target is None:
            raise ValueError(
                f"a {found['_label']} came without its nodes; return them too, as in "
                "MATCH (a)-[r]->(b) RETURN a, r, b"
            )
        graph.add_edge(source, target, relation=found["_label"], **_properties(found))
    return graph


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """The nodes and relationships within a value."""
    if isinstance(value, list):
        for item in value:
            yield from _parts(item)
    elif isinstance(value, dict):
        kind = value.get("_type")
        if kind in ("node", "relationship"):
            yield value
        else:
            yield from _parts(list(value.values()))


def _properties(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if not name.startswith("_") and name != "id"}
