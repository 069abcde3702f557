"""The options of the verbs in `exports`; apart from what they do, so that `--help` imports nothing large."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

FORMATS = ("turtle", "ntriples", "jsonld", "neo4j-import")


def add_sparql(parser: "ArgumentParser") -> None:
    """Give `cartograph sparql` its options."""
    parser.add_argument(
        "query", metavar="QUERY", help="such as 'SELECT ?name { ?p a schema:Product; schema:name ?name }'"
    )
    _of_a_run(parser)
    _as_rdf(parser)
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="end the query after")
    parser.add_argument("--limit", type=int, default=100, metavar="ROWS", help="show at most so many rows")
    _json(parser)


def add_export(parser: "ArgumentParser") -> None:
    """Give `cartograph export` its options."""
    parser.add_argument(
        "format",
        choices=FORMATS,
        help="RDF with the terms of schema.org (docs/rdf.md); or a folder of CSV files with everything, "
        "events too, that `neo4j-admin database import` takes (docs/graph.md)",
    )
    _of_a_run(parser)
    parser.add_argument(
        "--out", required=True, metavar="PATH", help="file or folder to write, whole or not at all"
    )
    _as_rdf(parser)
    _json(parser)


def add_validate(parser: "ArgumentParser") -> None:
    """Give `cartograph validate` its options."""
    parser.add_argument(
        "file", metavar="FILE", help="schema.org or GoodRelations as RDF, a page, or a folder of them"
    )
    _json(parser)


def _as_rdf(parser: "ArgumentParser") -> None:
    parser.add_argument(
        "--events", action="store_true", help="RDF with users and what they did, which is private"
    )
    parser.add_argument(
        "--derived",
        action="store_true",
        help="RDF with what Cartograph derived and you accepted, and where it comes from",
    )
    parser.add_argument(
        "--base",
        default="urn:cartograph:",
        metavar="IRI",
        help="what the addresses of nodes start with, such as https://shop.example/ (default: %(default)s)",
    )


def _of_a_run(parser: "ArgumentParser") -> None:
    parser.add_argument(
        "--run", default="runs/default", metavar="DIR", help="the run folder (default: %(default)s)"
    )


def _json(parser: "ArgumentParser") -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
