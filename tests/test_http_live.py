"""A real server on loopback: starting, reloading under load, slow clients, stopping."""

import json
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from cartograph.serving.http import HttpConfig
from cartograph.serving.run import Run
from tests.http_server import LiveServer, check_error, client_of

SLOW = {"statement": "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y RETURN max(x % y)"}

POST = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
"""How a request on a connection of our own begins; its length and its body are to follow."""


def raw(url: str, sent: bytes, wait: float = 30) -> bytes:
    """What comes back on a connection of our own."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=wait) as connection:
        connection.sendall(sent)
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


def test_a_server_lives_before_it_is_ready_and_ends_when_told(copied: Run) -> None:
    with LiveServer(copied.folder, wait=False) as server:
        assert httpx2.get(f"{server.url}/health").json() == {"status": "alive"}
        early = httpx2.get(f"{server.url}/v1/users/u0/recommendations")
        if early.status_code != 200:
            check_error(early, 503, "not_ready")
            assert early.headers["retry-after"] == "1"
        server.wait_until_ready()
        assert httpx2.get(f"{server.url}/v1/users/u0/recommendations").status_code == 200
        assert server.terminate() == 0
        lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    logged = [line for line in lines if line["message"] == "request"]
    assert {"time", "level", "method", "route", "status", "ms", "request_id"} <= set(logged[-1])
    assert logged[-1]["route"] == "/v1/users/{user_id}/recommendations"
    assert "u0" not in json.dumps(logged)


def test_requests_in_flight_are_answered_before_the_end(copied: Run) -> None:
    with LiveServer(copied.folder) as server, ThreadPoolExecutor(2) as threads:
        ask = threads.submit(httpx2.post, f"{server.url}/v1/cypher", json=SLOW | {"timeout": 2}, timeout=30)
        time.sleep(0.7)
        assert server.terminate() == 0
        check_error(ask.result(), 422, "query_timeout")
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{server.url}/health")


def test_no_request_fails_while_runs_are_exchanged(copied: Run) -> None:
    other = copied.folder.parent / "other"
    shutil.copytree(copied.folder, other)
    failed: list[str] = []
    done = threading.Event()

    def ask(url: str) -> int:
        asked = 0
        with httpx2.Client(timeout=60) as client:
            while not done.is_set():
                for address in ("/v1/users/u1/recommendations", "/v1/graph/nodes/User/u1/neighbours"):
                    response = client.get(url + address)
                    if response.status_code != 200:
                        failed.append(response.text)
                    asked += 1
        return asked

    with LiveServer(copied.folder) as server, ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask, server.url) for _ in range(3)]
        for name in ("other", copied.folder.name, "other", None):
            body = {} if name is None else {"run": name}
            response = httpx2.post(f"{server.url}/v1/reload", json=body, timeout=120)
            assert response.status_code == 200, response.text
        done.set()
        assert sum(future.result() for future in asking) > 20
        assert failed == []
        check_error(httpx2.post(f"{server.url}/v1/reload", json={"run": "none"}), 422, "bad_run")
        assert httpx2.get(f"{server.url}/v1/users/u1/recommendations").status_code == 200


def test_a_body_that_does_not_arrive_and_an_answer_that_does_not_come(copied: Run, tmp_path: Path) -> None:
    config = HttpConfig(answer_timeout=0.5, max_in_flight=2)
    with client_of(copied.folder, config=config) as client, ThreadPoolExecutor(3) as threads:
        late = [threads.submit(client.post, "/v1/cypher", json=SLOW) for _ in range(2)]
        for future in late:
            check_error(future.result(), 504, "timeout", "no answer within 0.5 s")
        check_error(client.get("/health"), 503, "overloaded")  # both statements run on until their own limit


def test_a_slow_client_does_not_hold_the_server(copied: Run) -> None:
    body = json.dumps(SLOW | {"timeout": 12}).encode()
    asked = b"%sContent-Length: %d\r\n\r\n%s" % (POST % b"/v1/cypher", len(body), body)
    with LiveServer(copied.folder) as server, ThreadPoolExecutor(8) as threads, httpx2.Client() as client:
        half = POST % b"/v1/recommendations" + b'Content-Length: 20\r\n\r\n{"events"'
        # Nothing at all, a line, headers that go on and on; half a body; one that waits for the one before.
        headers = (b"", b"GET /health HTTP/1.1\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\r\nX-")
        begun = time.monotonic()
        *late, late_body, second = (
            threads.submit(raw, server.url, sent) for sent in (*headers, half, asked + headers[1])
        )
        assert client.get(f"{server.url}/health").status_code == 200
        for answer in late:
            assert answer.result().startswith(b"HTTP/1.1 408 Request Timeout")
            assert b'"code":"slow_headers"' in answer.result()
        assert 9 < time.monotonic() - begun < 25
        assert late_body.result().startswith(b"HTTP/1.1 408")
        assert b'"code":"slow_body"' in late_body.result()
        answers = second.result()
        assert answers.startswith(b"HTTP/1.1 422")
        assert answers.index(b'"code":"query_timeout"') < answers.index(b'"code":"slow_headers"')
        time.sleep(max(begun + 11 - time.monotonic(), 0))  # a connection may wait between two requests
        assert client.get(f"{server.url}/health").status_code == 200


def test_lengths_that_lie_and_paths_that_are_odd_do_no_harm(copied: Run) -> None:
    with LiveServer(copied.folder) as server:
        head = POST % b"/v1/recommendations"
        large = raw(server.url, head + b"Content-Length: 999999999999999999999\r\n\r\n{}")
        assert large.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))
        for line in (
            b"GET /\xff\xfe HTTP/1.1",
            b"GET /%ff%fe HTTP/1.1",
            b"GET /v1/products/%ED%A0%80 HTTP/1.1",
            b"GET /v1/search?q=%ff HTTP/1.1",
            b"GET http://other/health HTTP/1.1",
            b"GET //health HTTP/1.1",
            b"OPTIONS * HTTP/1.1",
            b"BREW / HTTP/1.1",
            b"GET /v1/products/" + b"%2F" * 2000 + b" HTTP/1.1",
        ):
            answer = raw(server.url, line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 "), line
            assert not answer.startswith(b"HTTP/1.1 5"), (line, answer)
        assert b'{"error":{"code":"bad_request"' in raw(server.url, b"this is no HTTP\r\n\r\n")
        assert httpx2.get(f"{server.url}/health").status_code == 200
