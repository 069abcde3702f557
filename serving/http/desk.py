"""The graph's desk: statements run beside the threads that recommend, a few at a time, within limits."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from fastapi import Response

from ...kg.reader import PROCESSES
from .config import HttpConfig
from .errors import ApiError
from .inputs import CypherIn
from .json_response import Json
from .service import Service

T = TypeVar("T")
_MAX_WAITING = 32


class GraphDesk:
    """Asks the graph."""

    def __init__(self, service: Service, config: HttpConfig) -> None:
        self._service = service
        self._config = config
        self._places: anyio.CapacityLimiter | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """The result of some work that asks the graph, in a thread of this desk.

        Raises:
            ApiError: Too many wait already.
        """
        if self._places is None:  # belongs to the event loop that it is made in
            self._places = anyio.CapacityLimiter(PROCESSES)
        if self._places.statistics().tasks_waiting >= _MAX_WAITING:
            raise ApiError(
                503, "overloaded", "too many questions to the graph", "ask again later", {"Retry-After": "5"}
            )
        return await anyio.to_thread.run_sync(work, limiter=self._places)

    async def answer(self, asked: CypherIn) -> Response:
        """The rows of a stranger's statement."""
        limit = min(asked.limit or 100, self._config.cypher_rows)
        timeout = min(asked.timeout or self._config.cypher_timeout, self._config.cypher_timeout)

        def work() -> Response:
            with self._service.reading() as reader:
                found = reader.table(asked.statement, asked.params, timeout=timeout, limit=limit)
            return Json({"columns": found.columns, "rows": found.rows, "truncated": found.truncated})

        return await self.run(work)
