"""The product graph in the open-data world: RDF files with schema.org's terms, shapes, SPARQL."""

from .export import RDF_FORMATS, export_rdf
from .sparql import SparqlReader
from .statements import RdfConfig, statements
from .validate import Finding, validate_feed

__all__ = [
    "RDF_FORMATS",
    "Finding",
    "RdfConfig",
    "SparqlReader",
    "export_rdf",
    "statements",
    "validate_feed",
]
