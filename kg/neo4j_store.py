"""The Neo4j store: the official driver, constraints from the schema, batched idempotent writes."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

import neo4j
import networkx as nx
import pandas as pd
from neo4j.exceptions import AuthError, DatabaseUnavailable, DriverError, Neo4jError, ServiceUnavailable

from ..data import StoreError
from ..data.dataset import FloatArray
from .functions import ONLY_EMBEDDED
from .guard import check_reads_only
from .neo4j_bulk import BATCH, BulkWriter
from .neo4j_statements import EdgeStatements, NodeStatements
from .neo4j_vectors import write_vectors
from .plain import plain_value
from .schema import NODES, RELATIONS, quoted
from .store import Params, Rows, Written, batches, untold
from .subgraph import Key, subgraph
from .versions import KEY, LABEL, SCHEMA_VERSION, check_version

T = TypeVar("T")

_FEW = 1_000
"""Up to so many rows are merged at once, without asking first what is there."""

_BROKEN = (
    "Neo.DatabaseError.Transaction.",
    "Neo.DatabaseError.General.",
    "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase",  # what a server becomes whose disk fills up
    "Neo.TransientError.General.DatabaseUnavailable",
)
_RECOVERY = 60.0
"""Seconds that a database may take to come up."""
_TIMED_OUT = ("TransactionTimedOut", "TransactionTimedOutClientConfiguration")


class Neo4jStore:
    """A `GraphStore` on a Neo4j 5 server.

    Every batch of rows is one transaction, retried on transient errors. Few rows are merged, in the order of
    their ends, so that two writers lock nodes in the same order and cannot wait for each other in a circle;
    many go through `BulkWriter`. Either way a killed load is completed by the next one.
    """

    def __init__(self, address: str, *, user: str, password: str) -> None:
        self.address = address
        self._transactions = threading.local()
        self._driver = neo4j.GraphDatabase.driver(
            address, auth=(user, password), notifications_min_severity="OFF"
        )
        self._bulk = BulkWriter(self._driver, address)
        try:
            self._driver.verify_connectivity()
            version = self._version_once_it_is_up()
            check_version(version or 0, address)
            for label in NODES:
                name = quoted(f"{label.lower()}_id")
                self.query(
                    f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{quoted(label)}) REQUIRE n.id IS UNIQUE"
                )
            self.query("CALL db.awaitIndexes(60)")
            if version != SCHEMA_VERSION:
                given = {"id": KEY, "version": SCHEMA_VERSION}
                self.execute(f"MERGE (s:{quoted(LABEL)} {{id: $id}}) SET s.version = $version", given)
        except AuthError as error:
            self._driver.close()
            raise StoreError(
                f"{address} refuses user {user!r} or the password; set NEO4J_USER and NEO4J_PASSWORD"
            ) from error
        except StoreError:
            self._driver.close()
            raise
        except (ServiceUnavailable, DriverError) as error:
            self._driver.close()
            raise StoreError(
                f"no Neo4j server answers at {address}; start one (`make neo4j`) or correct the address"
            ) from error

    def _version(self) -> int | None:
        """The version of the schema that the graph has, None for none that says so: the first did not."""
        found = self.query(f"MATCH (s:{quoted(LABEL)} {{id: $id}}) RETURN s.version AS version", {"id": KEY})
        return int(found[0]["version"]) if found else None

    def _version_once_it_is_up(self) -> int | None:
        """A server that was started again answers while its database still recovers."""
        end = time.monotonic() + _RECOVERY
        while True:
            try:
                return self._version()
            except StoreError as error:
                if not isinstance(error.__cause__, DatabaseUnavailable) or time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def write_nodes(self, label: str, nodes: pd.DataFrame, written: Written = untold) -> None:
        if self._in_transaction or len(nodes) <= _FEW:
            self._merge(NodeStatements(label), nodes, written)
        else:
            with self._understood():
                self._bulk.nodes(label, nodes, written)

    def write_relationships(
        self, relation: str, ends: tuple[str, str], edges: pd.DataFrame, written: Written = untold
    ) -> None:
        if self._in_transaction or len(edges) <= _FEW:
            rows = edges.sort_values(["source", "target"], kind="stable")
            self._merge(EdgeStatements(relation, ends), rows, written)
        else:
            with self._understood():
                self._bulk.relationships(relation, ends, edges, written)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._understood(), self._driver.session() as session, session.begin_transaction() as open_one:
            self._transactions.open = open_one
            try:
                yield
                open_one.commit()
            finally:
                self._transactions.open = None

    def execute(self, cypher: str, params: Params | None = None) -> None:
        def unit(transaction: neo4j.ManagedTransaction | neo4j.Transaction) -> None:
            transaction.run(_literal(cypher), dict(params or {})).consume()

        open_already = getattr(self._transactions, "open", None)
        if open_already is not None:
            unit(open_already)
        else:
            self._do(lambda session: session.execute_write(unit))

    def query(self, cypher: str, params: Params | None = None) -> Rows:
        def work(session: neo4j.Session) -> Rows:
            return session.run(_literal(cypher), dict(params or {})).data()

        return self._do(work)

    def frame(self, cypher: str, params: Params | None = None) -> pd.DataFrame:
        def work(session: neo4j.Session) -> pd.DataFrame:
            result = session.run(_literal(cypher), dict(params or {}))
            keys = result.keys()
            return pd.DataFrame.from_records(result.values(), columns=list(keys))

        return self._do(work, fetch_size=20_000)

    def networkx(self, cypher: str, params: Params | None = None) -> "nx.MultiDiGraph[Key]":
        with self.read_only() as session:
            return subgraph(session.table(cypher, params)[1])

    @contextmanager
    def read_only(self, timeout: float = 30.0) -> Iterator["_ReadOnly"]:
        yield _ReadOnly(self, timeout)

    def counts(self) -> dict[str, int]:
        nodes = {
            label: int(self.query(f"MATCH (n:{quoted(label)}) RETURN count(*) AS n")[0]["n"])
            for label in NODES
        }
        return nodes | {
            name: int(self.query(f"MATCH ()-[r:{quoted(name)}]->() RETURN count(r) AS n")[0]["n"])
            for name in RELATIONS
        }

    def write_vectors(self, name: str, ids: Sequence[str], vectors: FloatArray) -> None:
        write_vectors(self, name, ids, vectors)

    def purge(self) -> None:
        """Nothing: a server reuses the place of what was deleted in its own time."""

    def mentions(self, text: str) -> bool:
        return False

    def close(self) -> None:
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(
        self, cypher: str, params: Params | None, timeout: float, limit: int | None
    ) -> tuple[list[str], list[list[Any]]]:
        """Columns and rows of a statement, run with read access for at most `timeout` seconds."""

        @neo4j.unit_of_work(timeout=timeout)
        def unit(transaction: neo4j.ManagedTransaction) -> tuple[list[str], list[list[Any]]]:
            result = transaction.run(_literal(cypher), dict(params or {}))
            rows = result if limit is None else islice(result, limit)
            return list(result.keys()), [[plain_value(value) for value in row.values()] for row in rows]

        return self._do(lambda session: session.execute_read(unit), default_access_mode=neo4j.READ_ACCESS)

    @property
    def _in_transaction(self) -> bool:
        return getattr(self._transactions, "open", None) is not None

    def _merge(
        self, statements: NodeStatements | EdgeStatements, table: pd.DataFrame, written: Written
    ) -> None:
        for batch in batches(statements.of(table), BATCH):
            self.execute(*statements.merge(batch))
            written(len(batch))

    def _do(self, work: Callable[[neo4j.Session], T], **settings: Any) -> T:
        with self._understood(), self._driver.session(**settings) as session:
            return work(session)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except ServiceUnavailable as error:
            raise StoreError(
                f"the Neo4j server at {self.address} stopped answering; start it again"
            ) from error
        except AuthError:
            raise
        except Neo4jError as error:
            if error.code is not None and error.code.endswith(_TIMED_OUT):
                raise StoreError("the query took longer than its time limit; narrow it") from error
            message = (error.message or str(error)).splitlines()[0]
            if error.code is not None and error.code.startswith(_BROKEN):
                raise StoreError(
                    f"the Neo4j server at {self.address} cannot go on ({message}); see in its logs why, make "
                    "room if its disk is full, start it again and give the same command"
                ) from error
            unknown = re.match(r"Unknown function '(\w+)'", message)
            if unknown and unknown[1].lower() in ONLY_EMBEDDED:
                message += f"; write {ONLY_EMBEDDED[unknown[1].lower()]}, which both stores take"
            raise StoreError(f"the graph store refuses the statement: {message}") from error


class _ReadOnly:
    def __init__(self, store: Neo4jStore, timeout: float) -> None:
        self._store = store
        self._timeout = timeout

    def query(self, cypher: str, params: Params | None = None, *, limit: int | None = None) -> Rows:
        columns, rows = self.table(cypher, params, limit=limit)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def table(
        self, cypher: str, params: Params | None = None, *, limit: int | None = None
    ) -> tuple[list[str], list[list[Any]]]:
        check_reads_only(cypher)
        return self._store.read(cypher, params, self._timeout, limit)


def _literal(cypher: str) -> Any:
    """The driver's type for statements asks for literals; ours are built from the schema's identifiers."""
    return cypher
