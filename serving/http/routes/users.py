"""Users: who there is, what they did, what the graph knows of them, why they get what they get."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from ...explain import Explanation
from ...profile import Profile
from ..answers import PRODUCT, USER, Past, Users, example
from ..inputs import ExplainIn, ProfileIn
from ..json_response import Json, plain
from ..routing import ApiRoute, needs
from ..service import Service
from .recommend import ProductId, UserId

_EXPLANATION = {
    "product_id": "883404",
    "title": "Mainstream White Bread, 20 oz",
    "score": 0.7012,
    "contributions": [
        {
            "product_id": "9297615",
            "title": "Snack Cake - Multi Pack, 10.6 oz",
            "steps_ago": 0,
            "amount": 0.0771,
            "channels": {"word": 0.05, "brand": 0.0271},
        }
    ],
    "prior": -0.1697,
    "first_stage": 0.7012,
}
_PROFILE = {"brands": [{"name": "Manufacturer 69", "share": 0.4}]}
_PAST = {"product_id": PRODUCT, "title": "Bananas, 40 lb", "type": "purchase", "at": 1_500_000_000}


def users(service: Service) -> APIRouter:
    """The routes, over a service."""
    router = APIRouter(prefix="/v1", route_class=ApiRoute)

    @router.get(
        "/users",
        response_model=Users,
        responses=example({"users": [USER]}),
        openapi_extra=needs("read"),
        tags=["users"],
    )
    def find_users(
        prefix: Annotated[str, Query(max_length=512, description="How the id begins.")] = "",
        k: Annotated[int, Query(ge=1, le=1000)] = 20,
    ) -> Response:
        """Ids of users, for pickers."""
        return Json({"users": service.recommender.users(prefix, k)})

    @router.get(
        "/users/{user_id:id}/profile",
        response_model=Profile,
        responses=example(_PROFILE),
        openapi_extra=needs("read"),
        tags=["users"],
    )
    def profile(user_id: UserId) -> Response:
        """What the graph knows of a user, with the events as evidence."""
        return Json(plain(service.recommender.profile(user_id).to_dict()))

    @router.post(
        "/profile",
        response_model=Profile,
        responses=example(_PROFILE),
        openapi_extra=needs("read"),
        tags=["users"],
    )
    def profile_of_events(body: Annotated[ProfileIn, Body(examples=[{"events": [PRODUCT]}])]) -> Response:
        """What the events of a visitor say about them."""
        return Json(plain(service.recommender.profile(body.events).to_dict()))

    @router.get(
        "/users/{user_id:id}/history",
        response_model=Past,
        responses=example({"items": [_PAST]}),
        openapi_extra=needs("read"),
        tags=["users"],
    )
    def history(user_id: UserId, k: Annotated[int, Query(ge=1, le=1000)] = 50) -> Response:
        """What a user did, latest first."""
        return Json({"items": plain(service.recommender.history(user_id, k))})

    @router.get(
        "/users/{user_id:id}/explanations/{product_id:id}",
        response_model=Explanation,
        responses=example(_EXPLANATION),
        openapi_extra=needs("read"),
        tags=["explanations"],
    )
    def explain(user_id: UserId, product_id: ProductId) -> Response:
        """Why a product has its score for a user: what each event and each channel added."""
        return Json(plain(service.recommender.explain(user_id, product_id).to_dict()))

    @router.post(
        "/explanations",
        response_model=Explanation,
        responses=example(_EXPLANATION),
        openapi_extra=needs("read"),
        tags=["explanations"],
    )
    def explain_events(
        body: Annotated[ExplainIn, Body(examples=[{"events": [PRODUCT], "product_id": "981760"}])],
    ) -> Response:
        """Why a product has its score for a visitor, by what they touched."""
        return Json(plain(service.recommender.explain(body.events, body.product_id).to_dict()))

    return router
