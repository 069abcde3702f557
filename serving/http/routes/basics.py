"""Operation: whether the process lives, whether it can answer, what it measures, which run it serves."""

from typing import Any

from fastapi import APIRouter, Response

from ..answers import ERRORS, RunFacts, Status, example
from ..json_response import Json, plain
from ..metrics import Metrics
from ..routing import ApiRoute, needs
from ..service import Service

_RUN = {
    "dataset": "sample",
    "store": "embedded",
    "encoder": None,
    "trained_at": 1_700_000_000.0,
    "writable": True,
    "products": 5000,
    "counts": {"Product": 5000, "PURCHASED": 133_828},
    "evaluation": None,
}


def basics(service: Service, metrics: Metrics) -> APIRouter:
    """The routes, over a service."""
    router = APIRouter(route_class=ApiRoute, tags=["operation"])

    @router.get("/health", response_model=Status, responses=example({"status": "alive"}))
    async def health() -> Response:
        """Whether the process lives."""
        return Json({"status": "alive"})

    @router.get("/ready", response_model=Status, responses=example({"status": "ready"}))
    async def ready() -> Response:
        """Whether questions can be answered: 503 until the run is loaded."""
        _ = service.recommender
        return Json({"status": "ready"})

    @router.get("/metrics", openapi_extra=needs("read"), responses=_METRICS, response_class=Response)
    def prometheus() -> Response:
        """Latencies, counts and ages in Prometheus' text format."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.get("/v1/run", response_model=RunFacts, responses=example(_RUN), openapi_extra=needs("read"))
    def run() -> Response:
        """What the run is: its data, how much there is, when it was trained, how good it is."""
        return Json(plain(service.facts()))

    return router


_METRICS: dict[int | str, dict[str, Any]] = ERRORS | {
    200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": "cartograph_ready 1.0"}}}
}
