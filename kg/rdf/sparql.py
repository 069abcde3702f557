"""Asking the graph in SPARQL, in a process with limits that hold."""

import json
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ...data import StoreError
from ..reader import Answer, Process, QueryTimeoutError, QueryTooLargeError, refusal
from ..store import GraphStore, Rows
from .export import export_rdf
from .sparql_guard import check_sparql
from .statements import RdfConfig

_LOADING = 3600.0
"""Seconds that loading the statements may take."""
_GRACE = 0.6
"""Seconds beyond its time after which a process is ended that did not end its query itself."""


class SparqlReader:
    """Answers read-only SPARQL 1.1 about the graph as it was when this was made.

    The statements go into memory, about 500 bytes each, in a process of their own, which has a memory limit
    and can open no file and no connection; it is ended when a query takes too long, and started again for
    the next. `schema:`, `skos:`, `xsd:`, `rdf:`, `rdfs:` and `cartograph:` need no `PREFIX`. One thread at a
    time.
    """

    def __init__(self, store: GraphStore, config: RdfConfig = RdfConfig(), *, memory: int = 1 << 30) -> None:
        """Read the graph.

        Args:
            store: Read once, and not needed later.
            config: Which statements are made of it; users and their events only where asked.
            memory: Bytes that a query may use besides the statements.

        Raises:
            StoreError: The store cannot be read.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="cartograph-")
        self._process: Process | None = None
        try:
            file = Path(self._folder.name) / "graph.nt"
            self.n_statements = export_rdf(store, file, "ntriples", config)
            self._given = {"file": str(file), "memory": memory}
            self._process = self._started()
        except BaseException:
            self.close()
            raise

    def query(self, sparql: str, *, timeout: float = 30.0, limit: int = 1000) -> Rows:
        """Up to `limit` rows of a query, as dictionaries; raises what `table` raises."""
        found = self.table(sparql, timeout=timeout, limit=limit)
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

    def table(self, sparql: str, *, timeout: float = 30.0, limit: int = 1000) -> Answer:
        """Up to `limit` rows of a query: numbers as numbers, other values and addresses as texts.

        `ASK` gives one row `answer`, `CONSTRUCT` and `DESCRIBE` rows `subject`, `predicate`, `object`.

        Raises:
            QueryTimeoutError: It took longer than `timeout` seconds.
            QueryTooLargeError: It needs too much memory.
            StoreError: It is refused, or no SPARQL.
        """
        check_sparql(sparql)
        if self._process is None:
            self._process = self._started()
        line = json.dumps({"sparql": sparql, "limit": limit}).encode() + b"\n"
        whole = False
        try:
            found = self._process.ask(line, time.monotonic() + timeout + _GRACE)
            whole = True
        except TimeoutError as error:
            raise QueryTimeoutError(f"the query took longer than {timeout:g} s; narrow it") from error
        except OSError as error:
            raise QueryTooLargeError("the query needs too much memory; narrow it") from error
        finally:
            if not whole:
                self._end()
        if "error" in found:
            raise refusal(found["error"])
        return Answer(found["columns"], found["rows"], found["truncated"])

    def close(self) -> None:
        """End the process."""
        self._end()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> Process:
        """A process that has loaded the statements."""
        process = Process(self._given, "cartograph.kg.rdf.sparql_worker")
        try:
            process.ask(b"{}\n", time.monotonic() + _LOADING)
        except OSError as error:
            process.end()
            raise StoreError("the graph's statements do not fit into memory") from error
        return process

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None
