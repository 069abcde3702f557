"""The application: routes, errors, middleware, and the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from .config import HttpConfig
from .desk import GraphDesk
from .edge import Edge
from .errors import install_error_handlers
from .metrics import Metrics
from .page import PageHeaders
from .routes import basics, catalogue, graph, recommend, users, write
from .service import Service

PAGE = Path(__file__).parent.parent / "page"
_DESCRIPTION = """\
Recommendations, search, explanations and the product graph of one shop. Every error has the form
`{"error": {"code", "message", "hint"}}`. An id in a path is percent-encoded, slashes too."""


def create_app(service: Service, config: HttpConfig) -> ASGIApp:
    """The HTTP API of a service.

    It answers `/health` at once, and everything else when `Service.load`, which the caller runs, is through.
    """
    metrics = Metrics(service)
    desk = GraphDesk(service, config)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = config.threads
        yield
        service.close()

    app = FastAPI(
        title="Cartograph",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.config = config
    for router in (
        basics(service, metrics),
        recommend(service),
        users(service),
        catalogue(service),
        write(service, metrics),
        graph(service, desk),
    ):
        app.include_router(router)
    install_error_handlers(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    app.mount("/", PageHeaders(StaticFiles(directory=PAGE, html=True)), name="page")
    _declare_keys(app)
    answering: ASGIApp = Edge(app, config, metrics)
    if config.allow_origins:
        answering = CORSMiddleware(
            answering,
            allow_origins=config.allow_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    return answering


def _declare_keys(app: FastAPI) -> None:
    """Name the API key in the OpenAPI document."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["key"] = {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, if the server has keys.",
        }
        return document

    app.openapi = openapi  # type: ignore[method-assign]
