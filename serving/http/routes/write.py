"""Writing: new events, new products, another run."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body, Response

from ...live import Event, NewProduct
from ..answers import PRODUCT, USER, Added, Status, example
from ..errors import ApiError
from ..inputs import EventsIn, ProductsIn, ReloadIn
from ..json_response import Json
from ..metrics import Metrics
from ..routing import ApiRoute, needs
from ..service import Service
from .recommend import UserId

_EVENT = {"user_id": USER, "product_id": PRODUCT, "type": "view"}
_PRODUCT = {
    "product_id": "new-1",
    "title": "Oat drink, 1 l",
    "brand": "Manufacturer 2",
    "category": ["Grocery", "Drinks"],
    "price": 1.99,
    "attributes": {"label": ["Private"]},
}


def write(service: Service, metrics: Metrics) -> APIRouter:
    """The routes, over a service."""
    router = APIRouter(prefix="/v1", route_class=ApiRoute)

    @router.post(
        "/events",
        response_model=Added,
        responses=example({"added": 1}),
        openapi_extra=needs("write"),
        tags=["writing"],
    )
    def add_events(body: Annotated[EventsIn, Body(examples=[{"events": [_EVENT]}])]) -> Response:
        """Store what users did; it counts at once."""
        given = [Event(**event.model_dump(exclude_none=True)) for event in body.events]
        service.to_write().add_events(given)
        metrics.events.inc(len(given))
        return Json({"added": len(given)})

    @router.post(
        "/products",
        response_model=Added,
        responses=example({"added": 1}),
        openapi_extra=needs("write"),
        tags=["writing"],
    )
    def add_products(body: Annotated[ProductsIn, Body(examples=[{"products": [_PRODUCT]}])]) -> Response:
        """Store products; they can be found and recommended at once."""
        given = [NewProduct(**product.model_dump(exclude_none=True)) for product in body.products]
        service.to_write().add_products(given)
        metrics.products.inc(len(given))
        return Json({"added": len(given)})

    @router.delete(
        "/users/{user_id:id}",
        response_model=Status,
        responses=example({"status": "forgotten"}),
        openapi_extra=needs("admin"),
        tags=["writing"],
    )
    def forget_user(user_id: UserId) -> Response:
        """Delete a user and every trace of them; it is done, and stays done, when the answer comes."""
        service.to_write().forget(user_id)
        metrics.forgotten.inc()
        return Json({"status": "forgotten"})

    @router.post(
        "/reload",
        response_model=Status,
        responses=example({"status": "ready"}),
        openapi_extra=needs("admin"),
        tags=["operation"],
    )
    def reload(body: Annotated[ReloadIn, Body(examples=[{}])]) -> Response:
        """Load a run, then answer from it; requests are answered from the one before until then."""
        service.reload(_beside(service.run, body.run))
        metrics.reloads.inc()
        return Json({"status": "ready"})

    return router


def _beside(current: Path, name: str | None) -> Path | None:
    """A run folder in the same folder as the current one: clients do not choose other paths."""
    if name is None:
        return None
    if name in (".", "..") or Path(name).name != name:
        raise ApiError(
            422, "bad_run", f"{name!r} is no name of a folder", "a run lies beside the one that is served"
        )
    return current.resolve().parent / name
