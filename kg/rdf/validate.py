"""Holding a product feed to the shapes in `shapes.ttl` (SHACL)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from ...data import DataError
from ...data.schema_org import canonical, rdf_files
from ...data.triples import quads
from ...data.vocabulary import RDF_TYPE, SCHEMA
from .terms import shortened

if TYPE_CHECKING:
    import rdflib

SHAPES = Path(__file__).parent / "shapes.ttl"

_NAMES = ("sku", "productID", "identifier", "codeValue", "name", "gtin13", "mpn")
_PROBLEMS = {
    "MinCountConstraintComponent": "is missing",
    "MaxCountConstraintComponent": "is there several times",
}


@dataclass(frozen=True)
class Finding:
    """What a shape finds wrong with a node."""

    file: str
    node: str
    """Its class, and its id, name or address."""
    property: str
    """With a prefix; empty where the node itself is wrong."""
    value: str | None
    """None where something is missing."""
    problem: str
    """What is wrong: `is missing`, `is '12,50'` or the like."""
    allowed: str
    """What is allowed, in a sentence."""
    severe: bool
    """Whether it is a violation, not a warning."""

    def __str__(self) -> str:
        kind = "" if self.severe else "warning: "
        subject = f"{self.property} " if self.property else ""
        return f"{self.file}: {self.node}: {kind}{subject}{self.problem}; {self.allowed}"


def validate_feed(path: Path) -> list[Finding]:
    """What is wrong with a feed, violations first, then by node.

    Reasonable up to about 100,000 statements a minute; all are kept in memory, two kilobytes each.

    Args:
        path: As for `load`: an RDF file or page, or a folder of them.

    Raises:
        DataError: It cannot be read, or pySHACL is not installed.
    """
    try:
        import pyshacl
        import rdflib
    except ImportError as error:
        raise DataError(
            'checking a feed needs pySHACL; pip install "cartograph-recommender[shacl]"'
        ) from error
    files = rdf_files(path)
    if not files:
        raise DataError(f"{path}: is no RDF file or page, nor a folder of them; give one")
    shapes = rdflib.Graph().parse(SHAPES, format="turtle")
    found: list[Finding] = []
    for file in files:
        graph = _graph(file)
        _, report, _ = pyshacl.validate(graph, shacl_graph=shapes, inference="none", meta_shacl=False)
        found += _findings(str(file), graph, report)
    return sorted(found, key=lambda one: (not one.severe, one.file, one.node, one.property, one.value or ""))


def _graph(file: Path) -> "rdflib.Graph":
    """The statements of a file in schema.org's words."""
    import rdflib

    graph = rdflib.Graph()
    known: dict[str, rdflib.URIRef] = {}

    def address(node: ox.NamedNode) -> "rdflib.URIRef":
        if node.value not in known:
            known[node.value] = rdflib.URIRef(canonical(node.value) or node.value)
        return known[node.value]

    def term(node: Any) -> "rdflib.term.Node":
        if isinstance(node, ox.NamedNode):
            return address(node)
        if isinstance(node, ox.BlankNode):
            return rdflib.BNode(node.value)
        if node.language:
            return rdflib.Literal(node.value, lang=node.language)
        return rdflib.Literal(node.value, datatype=rdflib.URIRef(node.datatype.value), normalize=False)

    for quad in quads(file):
        graph.add((term(quad.subject), address(quad.predicate), term(quad.object)))
    return graph


def _findings(file: str, graph: "rdflib.Graph", report: Any) -> Iterator[Finding]:
    import rdflib
    from rdflib.namespace import RDF, SH

    for result in report.subjects(RDF.type, SH.ValidationResult):
        path, value = report.value(result, SH.resultPath), report.value(result, SH.value)
        node = report.value(result, SH.focusNode)
        named = isinstance(path, rdflib.URIRef)
        given = None if value is None or value == node else str(value)
        yield Finding(
            file,
            _name(graph, node),
            shortened(str(path)) if named else "",
            given,
            _problem(str(report.value(result, SH.sourceConstraintComponent)), given, named=named),
            str(report.value(result, SH.resultMessage)),
            report.value(result, SH.resultSeverity) == SH.Violation,
        )


def _problem(constraint: str, value: str | None, *, named: bool) -> str:
    """What a constraint finds wrong, in words; `named` is whether with one property."""
    if value is not None:
        return f"is {value!r}" if named else f"has {value!r}"
    if not named:
        return "lacks something"
    return _PROBLEMS.get(constraint.rsplit("#", 1)[-1], "is not as it should be")


def _name(graph: "rdflib.Graph", node: Any, below: tuple[Any, ...] = ()) -> str:
    """A node as a reader would look for it: class and id, or whose it is."""
    import rdflib

    kinds = sorted(str(kind) for kind in graph.objects(node, rdflib.URIRef(RDF_TYPE)))
    kind = kinds[0].rsplit("/", 1)[-1] if kinds else "node"
    for name in _NAMES:
        text = graph.value(node, rdflib.URIRef(SCHEMA + name))
        if isinstance(text, rdflib.Literal):
            return f"{kind} {str(text)!r}"
    if not isinstance(node, rdflib.BNode):
        return f"{kind} <{node}>"
    owner = next(graph.subjects(None, node), None)
    return kind if owner is None or owner in below else f"{kind} of {_name(graph, owner, (*below, node))}"
