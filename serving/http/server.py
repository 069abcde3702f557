"""Running the server until it is told to stop."""

import asyncio
import logging
import signal
import threading
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import uvicorn
from threadpoolctl import threadpool_limits
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import create_app
from .config import HttpConfig
from .errors import ApiError
from .logs import log_as_json
from .service import Service

HEADERS_WITHIN = 10.0
"""Seconds for a request's headers to arrive once it has begun, or the connection is there."""

log = logging.getLogger("cartograph.http")


@dataclass(frozen=True)
class Address:
    """Where to listen."""

    host: str = "127.0.0.1"
    """This machine only, by default."""
    port: int = 8000
    """0 takes a free one."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port {self.port} is no port; give one of 0 to 65535")


class _Protocol(HttpToolsProtocol):
    """HTTP whose answers to what is no HTTP, or does not come, have the one error shape."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_headers()

    def on_message_begin(self) -> None:
        """The first byte of a request is there."""
        super().on_message_begin()
        self._expect_headers()

    def on_headers_complete(self) -> None:
        """From here on the time limits of `Edge` hold."""
        self._expect_nothing()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse, and hang up."""
        self._refuse(ApiError(400, "bad_request", "this is no HTTP request, or its address is far too long"))

    def _expect_headers(self) -> None:
        self._expect_nothing()
        self._late = self.loop.call_later(HEADERS_WITHIN, self._hurry)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _hurry(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_headers()  # of the request behind one whose answer must not be cut off
        elif not self.transport.is_closing():
            self._refuse(
                ApiError(
                    408, "slow_headers", f"no request within {HEADERS_WITHIN:g} s, only a part or nothing"
                )
            )

    def _refuse(self, error: ApiError) -> None:
        self._expect_nothing()
        body = bytes(error.response().body)
        status = f"{error.status_code} {HTTPStatus(error.status_code).phrase}"
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
        head += f"x-request-id: {uuid.uuid4().hex}\r\ncontent-length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)
        self.transport.close()


def serve(run: Path, address: Address, config: HttpConfig, *, writable: bool = True) -> None:
    """Serve a run until SIGTERM or Ctrl-C; requests in flight are answered before it returns.

    Raises:
        CartographError: The run cannot be loaded.
        ValueError: The address is taken or not ours.
    """
    log_as_json()
    service = Service(run, writable=writable)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(service, config),
            host=address.host,
            port=address.port,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            http=_Protocol,
            ws="none",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=int(config.answer_timeout) + 1,
        )
    )

    def load() -> None:
        try:
            service.load()
            threadpool_limits(1, user_api="blas")  # requests are what runs side by side
            log.info("ready", extra={"fields": {"run": str(run)}})
        except Exception as error:
            service.failure = error
            server.should_exit = True

    try:
        socket = server.config.bind_socket()
    except SystemExit as error:
        raise ValueError(
            f"cannot listen at {address.host}:{address.port}; choose another --port or --host"
        ) from error
    socket.listen()  # so that who reads the log line can connect; answers come when the server has started
    host, port = socket.getsockname()[:2]
    log.info("listening", extra={"fields": {"url": f"http://{host}:{port}"}})
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # uvicorn raises it again when it has ended in good order
    threading.Thread(target=load, name="load", daemon=True).start()
    server.run(sockets=[socket])
    if service.failure is not None:
        raise service.failure
