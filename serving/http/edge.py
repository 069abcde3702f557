"""The outermost layer: limits, time-outs, request ids, one log line and one measurement a request."""

import asyncio
import re
import time
import uuid
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .config import HttpConfig
from .errors import ApiError, internal_error
from .logs import log
from .metrics import Metrics

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.-]{1,64}")


class _DisconnectedError(Exception):
    """The client went away before its body was here."""


class Edge:
    """ASGI middleware around everything.

    The body is read here, with its limits, before anything else runs. The answer is computed in a task of its
    own: one that takes too long is answered with an error at once, and counts as in flight until it ends.
    """

    def __init__(self, app: ASGIApp, config: HttpConfig, metrics: Metrics) -> None:
        self.app = app
        self.config = config
        self.metrics = metrics
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:  # the API has no web sockets
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        answer = _Answer(send, _request_id(scope))
        # Routes match the path as it was sent, so that an encoded slash stays within its step.
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        scope = {**scope, "path": raw.decode("ascii", "replace")}
        self.metrics.in_flight.inc()
        try:
            self._check_limits(scope, raw)
            body = await self._body(scope, receive)
            await self._within_time(scope, _replay(body, receive), answer)
        except ApiError as error:
            await error.response()(scope, receive, answer.send)
        except _DisconnectedError:
            answer.status = 499
        finally:
            self.metrics.in_flight.dec()
            self._record(scope, answer, time.perf_counter() - start)

    def _check_limits(self, scope: Scope, raw: bytes) -> None:
        query: bytes = scope["query_string"]
        if len(raw) + len(query) > self.config.max_url:
            raise ApiError(
                414,
                "url_too_long",
                f"path and query have {len(raw) + len(query):,} bytes; {self.config.max_url:,} are allowed",
                "long lists go into the body of a POST",
            )
        if b"%00" in raw or b"%00" in query:
            raise ApiError(422, "invalid_input", "the address contains the character NUL")
        if len(self._running) >= self.config.max_in_flight:
            raise ApiError(
                503, "overloaded", "too many requests at once", "come back in a second", {"Retry-After": "1"}
            )

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        limit = self.config.max_body
        too_large = ApiError(
            413,
            "body_too_large",
            f"the body is above {limit:,} bytes",
            "send it in parts",
            {"Connection": "close"},
        )
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > limit:
            raise too_large
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.config.body_timeout):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _DisconnectedError
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > limit:
                        raise too_large
                    if not message.get("more_body", False):
                        return b"".join(chunks)
        except TimeoutError:
            raise ApiError(
                408,
                "slow_body",
                f"the body did not arrive within {self.config.body_timeout:g} s",
                headers={"Connection": "close"},
            ) from None

    async def _within_time(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        task = asyncio.create_task(self._run(scope, receive, answer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait({task}, timeout=self.config.answer_timeout)
        if not done and not answer.status:
            late = ApiError(
                504, "timeout", f"no answer within {self.config.answer_timeout:g} s", "ask for less at once"
            )
            send = answer.take_over()
            await late.response()(scope, receive, send)
        elif not done:
            await task

    async def _run(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self.app(scope, receive, answer.send)
        except Exception:
            log.exception("internal error", extra={"fields": {"request_id": answer.request_id}})
            if not answer.status:
                await internal_error().response()(scope, receive, answer.send)

    def _record(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        route: Any = scope.get("route")
        path = getattr(route, "path_format", None) or getattr(route, "path", None) or "unmatched"
        self.metrics.observe(scope["method"], path, answer.status, seconds)
        log.info(
            "request",
            extra={
                "fields": {
                    "method": scope["method"][:16],
                    "route": path,
                    "status": answer.status,
                    "ms": round(1000 * seconds, 2),
                    "request_id": answer.request_id,
                }
            },
        )


class _Answer:
    """What is sent back, with the request's id; after a time-out the late answer goes nowhere."""

    def __init__(self, send: Send, request_id: bytes) -> None:
        self._send = send
        self._taken_over = False
        self._header = (b"x-request-id", request_id)
        self.request_id = request_id.decode()
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if not self._taken_over:
            await self._forward(message)

    def take_over(self) -> Send:
        """The way to send something else instead."""
        self._taken_over = True
        return self._forward

    async def _forward(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", []), self._header]}
        await self._send(message)


def _request_id(scope: Scope) -> bytes:
    """The caller's own id, if it is a tame one."""
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex.encode()


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
