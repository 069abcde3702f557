"""The HTTP API: versioned JSON endpoints over a `Recommender`, and the page that uses them."""

from .app import create_app
from .config import HttpConfig
from .service import Service

__all__ = ["HttpConfig", "Service", "create_app"]
