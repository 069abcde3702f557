"""A server for tests: in this process, or a real one on loopback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from cartograph.serving.http import HttpConfig, Service, create_app

START = 120.0
"""Seconds that a server may take to load, on a busy machine."""


@contextmanager
def client_of(
    run: Path, *, config: HttpConfig | None = None, writable: bool = True, host: str = "127.0.0.1"
) -> Iterator[TestClient]:
    """A client of a service in this process that has loaded a run."""
    service = Service(run, writable=writable)
    service.load()
    app = create_app(service, config or HttpConfig())
    with TestClient(
        app, base_url="http://127.0.0.1", client=(host, 50_000), raise_server_exceptions=False
    ) as client:
        yield client


class LiveServer:
    """A server process on a free port of loopback."""

    def __init__(self, run: Path, *options: str, wait: bool = True) -> None:
        command = [sys.executable, "-m", "cartograph.serving.cli", "serve", "--run", str(run), "--port", "0"]
        self.log = run.parent / f"{run.name}-{time.monotonic_ns()}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*command, *options], stderr=log, env={**os.environ})
        self.url = self._url()
        if wait:
            self.wait_until_ready()

    def _url(self) -> str:
        end = time.monotonic() + START
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log.read_text().splitlines():
                if '"url": "' in line:
                    return line.partition('"url": "')[2].partition('"')[0]
            time.sleep(0.05)
        raise AssertionError(f"the server does not listen: {self.log.read_text()}")

    def wait_until_ready(self) -> None:
        """Until `/ready` says so."""
        end = time.monotonic() + START
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(httpx2.TransportError):  # it has ended
                if httpx2.get(f"{self.url}/ready").status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"the server is not ready: {self.log.read_text()}")

    def terminate(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def __enter__(self) -> "LiveServer":
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def check_error(response: httpx2.Response, status: int, code: str, says: str = "") -> dict[str, Any]:
    """The one error shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "hint"}
    assert error["code"] == code, error
    assert error["message"]
    assert "\n" not in error["message"]
    assert says in error["message"], error
    return error
