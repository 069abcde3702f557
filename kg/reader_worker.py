"""The process in which strangers' statements run: it can read one graph and nothing else.

    python -m cartograph.kg.reader_worker '{"where": "run/graph.lbug", "memory": 536870912, "socket": 5}'

It answers one JSON line per JSON line on a socket. On Linux its memory is limited, it can write no byte to
any file, and while a statement runs on the embedded store it can open no file and no connection.
"""

import json
import os
import resource
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..data import StoreError
from .embedded import EmbeddedStore
from .store import GraphStore
from .stores import open_store

_NICE = 5
_PAUSE = 0.05
"""Seconds before another try."""
_LINUX = sys.platform.startswith("linux")


class Graph:
    """The graph as it is now: the embedded one is opened anew after somebody wrote to it."""

    def __init__(self, where: str, memory: int) -> None:
        self._where = where
        self._memory = memory
        self._embedded = "://" not in where
        self._store: GraphStore | None = None
        self._seen: tuple[object, ...] = ()
        self._at_first = 0

    def swollen(self) -> bool:
        """Whether earlier statements left much memory behind, so that later ones would have little."""
        return _LINUX and mapped() - self._at_first > self._memory // 2

    def ask(
        self, cypher: str, params: dict[str, Any], timeout: float, limit: int
    ) -> tuple[list[str], list[list[Any]]]:
        """Columns, and up to `limit` rows."""
        end = time.monotonic() + timeout
        while True:
            try:
                store = self.current()
                with self.locked_up(), store.read_only(timeout=timeout) as session:
                    found = session.table(cypher, params, limit=limit)
            except StoreError:
                if self._store is not None and not self._disturbed():
                    raise
                if time.monotonic() > end:
                    raise
                time.sleep(_PAUSE)  # the writer is merging its log into the graph
            else:
                if not self._disturbed() or time.monotonic() > end:
                    return found

    def _disturbed(self) -> bool:
        """Whether the graph changed under us; a log that grows beside it disturbs nobody."""
        return self._seen[:1] != self._version()[:1]

    def current(self) -> GraphStore:
        """The store, opened anew if it has changed."""
        version = self._version()
        if self._store is None or version != self._seen:
            if self._store is not None:
                self._store.close()
                self._store = None
            if _LINUX:
                resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            if self._embedded:
                self._store = EmbeddedStore(
                    Path(self._where), read_only=True, memory=self._memory // 2, recover=False
                )
            else:
                self._store = open_store(self._where, read_only=True)
            self._seen = version
            if _LINUX:
                self._at_first = mapped()
                most = self._at_first + self._memory
                resource.setrlimit(resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))
        return self._store

    def _version(self) -> tuple[object, ...]:
        """Of the embedded graph, and of the log of what was written since: they change with every write."""
        if not self._embedded:
            return ()
        found: list[object] = []
        for file in (self._where, f"{self._where}.wal"):
            try:
                state = os.stat(file)
            except FileNotFoundError:
                found.append(None)
            else:
                found.append((state.st_ino, state.st_size, state.st_mtime_ns))
        return tuple(found)

    @contextmanager
    def locked_up(self) -> Iterator[None]:
        """Let nothing be opened."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if self._embedded and _LINUX:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def mapped() -> int:
    """Bytes of writable memory that the process has asked for."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmData"))


def _answer(graph: Graph, asked: dict[str, Any]) -> dict[str, Any]:
    limit, most = asked["limit"], asked["max_bytes"]
    columns, rows = graph.ask(asked["cypher"], asked["params"], asked["timeout"], limit + 1)
    size, kept = 0, 0
    for row in rows[:limit]:
        size += len(json.dumps(row))
        if size > most:
            break
        kept += 1
    if rows and not kept:
        raise StoreError(f"too much memory: a row has more than {most:,} bytes; return less of it")
    return {"columns": columns, "rows": rows[:kept], "truncated": len(rows) > kept}


def main() -> None:
    """Answer until the socket closes."""
    given = json.loads(sys.argv[1])
    channel = socket.socket(fileno=given["socket"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _LINUX:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    os.nice(_NICE)
    graph = Graph(given["where"], given["memory"])
    with channel.makefile("rb") as lines:
        for line in lines:
            try:
                found = _answer(graph, json.loads(line))
            except MemoryError:
                found = {"error": "too much memory"}
            except Exception as error:  # whatever a statement or its parameters bring about
                found = {"error": next(iter(str(error).splitlines()), "the statement is refused")[:500]}
            found["swollen"] = graph.swollen()
            channel.sendall(json.dumps(found).encode() + b"\n")


if __name__ == "__main__":
    main()
