"""Running the server until it is told to stop."""

import logging
import signal
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import create_app
from .config import HttpConfig
from .errors import ApiError
from .logs import log_as_json
from .service import Service

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
    """HTTP whose answer to what is no HTTP has the one error shape."""

    def send_400_response(self, msg: str) -> None:
        """Refuse, and hang up."""
        body = (
            ApiError(400, "bad_request", "this is no HTTP request, or its address is far too long")
            .response()
            .body
        )
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
            + f"x-request-id: {uuid.uuid4().hex}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + bytes(body)
        )
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
