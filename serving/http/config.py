"""What can be set about the server."""

import os
from dataclasses import dataclass, field

from .keys import KeyFile


@dataclass(frozen=True)
class HttpConfig:
    """Limits and permissions of the HTTP API."""

    keys: KeyFile | None = None
    """Who may do what; None lets everybody read, and programs on this machine write and administer."""
    allow_origins: tuple[str, ...] = ()
    """Origins of web pages that may call the API from a browser, such as `https://shop.example`."""
    max_body: int = 2 << 20
    """Bytes of a request's body."""
    max_url: int = 8 << 10
    """Bytes of a request's path and query."""
    body_timeout: float = 10.0
    """Seconds for a request's body to arrive."""
    answer_timeout: float = 20.0
    """Seconds for an answer."""
    max_in_flight: int = 128
    """Requests at once; one more is told to come back."""
    threads: int = field(default_factory=lambda: 1 + (os.cpu_count() or 1))
    """Threads that compute answers; many more than cores only make them wait for each other."""
    cypher_timeout: float = 3.0
    """Seconds for a Cypher statement, at most."""
    cypher_rows: int = 1000
    """Rows of a Cypher answer, at most."""

    def __post_init__(self) -> None:
        for name in ("max_body", "max_url", "body_timeout", "answer_timeout", "max_in_flight", "threads"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        for origin in self.allow_origins:
            if origin != "*" and not origin.startswith(("http://", "https://")):
                raise ValueError(f"origin {origin!r} is no origin; give one such as https://shop.example")
