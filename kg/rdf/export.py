"""The graph as an RDF file, written as it is read."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from ...data import atomically
from ...data.vocabulary import RDF_TYPE, SCHEMA
from ..store import GraphStore
from .statements import RdfConfig, Statement, statements
from .terms import PREFIXES, shortened

RDF_FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
}
"""What `export_rdf` writes, by name."""

_STRING = "http://www.w3.org/2001/XMLSchema#string"


def export_rdf(store: GraphStore, path: Path, form: str, config: RdfConfig = RdfConfig()) -> int:
    """Write the graph to a file, whole or not at all, and return how many statements it has.

    Statements are written as they are read, so memory depends on the size of a page, not on the graph's.

    Args:
        store: What to write.
        path: The file.
        form: One of `RDF_FORMATS`.
        config: What to tell, and under which addresses.

    Raises:
        ValueError: There is no such format.
        StoreError: The store cannot be read.
    """
    if form not in RDF_FORMATS:
        raise ValueError(f"format is {form!r}; it must be one of {', '.join(RDF_FORMATS)}")
    counted = _Counted(statements(store, config))
    with atomically(path) as unfinished:
        if form == "jsonld":
            with unfinished.open("w", encoding="utf-8") as file:
                file.writelines(_json_lines(counted))
        else:
            with unfinished.open("wb") as file:
                ox.serialize(counted, file, RDF_FORMATS[form], prefixes=PREFIXES)
    return counted.n


class _Counted:
    """Statements that are counted on their way."""

    def __init__(self, given: Iterable[Statement]) -> None:
        self._given = given
        self.n = 0

    def __iter__(self) -> Iterator[Statement]:
        for statement in self._given:
            self.n += 1
            yield statement


def _json_lines(given: Iterable[Statement]) -> Iterator[str]:
    """One JSON-LD document, a node a line; statements about a node have to stand together."""
    others = {prefix: start for prefix, start in PREFIXES.items() if start != SCHEMA}
    yield f'{{"@context": {json.dumps({"@vocab": SCHEMA, **others})},\n"@graph": ['
    between = "\n"
    for subject, about in groupby(given, key=_subject):
        node: dict[str, Any] = {"@id": subject}
        for statement in about:
            kind, value = _key(statement.predicate.value), _value(statement)
            node.setdefault(kind, []).append(value)
        lean = {name: found[0] if len(found) == 1 else found for name, found in node.items() if name != "@id"}
        yield f"{between}{json.dumps({'@id': subject, **lean}, ensure_ascii=False)}"
        between = ",\n"
    yield "\n]}\n"


def _key(address: str) -> str:
    return "@type" if address == RDF_TYPE else shortened(address).removeprefix("schema:")


def _subject(statement: Statement) -> str:
    return str(getattr(statement.subject, "value", ""))


def _value(statement: Statement) -> object:
    found = statement.object
    if isinstance(found, ox.Literal):
        if found.datatype.value == _STRING:
            return found.value
        return {"@value": found.value, "@type": shortened(found.datatype.value)}
    address = str(getattr(found, "value", ""))
    return _key(address) if statement.predicate.value == RDF_TYPE else {"@id": address}
