"""The exported graph for other libraries: NetworkX for analysis, RDF for the open web."""

from urllib.parse import quote

import networkx as nx
import rdflib
from rdflib.namespace import RDF, SDO

from .export import GraphArrays
from .schema import EVENT_RELATIONS

_CLASSES = {
    "Product": SDO.Product,
    "Category": SDO.CategoryCode,
    "Brand": SDO.Brand,
    "Attribute": SDO.PropertyValue,
}
_PROPERTIES = {
    "title": SDO.name,
    "name": SDO.name,
    "description": SDO.description,
    "image_url": SDO.image,
    "price": SDO.price,
    "stock": SDO.inventoryLevel,
    "key": SDO.propertyID,
    "value": SDO.value,
}
_RELATIONS = {
    "IN_CATEGORY": SDO.category,
    "SUBCATEGORY_OF": SDO.inCodeSet,
    "MADE_BY": SDO.brand,
    "HAS_ATTRIBUTE": SDO.additionalProperty,
    "ALSO_BOUGHT": SDO.isRelatedTo,
    "ALSO_VIEWED": SDO.isSimilarTo,
    "BOUGHT_TOGETHER": SDO.isRelatedTo,
}


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


def to_rdf(arrays: GraphArrays, base: str = "urn:cartograph:") -> rdflib.Graph:
    """Products, their facts and links as schema.org triples; what users did is private and left out.

    Args:
        arrays: The exported graph.
        base: What node addresses start with.
    """
    graph = rdflib.Graph()
    graph.bind("schema", SDO)

    def address(label: str, name: str) -> rdflib.URIRef:
        return rdflib.URIRef(f"{base}{label.lower()}/{quote(name, safe='')}")

    for label, frame in arrays.nodes.items():
        if label == "User":
            continue
        for row in frame.to_dict("records"):
            node = address(label, row["id"])
            graph.add((node, RDF.type, _CLASSES[label]))
            graph.add((node, SDO.identifier, rdflib.Literal(row["id"])))
            for name, value in row.items():
                if name != "id" and value != "" and value == value:  # neither empty nor NaN
                    graph.add((node, _PROPERTIES[str(name)], rdflib.Literal(value)))
    for (source, relation, target), edges in arrays.edges.items():
        if source == "User" or relation in EVENT_RELATIONS.values():
            continue
        starts = arrays.nodes[source]["id"].to_numpy(object)[edges.source]
        ends = arrays.nodes[target]["id"].to_numpy(object)[edges.target]
        for start, end in zip(starts, ends, strict=True):
            graph.add((address(source, start), _RELATIONS[relation], address(target, end)))
    return graph
