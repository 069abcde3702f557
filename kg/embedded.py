"""The embedded store: Ladybug, a columnar graph database in one file, in this process."""

import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ladybug
import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa

from ..data import StoreError
from ..data.dataset import FloatArray
from .dialect import named, rewritten
from .guard import check_reads_only
from .plain import plain_value
from .purging import PURGED, copy_graph, file_mentions, remove, take_place
from .schema import ARROW, NODES, RELATIONS, Kind, quoted
from .store import Params, Rows, Written, batches, untold
from .subgraph import Key, subgraph
from .tables import declare, table_names, version
from .turns import Turns
from .versions import SCHEMA_VERSION, check_version

_FULL = ("No space left on device", "Disk quota exceeded", "File too large")
"""What the system says when a file cannot grow."""

_BATCH = 200_000
_FEW = 1_000
"""Up to so many rows are looked up and created by their ids, milliseconds each; for more, reading the whole
table and `COPY` are faster."""


class EmbeddedStore:
    """A `GraphStore` on Ladybug. One process may write at a time; reading only, several may share the file.

    New rows go in through `COPY`, a batch a transaction, so a killed load leaves whole batches behind and the
    next load adds what is missing. Threads may share a store: each reads through a connection of its own, and
    one writes at a time.
    """

    def __init__(
        self, path: Path, *, read_only: bool = False, memory: int | None = None, recover: bool = True
    ) -> None:
        """Open the graph at a path.

        Args:
            path: A file, created if absent (not when reading only).
            read_only: Whether nothing may be written.
            memory: Bytes that the database may use, a power of two; as it likes when absent.
            recover: Whether a reader may write first: finish what a killed writer left, update the graph.
        """
        if read_only and not path.exists():
            raise StoreError(f"no graph at {path}; run `cartograph load` first")
        if path.is_dir():
            raise StoreError(f"{path} is a folder; a graph is one file")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._read_only, self._memory, self._recover = read_only, memory, recover
        self._writing = threading.RLock()
        self._turns = Turns()
        self._depth = 0
        self._open()
        try:
            found = version(self._run)
            check_version(found or 0, str(path))
            if read_only and found is not None and found < SCHEMA_VERSION:
                self._migrate(found)
            elif not read_only:
                remove(path.with_name(path.name + PURGED))  # a killed `purge` left it
                declare(self._run)
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        try:
            self._database = self._opened(_limits(self.path, self._memory))
            self._connection = ladybug.Connection(self._database)
        except RuntimeError as error:
            if "lock" in str(error):
                raise StoreError(
                    f"{self.path} is in use by another process; wait for it or end it"
                ) from error
            _check_room(error)
            raise StoreError(f"{self.path} is not a readable graph ({_first_line(error)})") from error
        self._readers = threading.local()
        self._connections = weakref.WeakSet([self._connection])

    def _opened(self, limits: dict[str, int]) -> Any:
        """The database; what a killed process left is merged first, where a reader may do so."""
        try:
            return ladybug.Database(str(self.path), read_only=self._read_only, **limits)
        except RuntimeError as error:
            if "recovery is pending" not in str(error):
                raise
            if not self._recover:
                raise StoreError(
                    f"{self.path} is being merged with its log, or a killed process left it so; "
                    "ask again, or open it anew with any command"
                ) from error
        ladybug.Database(str(self.path), **limits).close()
        return ladybug.Database(str(self.path), read_only=True, **limits)

    def _migrate(self, found: int) -> None:
        """Bring an older graph up to date that is open for reading, by opening it for writing once."""
        self.close()
        try:
            if not self._recover:
                raise StoreError("here it is only read")
            EmbeddedStore(self.path).close()
        except (StoreError, OSError) as error:
            raise StoreError(
                f"the graph at {self.path} has version {found} of the schema and has to be brought to "
                f"{SCHEMA_VERSION}, for which it must be writable and in no use ({error})"
            ) from error
        self._open()

    def write_nodes(self, label: str, nodes: pd.DataFrame, written: Written = untold) -> None:
        properties = NODES[label].properties
        table = quoted(label)
        returned = "".join(f", n.{quoted(name)} AS {quoted(name)}" for name in properties)
        given: dict[str, Kind] = {"id": "STRING", **properties}
        few = len(nodes) <= _FEW
        only = "UNWIND $ids AS id " if few else ""
        with self._writing:
            there = self._frame(
                f"{only}MATCH (n:{table}{' {id: id}' if few else ''}) RETURN n.id AS id{returned}",
                {"ids": list(nodes["id"])} if few else None,
            )
            new, changed = _compare(nodes, there, ["id"], properties)
            with self.transaction():
                if few:
                    self._update(f"UNWIND $rows AS row CREATE (:{table} {{{_fields(given)}}})", new)
                else:
                    for batch in batches(new, _BATCH):
                        self._copy(table, _arrow(batch, given))
                sets = ", ".join(f"n.{quoted(p)} = {_value(p, kind)}" for p, kind in properties.items())
                if sets:
                    self._update(f"UNWIND $rows AS row MATCH (n:{table} {{id: row.id}}) SET {sets}", changed)
        written(len(nodes))

    def write_relationships(
        self, relation: str, ends: tuple[str, str], edges: pd.DataFrame, written: Written = untold
    ) -> None:
        kinds = RELATIONS[relation]
        source, target = (quoted(label) for label in ends)
        name = quoted(relation)
        told = {name: kind for name, kind in kinds.properties.items() if name in edges}
        returned = "".join(f", r.{quoted(p)} AS {quoted(p)}" for p in told)
        few = len(edges) <= _FEW
        only = "UNWIND $sources AS source " if few else ""
        with self._writing:
            there = self._frame(
                f"{only}MATCH (a:{source}{' {id: source}' if few else ''})-[r:{name}]->(b:{target}) "
                f"RETURN a.id AS source, b.id AS target{returned}",
                {"sources": list(edges["source"].unique())} if few else None,
            )
            new, changed = _compare(edges, there, ["source", "target", *kinds.key], told)
            new = new.reindex(columns=["source", "target", *kinds.properties])
            if few:
                with self.transaction():
                    self._update(
                        f"UNWIND $rows AS row MATCH (a:{source} {{id: row.source}}) "
                        f"MATCH (b:{target} {{id: row.target}}) "
                        f"CREATE (a)-[:{name} {{{_fields(kinds.properties)}}}]->(b)",
                        new,
                    )
            else:
                columns = {"source": "STRING", "target": "STRING", **kinds.properties}
                pair = f" (from='{ends[0]}', to='{ends[1]}')" if len(kinds.ends) > 1 else ""
                for batch in batches(new, _BATCH):
                    with self.transaction():
                        self._copy(name, _arrow(batch, columns), pair)
            key = " AND ".join(["true", *(f"r.{quoted(k)} = row.{quoted(k)}" for k in kinds.key)])
            sets = ", ".join(
                f"r.{quoted(p)} = {_value(p, kind)}" for p, kind in told.items() if p not in kinds.key
            )
            if sets:
                self._update(
                    f"UNWIND $rows AS row MATCH (a:{source} {{id: row.source}})-[r:{name}]->"
                    f"(b:{target} {{id: row.target}}) WHERE {key} SET {sets}",
                    changed,
                )
        written(len(edges))

    def execute(self, cypher: str, params: Params | None = None) -> None:
        with self._writing:
            self._run(cypher, params)

    def query(self, cypher: str, params: Params | None = None) -> Rows:
        with self._turns.shared():
            result = _execute(self._reader(), cypher, params)
            return list(result.rows_as_dict()) if result.get_column_names() else []

    def frame(self, cypher: str, params: Params | None = None) -> pd.DataFrame:
        with self._turns.shared():
            table: pd.DataFrame = _execute(self._reader(), cypher, params).get_as_arrow().to_pandas()
            return table

    def networkx(self, cypher: str, params: Params | None = None) -> "nx.MultiDiGraph[Key]":
        with self.read_only() as session:
            return subgraph(session.table(cypher, params)[1])

    @contextmanager
    def read_only(self, timeout: float = 30.0) -> Iterator["_ReadOnly"]:
        with self._turns.shared():
            yield _ReadOnly(self._connect(), timeout)

    def counts(self) -> dict[str, int]:
        nodes = {
            label: int(self.query(f"MATCH (n:{quoted(label)}) RETURN count(*) AS n")[0]["n"])
            for label in NODES
        }
        return nodes | {
            name: int(self.query(f"MATCH ()-[r:{quoted(name)}]->() RETURN count(*) AS n")[0]["n"])
            for name in RELATIONS
        }

    def write_vectors(self, name: str, ids: Sequence[str], vectors: FloatArray) -> None:
        """Nothing: what searches by vectors here is `serving`."""

    def purge(self) -> None:
        with self._writing:
            fresh = self.path.with_name(self.path.name + PURGED)
            remove(fresh)
            with EmbeddedStore(fresh) as copy:
                copy_graph(self, copy, table_names(self._run))
            with self._turns.alone():
                self.close()
                try:
                    take_place(fresh, self.path)
                finally:
                    self._open()

    def mentions(self, text: str) -> bool:
        return file_mentions(self.path, text)

    def close(self) -> None:
        for connection in list(self._connections):
            connection.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._writing:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._run("BEGIN TRANSACTION")
                yield
                if self._depth == 1:
                    self._run("COMMIT")
            except BaseException:
                if self._depth == 1:
                    with suppress(StoreError):  # a statement that fails ends the transaction itself
                        self._run("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def _copy(self, table: str, rows: pa.Table, options: str = "") -> None:
        _execute(self._connection, f"COPY {table} FROM $rows{options}", {"rows": rows})

    def _update(self, cypher: str, rows: pd.DataFrame) -> None:
        for batch in batches(rows.astype(object).where(rows.notna(), None), 10_000):
            self._run(cypher, {"rows": batch.to_dict("records")})

    def _frame(self, cypher: str, params: Params | None) -> pd.DataFrame:
        table: pd.DataFrame = self._run(cypher, params).get_as_arrow().to_pandas()
        return table

    def _run(self, cypher: str, params: Params | None = None) -> Any:
        return _execute(self._connection, cypher, params)

    def _reader(self) -> Any:
        """This thread's own connection."""
        if not hasattr(self._readers, "connection"):
            self._readers.connection = self._connect()
        return self._readers.connection

    def _connect(self) -> Any:
        connection = ladybug.Connection(self._database)
        self._connections.add(connection)
        return connection


class _ReadOnly:
    def __init__(self, connection: Any, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        connection.set_query_timeout(max(int(timeout * 1000), 1))

    def query(self, cypher: str, params: Params | None = None, *, limit: int | None = None) -> Rows:
        columns, rows = self.table(cypher, params, limit=limit)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def table(
        self, cypher: str, params: Params | None = None, *, limit: int | None = None
    ) -> tuple[list[str], list[list[Any]]]:
        check_reads_only(cypher)
        statement = rewritten(cypher)
        try:
            result = _execute(self._connection, statement.text, params)
            rows: list[list[Any]] = []
            while result.has_next() and (limit is None or len(rows) < limit):
                rows.append([plain_value(value) for value in result.get_next()])
            return named(result.get_column_names(), rows, statement)
        except StoreError as error:
            if "Interrupted" in str(error):
                raise StoreError(f"the query took longer than {self._timeout:g} s; narrow it") from error
            raise


def _limits(path: Path, memory: int | None) -> dict[str, int]:
    """Options of a database that is to use little memory and address space, and one core."""
    if memory is None:
        return {}
    size = 4 * path.stat().st_size if path.exists() else 0
    space = 1 << max(size, 4 * memory).bit_length()
    return {"buffer_pool_size": memory, "max_db_size": space, "max_num_threads": 1}


def _execute(connection: Any, cypher: str, params: Params | None) -> Any:
    try:
        return connection.execute(cypher, dict(params or {}))
    except RuntimeError as error:
        _check_room(error)
        raise StoreError(f"the graph store refuses the statement: {_first_line(error)}") from error


def _check_room(error: RuntimeError) -> None:
    """Say so where a file could not grow.

    Raises:
        StoreError: That was it.
    """
    if any(sign in str(error) for sign in _FULL):
        raise StoreError(
            "the disk with the graph is full; make room and give the same command, which goes on from there"
        ) from error


def _fields(properties: Mapping[str, Kind]) -> str:
    """A map of properties taken from `row`.

    >>> _fields({"at": "INT64"})
    '`at`: CAST(row.`at` AS INT64)'
    """
    return ", ".join(f"{quoted(name)}: {_value(name, kind)}" for name, kind in properties.items())


def _value(name: str, kind: Kind) -> str:
    """A property of `row`; where all rows lack it, it has no type of its own."""
    return f"CAST(row.{quoted(name)} AS {kind})"


def _compare(
    given: pd.DataFrame, there: pd.DataFrame, key: list[str], properties: dict[str, Kind]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that are not there yet, and those that are there with other properties."""
    columns = [*key, *(name for name in properties if name not in key)]
    given = _typed(given.reindex(columns=columns), properties).drop_duplicates(key, keep="last")
    if there.empty:
        return given, given.iloc[:0]
    there = _typed(there, properties)
    merged = given.merge(there, on=key, how="left", suffixes=("", "_there"), indicator=True)
    new = (merged["_merge"] == "left_only").to_numpy()
    differs = np.zeros(len(merged), dtype=bool)
    for name in columns[len(key) :]:
        mine, theirs = merged[name], merged[f"{name}_there"]
        differs |= ((mine != theirs) & ~(mine.isna() & theirs.isna())).to_numpy(bool)
    return merged.loc[new, columns], merged.loc[differs & ~new, columns]


def _typed(frame: pd.DataFrame, properties: dict[str, Kind]) -> pd.DataFrame:
    types = {"STRING": "str", "INT64": "int64", "DOUBLE": "float64"}
    return frame.astype({name: types[properties.get(name, "STRING")] for name in frame.columns})


def _arrow(frame: pd.DataFrame, columns: dict[str, Kind]) -> pa.Table:
    schema = pa.schema([(name, ARROW[kind]) for name, kind in columns.items()])
    return pa.Table.from_pandas(frame[list(columns)], schema=schema, preserve_index=False)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].strip()
