"""The graph in formats of others: what `cartograph export FORMAT` and its neighbours do."""

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from ..kg.neo4j_import import export_neo4j_import
from ..kg.rdf import RdfConfig, SparqlReader, export_rdf, validate_feed
from ..kg.rdf.sparql_guard import check_sparql
from .cypher.answers import Answer, as_json, as_table
from .printing import print_json
from .run import Run


def _rdf(options: Namespace) -> dict[str, object]:
    """Write the run's graph as RDF; what was written."""
    run, out = Run(Path(options.run)), Path(options.out)
    with run.open(read_only=True) as store:
        n_statements = export_rdf(store, out, options.format, _config(run, options))
    return {"file": str(out), "statements": n_statements}


def _neo4j_import(options: Namespace) -> dict[str, object]:
    """Write the run's graph for Neo4j's import tool; what was written."""
    with Run(Path(options.run)).open(read_only=True) as store:
        written = export_neo4j_import(store, Path(options.out))
    return {"folder": options.out, "nodes": written.nodes, "relationships": written.relationships}


EXPORTS: dict[str, Callable[[Namespace], dict[str, object]]] = {
    "turtle": _rdf,
    "ntriples": _rdf,
    "jsonld": _rdf,
    "neo4j-import": _neo4j_import,
}
"""By format: writes it, and returns what to say of it."""


def export(options: Namespace) -> None:
    """`cartograph export`."""
    written = EXPORTS[options.format](options)
    if options.json:
        print_json(written)
    else:
        print(", ".join(f"{name} {_said(value)}" for name, value in written.items()))


def validate(options: Namespace) -> int:
    """`cartograph validate`; 1 where something is wrong that is no mere warning."""
    found = validate_feed(Path(options.file))
    if options.json:
        print_json([vars(finding) for finding in found])
    for finding in found if not options.json else ():
        print(finding)
    return int(any(finding.severe for finding in found))


def sparql(options: Namespace) -> None:
    """`cartograph sparql`."""
    check_sparql(options.query)
    run = Run(Path(options.run))
    with run.open(read_only=True) as store:
        reader = SparqlReader(store, _config(run, options))
    with reader:
        found = reader.table(options.query, timeout=options.timeout, limit=options.limit)
    answer = Answer(tuple(found.columns), found.rows, found.truncated)
    print(as_json(answer) if options.json else as_table(answer), end="")
    if found.truncated:
        print("there are more rows; raise --limit to see them", file=sys.stderr)


def _config(run: Run, options: Namespace) -> RdfConfig:
    return RdfConfig(options.base, events=options.events, derived=options.derived, timed=run.state().timed)


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
