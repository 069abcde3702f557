"""The exported graph for other libraries: NetworkX for analysis."""

import networkx as nx

from .export import GraphArrays


def to_networkx(arrays: GraphArrays) -> "nx.MultiDiGraph[tuple[str, str]]":
    """A graph whose nodes are `(label, id)` with their properties, and whose edge keys are relations.

    Needs about a kilobyte an edge; reasonable up to a few million.
    """
    graph: nx.MultiDiGraph[tuple[str, str]] = nx.MultiDiGraph()
    for label, frame in arrays.nodes.items():
        properties = frame.drop(columns="id").to_dict("records")
        for name, facts in zip(frame["id"], properties, strict=True):
            graph.add_node((label, name))
            graph.nodes[label, name].update(facts)  # type: ignore[arg-type]
    for (source, relation, target), edges in arrays.edges.items():
        starts = arrays.nodes[source]["id"].to_numpy(object)[edges.source]
        ends = arrays.nodes[target]["id"].to_numpy(object)[edges.target]
        for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
            facts = {name: values[i : i + 1].tolist()[0] for name, values in edges.properties.items()}
            facts["relation"] = relation
            graph.add_edge((source, start), (target, end), **facts)  # type: ignore[arg-type]
    return graph
