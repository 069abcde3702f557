"""Many rows into Neo4j: what is new is created, the rest merged, by several writers, and taken up again.

To create is quicker than to look first. A second try of a batch merges, since the first one may have come
through; so counts are exact whatever becomes of client and server in between.
"""

import logging
import random
import re
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import neo4j
import numpy as np
import numpy.typing as npt
import pandas as pd
from neo4j.exceptions import DriverError, Neo4jError, ServiceUnavailable, SessionExpired, TransientError

from ..data import StoreError
from ..data.dataset import IntArray
from .neo4j_statements import EdgeStatements, NodeStatements
from .schema import RELATIONS, quoted
from .store import Written

BATCH = 10_000
"""Rows of a transaction; of twice as many, each takes the server longer."""

CHARACTERS = 1 << 23
"""Of all texts of a transaction: a server has little memory for each."""

WRITERS = 2
"""Connections that write at once."""

PATIENCE = 180.0
"""Seconds that a server which does not answer, or another load, is waited for."""

_LOG = logging.getLogger("cartograph.kg")

Part = tuple[IntArray, bool]
"""Rows of a table, and whether they are certainly new."""


class BulkWriter:
    """Writes tables through a driver."""

    def __init__(self, driver: neo4j.Driver, address: str, patience: float = PATIENCE) -> None:
        self._driver = driver
        self._address = address
        self._patience = patience

    def nodes(self, label: str, nodes: pd.DataFrame, written: Written) -> None:
        """Add or update nodes, as `GraphStore.write_nodes` does."""
        rows = np.flatnonzero(~nodes["id"].duplicated(keep="last"))
        with self._alone():
            (there,) = self._ask(f"MATCH (n:{quoted(label)}) RETURN count(n) AS n")
            _Job(self, NodeStatements(label), nodes, written).run([[(rows, there == 0)]])
        written(len(nodes) - len(rows))

    def relationships(
        self, relation: str, ends: tuple[str, str], edges: pd.DataFrame, written: Written
    ) -> None:
        """Add or update relationships, as `GraphStore.write_relationships` does.

        Rows are cells of a square of sources and targets. The writers go along its diagonals, so that no two
        write to one node at once; the few that still wait for each other in a circle are tried again.
        """
        source, sources = _codes(edges["source"])
        target, _ = _codes(edges["target"])
        keys = [_comparable(edges[name]) for name in RELATIONS[relation].key]
        rows = _last_of_each([source, target, *keys])
        n = WRITERS if ends[0] != ends[1] else 1  # one product is source and target
        with self._alone():
            begun = sources.isin(self._begun(relation, ends))[source]
            job = _Job(self, EdgeStatements(relation, ends), edges, written)
            for turn in range(n):
                cells = [
                    rows[(source[rows] % n == i) & (target[rows] % n == (i + turn) % n)] for i in range(n)
                ]
                job.run([[(cell[~begun[cell]], True), (cell[begun[cell]], False)] for cell in cells])
        written(len(edges) - len(rows))

    def execute(self, cypher: str, parameters: dict[str, Any]) -> None:
        """One transaction, not tried again."""
        with self._driver.session() as session, session.begin_transaction() as transaction:
            transaction.run(_literal(cypher), parameters).consume()
            transaction.commit()

    def wait(self, error: Exception, since: float) -> None:
        """Sleep until it is worth trying again.

        Raises:
            StoreError: That has gone on for too long.
        """
        if time.monotonic() - since > self._patience:
            raise StoreError(
                f"the Neo4j server at {self._address} has not taken a batch for {self._patience:.0f} s "
                f"({_first_line(error)}); start it again and give the same command, which goes on from there"
            ) from error
        if isinstance(error, TransientError) and "Deadlock" in (error.code or ""):
            time.sleep(random.uniform(0.01, 0.1))
        else:
            _LOG.warning("waiting for the Neo4j server at %s (%s)", self._address, _first_line(error))
            time.sleep(2.0)

    def _ask(self, cypher: str) -> list[Any]:
        """The first column of the answer."""
        with self._driver.session(fetch_size=20_000) as session:
            return session.run(_literal(cypher)).value()

    def _begun(self, relation: str, ends: tuple[str, str]) -> list[str]:
        """Ids of the nodes that such relationships lead from already."""
        name, source, target = quoted(relation), quoted(ends[0]), quoted(ends[1])
        if not self._ask(f"MATCH ()-[r:{name}]->() RETURN count(r) AS n")[0]:
            return []
        return self._ask(
            f"MATCH (a:{source}) WHERE EXISTS {{ (a)-[:{name}]->(:{target}) }} RETURN a.id AS id"
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold a transaction open that says so, once those of earlier loads have ended.

        Two loads that create would not see each other's rows. The server ends the transaction when its client
        is killed.
        """
        token = uuid.uuid4().hex
        since = time.monotonic()
        with self._driver.session() as session:
            ticket = session.begin_transaction(metadata={"cartograph": token})
            ticket.run("RETURN 1").consume()
            try:
                while self._is_behind(token):
                    if time.monotonic() - since > self._patience:
                        raise StoreError(
                            f"another load has been writing to {self._address} for {self._patience:.0f} s; "
                            "wait for it or end it"
                        )
                    time.sleep(0.2)
                yield
            finally:
                with suppress(DriverError, Neo4jError):  # gone with the server, say
                    ticket.close()

    def _is_behind(self, token: str) -> bool:
        shown = self._ask(
            "SHOW TRANSACTIONS YIELD transactionId, metaData WHERE metaData.cartograph IS NOT NULL "
            "RETURN [metaData.cartograph, transactionId]"
        )
        numbers = {name: int(re.sub(r".*\D", "", number)) for name, number in shown}
        return min(numbers, key=numbers.__getitem__, default=token) != token


class _Job:
    """One table that is being written."""

    def __init__(
        self,
        writer: BulkWriter,
        statements: NodeStatements | EdgeStatements,
        table: pd.DataFrame,
        written: Written,
    ) -> None:
        self._writer = writer
        self._statements = statements
        self._table = table
        self._written = written
        self._counting = threading.Lock()
        self._stopped = threading.Event()

    def run(self, parts: Sequence[Sequence[Part]]) -> None:
        """Write the parts, each by a writer of its own; the first error ends all."""
        with ThreadPoolExecutor(len(parts)) as pool:
            done = [pool.submit(self._write_parts, part) for part in parts]
            try:
                for part in done:
                    part.result()
            finally:
                self._stopped.set()
        self._stopped.clear()

    def _write_parts(self, parts: Sequence[Part]) -> None:
        try:
            for rows, new in parts:
                for start in range(0, len(rows), BATCH):
                    if self._stopped.is_set():
                        return
                    batch = self._statements.of(self._table.iloc[rows[start : start + BATCH]])
                    self._write_batch(batch, new=new)
                    with self._counting:
                        self._written(len(batch))
        except BaseException:
            self._stopped.set()
            raise

    def _write_batch(self, batch: pd.DataFrame, *, new: bool) -> None:
        if len(batch) > 1 and _characters(batch) > CHARACTERS:
            half = len(batch) // 2
            self._write_batch(batch.iloc[:half], new=new)
            self._write_batch(batch.iloc[half:], new=new)
            return
        since = time.monotonic()
        while True:
            statement, parameters = self._statements.create(batch) if new else self._statements.merge(batch)
            try:
                self._writer.execute(statement, parameters)
                return
            except (DriverError, Neo4jError) as error:
                if self._stopped.is_set() or not _may_pass(error):
                    raise
                self._writer.wait(error, since)
                new = False  # the first try may have come through


def _last_of_each(columns: Sequence[npt.NDArray[np.integer]]) -> IntArray:
    """Rows in the order of the columns; of equal ones the last.

    >>> _last_of_each([np.array([1, 0, 1]), np.array([5, 5, 5])]).tolist()
    [1, 2]
    """
    order = np.lexsort(columns[::-1])
    last = np.zeros(len(order), dtype=bool)
    last[-1:] = True
    for column in columns:
        last[:-1] |= np.diff(column[order]) != 0
    return order if last.all() else order[last]


def _codes(ids: pd.Series) -> tuple[npt.NDArray[np.int32], "pd.Index[str]"]:
    """A number for each id, half as large as those of pandas, and the ids by number."""
    codes, found = pd.factorize(ids)
    return codes.astype(np.int32), pd.Index(found)


def _comparable(column: pd.Series) -> npt.NDArray[np.integer]:
    """Numbers that are equal where the values are."""
    return column.to_numpy() if column.dtype.kind == "i" else _codes(column)[0]


def _characters(rows: pd.DataFrame) -> int:
    """Of all properties that are texts; ids are short."""
    texts = [name for name in rows if name not in ("id", "source", "target") and rows[name].dtype.kind == "O"]
    return sum(len(text) for name in texts for text in rows[name] if isinstance(text, str))


def _may_pass(error: DriverError | Neo4jError) -> bool:
    """Whether it may succeed later: the server restarts, or two writers were in each other's way."""
    if isinstance(error, DriverError):
        return isinstance(error, ServiceUnavailable | SessionExpired)
    return error.is_retryable()


def _first_line(error: Exception) -> str:
    message = getattr(error, "message", None) or str(error)
    return message.splitlines()[0] if message else type(error).__name__


def _literal(cypher: str) -> Any:
    """The driver's type for statements asks for literals; ours are built from the schema's identifiers."""
    return cypher
