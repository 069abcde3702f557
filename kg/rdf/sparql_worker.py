"""The process in which SPARQL runs: it has the statements of one file in memory and can reach nothing else.

    python -m cartograph.kg.rdf.sparql_worker '{"file": "graph.nt", "memory": 1073741824, "socket": 5}'

It answers one JSON line per JSON line on a socket. Once it has loaded, it can open no file and no connection,
and on Linux its memory is limited.
"""

import json
import os
import resource
import socket
import sys
from itertools import islice
from typing import Any

import pyoxigraph as ox

from ..reader_worker import mapped
from .terms import PREFIXES

_NICE = 5
_LINUX = sys.platform.startswith("linux")
_XSD = PREFIXES["xsd"]
_MAX_BYTES = 64 << 20
"""Of an answer."""
_NUMBERS = {
    **dict.fromkeys((_XSD + name for name in ("decimal", "double", "float")), float),
    **dict.fromkeys((_XSD + name for name in ("integer", "int", "long", "nonNegativeInteger")), int),
}
_ALL_PREFIXES = {
    **PREFIXES,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}


def plain_term(term: Any) -> Any:
    """A term as text, number or truth; None where a variable has none.

    >>> plain_term(ox.Literal("1.5", datatype=ox.NamedNode(_XSD + "decimal"))), plain_term(ox.Literal("tea"))
    (1.5, 'tea')
    """
    if term is None:
        return None
    if isinstance(term, ox.BlankNode):
        return f"_:{term.value}"
    if isinstance(term, ox.Literal):
        kind = term.datatype.value
        if kind == _XSD + "boolean":
            return term.value in ("true", "1")
        if kind in _NUMBERS:
            number = _NUMBERS[kind](term.value)
            return number if abs(number) < float("inf") else term.value
    return term.value if hasattr(term, "value") else str(term)


def _answer(store: ox.Store, sparql: str, limit: int) -> dict[str, Any]:
    found = store.query(sparql, prefixes=_ALL_PREFIXES)
    if isinstance(found, ox.QueryBoolean):
        return {"columns": ["answer"], "rows": [[bool(found)]], "truncated": False}
    if isinstance(found, ox.QueryTriples):
        columns = ["subject", "predicate", "object"]
    else:
        columns = [variable.value for variable in found.variables]
    rows, size = [], 0
    for solution in islice(found, limit + 1):
        rows.append([plain_term(term) for term in solution])
        size += len(json.dumps(rows[-1]))
        if size > _MAX_BYTES:
            return {"error": f"too much memory: the rows have more than {_MAX_BYTES >> 20} MB; ask for fewer"}
    return {"columns": columns, "rows": rows[:limit], "truncated": len(rows) > limit}


def _lock_up(memory: int) -> None:
    """Let nothing more be opened, and little more be allocated; what is open stays so."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _LINUX:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (mapped() + memory, resource.RLIM_INFINITY))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))


def main() -> None:
    """Load, then answer until the socket closes."""
    given = json.loads(sys.argv[1])
    channel = socket.socket(fileno=given["socket"])
    os.nice(_NICE)
    store = ox.Store()
    store.load(path=given["file"], format=ox.RdfFormat.N_TRIPLES)
    with channel.makefile("rb") as lines:
        _lock_up(given["memory"])
        for line in lines:
            asked = json.loads(line)
            try:
                found = _answer(store, asked["sparql"], asked["limit"]) if asked else {}
            except MemoryError:
                found = {"error": "too much memory"}
            except Exception as error:  # whatever a query brings about
                found = {"error": next(iter(str(error).splitlines()), "the query is refused")[:500]}
            channel.sendall(json.dumps(found).encode() + b"\n")


if __name__ == "__main__":
    main()
