"""The product graph: schema, stores, idempotent bulk load, export to arrays. Knows nothing of torch.

`kg.rdf` writes it as RDF and asks it in SPARQL.
"""

from .bridges import to_networkx
from .export import Edges, GraphArrays, export, exported
from .load import load_dataset, write_events, write_products
from .schema import EVENT_RELATIONS, LINK_RELATIONS, NODES, RELATIONS
from .store import GraphStore, Session
from .stores import open_store

__all__ = [
    "EVENT_RELATIONS",
    "LINK_RELATIONS",
    "NODES",
    "RELATIONS",
    "Edges",
    "GraphArrays",
    "GraphStore",
    "Session",
    "export",
    "exported",
    "load_dataset",
    "open_store",
    "to_networkx",
    "write_events",
    "write_products",
]
