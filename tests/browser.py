"""The page in a real browser: a server of its own, and an eye on what the page does."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, ViewportSize

from tools.neo4j_server import free_port

LAPTOP: ViewportSize = {"width": 1366, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_S = 120
EVALUATION = Path(__file__).parent.parent / "benchmarks" / "results" / "ranking-sample-time.json"
"""What the Quality tab of the served shop shows."""


class PageServer:
    """`cartograph serve` as a process."""

    def __init__(self, run: Path, port: int | None = None) -> None:
        self.run = run
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        command = [sys.executable, "-m", "cartograph.serving.cli", "serve", "--run", str(self.run)]
        log = (self.run / "serve.log").open("ab")
        self._process = subprocess.Popen([*command, "--port", str(self.port)], stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE_S
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the server did not start:\n{(self.run / 'serve.log').read_text()[-2000:]}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(PATIENCE_S)
            self._process = None

    def post(self, path: str, body: object) -> None:
        """Send something to the API."""
        data = json.dumps(body).encode()
        with urlopen(
            Request(self.url + path, data, {"content-type": "application/json"}), timeout=PATIENCE_S
        ):
            pass

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/ready", timeout=5):
                return True
        except (URLError, ConnectionError, TimeoutError):
            return False


@dataclass
class Visit:
    """A page that is looked at, and what it did meanwhile."""

    page: Page
    origin: str
    expected: set[int] = field(default_factory=set)
    """Statuses of errors that this visit asks for; 0 for a server that is away."""
    complaints: list[str] = field(default_factory=list)

    def open(self, state: str = "") -> None:
        """Go to the page, with a state such as `tab=graph`."""
        self.page.goto(
            "about:blank"
        )  # else only what is behind the # changes, and what was shown stays for a while
        self.page.goto(f"{self.origin}/#{state}")
        self.page.wait_for_selector(".head")

    def cards(self, where: str = ".for-you") -> list[str]:
        """Ids of the products on cards, in order."""
        ids: list[str] = self.page.locator(f"{where} .card[data-product]").evaluate_all(
            "cards => cards.map(card => card.dataset.product)"
        )
        return ids

    def pictured(self) -> list[str]:
        """Keys of the nodes in the picture, once it stands still."""
        self.page.wait_for_function("() => document.querySelector('.picture')?._cyreg?.cy.nodes().length > 0")
        self.page.wait_for_timeout(300)  # until it has begun to move
        self.page.wait_for_function(
            "() => !document.querySelector('.picture')._cyreg.cy.nodes().some(node => node.animated())"
        )
        keys: list[str] = self.page.evaluate(
            "() => document.querySelector('.picture')._cyreg.cy.nodes().map(n => n.id())"
        )
        return keys

    def click_node(self, key: str) -> None:
        """Click a node in the picture."""
        self.page.locator(".picture").scroll_into_view_if_needed()
        box = self.page.locator(".picture").bounding_box()
        assert box is not None
        place = self.page.evaluate(
            "key => document.querySelector('.picture')._cyreg.cy.getElementById(key).renderedPosition()", key
        )
        self.page.mouse.click(box["x"] + place["x"], box["y"] + place["y"])

    def watch(self) -> None:
        """Note errors of scripts, answers that are errors, and requests that leave the server."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("response", self._response)
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        # What could not be loaded is judged by its status instead.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status}: {response.url}")

    def _request(self, url: str) -> None:
        if not url.startswith(self.origin) and urlsplit(url).scheme not in ("data", "blob", "about"):
            self.complaints.append(f"request to {url}")


@contextmanager
def visit(
    browser: Browser, origin: str, size: ViewportSize = LAPTOP, *, dark: bool = False, still: bool = False
) -> Iterator[Visit]:
    """A new visitor's browser; when it is closed, the page must have behaved."""
    context = browser.new_context(
        viewport=size,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce" if still else "no-preference",
        has_touch=size is PHONE,
    )
    watched = Visit(context.new_page(), origin)
    watched.page.set_default_timeout(30_000)
    watched.watch()
    watched.open()
    yield watched
    context.close()
    assert watched.complaints == []
