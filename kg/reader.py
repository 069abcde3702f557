"""Asking the graph on behalf of strangers: in processes of their own, with limits that hold."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..data import StoreError
from .guard import check_reads_only
from .store import Params, Rows

_GRACE = 0.6
"""Seconds beyond its time after which a process is ended that did not end its statement itself."""
_MAX_BYTES = 8 << 20
"""Of an answer."""
PROCESSES = 2
"""Statements at once."""


class QueryTimeoutError(StoreError):
    """A statement took longer than it may."""


class QueryTooLargeError(StoreError):
    """A statement needs more memory than it may, or brings its process down."""


@dataclass(frozen=True)
class Answer:
    """Some rows."""

    columns: list[str]
    rows: list[list[Any]]
    """Values in the order of the columns; nodes and the like as `plain_value` has them."""
    truncated: bool
    """Whether there were more."""


class BoundedReader:
    """Answers read-only statements whose authors are not trusted.

    A statement passes the guard and then runs in a process that reads the graph as it is now, beside the one
    that may be writing to it. The process has a memory limit, can write no file, and is ended when the time
    is over. Threads may share a reader.
    """

    def __init__(self, where: str | Path, *, memory: int = 256 << 20) -> None:
        """A reader of a graph.

        Args:
            where: As for `open_store`.
            memory: Bytes that a statement may use.
        """
        self._given = {"where": str(where), "memory": memory}
        self._idle: list[Process] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(PROCESSES)
        self._closed = False
        self._refill()

    def query(self, cypher: str, params: Params | None = None) -> Rows:
        """Up to 1,000 rows of a statement, as dictionaries; raises what `table` raises."""
        found = self.table(cypher, params)
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

    def table(
        self, cypher: str, params: Params | None = None, *, timeout: float = 3.0, limit: int = 1000
    ) -> Answer:
        """Up to `limit` rows of a statement.

        Raises:
            QueryTimeoutError: It took longer than `timeout` seconds.
            QueryTooLargeError: It needs too much memory.
            StoreError: It is refused.
        """
        check_reads_only(cypher)
        asked = {
            "cypher": cypher,
            "params": dict(params or {}),
            "timeout": timeout,
            "limit": limit,
            "max_bytes": _MAX_BYTES,
        }
        end = time.monotonic() + timeout + _GRACE
        try:
            line = json.dumps(asked, allow_nan=False).encode() + b"\n"
        except (ValueError, TypeError, RecursionError) as error:
            raise StoreError(f"the parameters are not plain values ({error})") from error
        if not self._places.acquire(timeout=timeout):
            raise QueryTimeoutError(f"other queries took more than {timeout:g} s; ask again later")
        try:
            found = self._ask(line, end, timeout)
        finally:
            self._places.release()
        if "error" in found:
            raise refusal(found["error"])
        return Answer(found["columns"], found["rows"], found["truncated"])

    def _ask(self, line: bytes, end: float, timeout: float) -> dict[str, Any]:
        process = self._take()
        whole = False
        try:
            found = process.ask(line, end)
            whole = not found["swollen"]
            return found
        except TimeoutError as error:
            raise QueryTimeoutError(f"the query took longer than {timeout:g} s; narrow it") from error
        except OSError as error:
            raise QueryTooLargeError(
                "the query needs too much memory, or nests too deeply; narrow it"
            ) from error
        finally:
            self._give_back(process, whole=whole)

    def peaks(self) -> list[int]:
        """Bytes of memory that each waiting process has had at most; Linux only."""
        with self._lock:
            return [process.peak() for process in self._idle]

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self) -> "Process":
        with self._lock:
            if self._closed:
                raise StoreError("the reader is closed")
            return self._idle.pop() if self._idle else Process(self._given)

    def _give_back(self, process: "Process", *, whole: bool) -> None:
        if whole and not self._closed:
            with self._lock:
                self._idle.append(process)
        else:
            process.end()
            self._refill()

    def _refill(self) -> None:
        with self._lock:
            while not self._closed and len(self._idle) < PROCESSES:
                self._idle.insert(0, Process(self._given))


class Process:
    """One process with a socket to it."""

    def __init__(self, given: Mapping[str, object], module: str = "cartograph.kg.reader_worker") -> None:
        """Start a module with `given` and the number of its `socket` as JSON."""
        self._socket, theirs = socket.socketpair()
        self._lines = b""
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    module,
                    json.dumps({**given, "socket": theirs.fileno()}),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def ask(self, line: bytes, end: float) -> dict[str, Any]:
        """Send a line and wait for one until `end`, by the monotonic clock."""
        self._wait(end)
        self._socket.sendall(line)
        parts: list[bytes] = []
        while not parts or not parts[-1].endswith(b"\n"):
            self._wait(end)
            part = self._socket.recv(1 << 20)
            if not part:
                raise ConnectionError("the process ended")
            parts.append(part)
        found: dict[str, Any] = json.loads(b"".join(parts))
        return found

    def peak(self) -> int:
        """Bytes of memory that it has had at most."""
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as lines:
            return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)

    def end(self) -> None:
        """Kill it."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _wait(self, end: float) -> None:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def refusal(message: str) -> StoreError:
    """The error that a worker's message stands for."""
    if "memory" in message or "bad_alloc" in message:
        return QueryTooLargeError(f"the query needs too much memory; narrow it ({message})")
    if "longer than" in message:
        return QueryTimeoutError(message)
    return StoreError(message)
