"""Recommendations: for users, for visitors by their events, beside a product, for a basket."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from ...results import Recommendations
from ..answers import PRODUCT, RECOMMENDATION, USER, Ranking, Rankings, example
from ..inputs import BasketIn, BatchIn, PolicyQuery, RecommendIn, UserQuery
from ..json_response import Json
from ..routing import ApiRoute, needs
from ..service import Service

_RANKING = {"items": [RECOMMENDATION]}
UserId = Annotated[str, Path(description="As in the events.", examples=[USER])]
ProductId = Annotated[str, Path(description="As in the catalogue.", examples=[PRODUCT])]


def recommend(service: Service) -> APIRouter:
    """The routes, over a service."""
    router = APIRouter(prefix="/v1", route_class=ApiRoute, tags=["recommendations"])

    @router.get(
        "/users/{user_id:id}/recommendations",
        response_model=Ranking,
        responses=example(_RANKING),
        openapi_extra=needs("read"),
    )
    def for_user(user_id: UserId, query: Annotated[UserQuery, Query()]) -> Response:
        """The best products for a user."""
        return ranking(
            service.recommender.for_user(
                user_id,
                query.k,
                where=query.where(),
                policy=query.policy(),
                exclude_seen=query.exclude_seen,
                unknown=query.unknown,
            )
        )

    @router.post(
        "/recommendations",
        response_model=Ranking,
        responses=example(_RANKING),
        openapi_extra=needs("read"),
    )
    def for_events(body: Annotated[RecommendIn, Body(examples=[_RECOMMEND])]) -> Response:
        """The best products for a visitor who is in no graph, by what they touched."""
        return ranking(
            service.recommender.for_events(
                body.events,
                body.k,
                where=body.where.filter(),
                policy=body.policy.policy(),
                exclude_seen=body.exclude_seen,
            )
        )

    @router.post(
        "/users/recommendations",
        response_model=Rankings,
        responses=example({"users": {USER: _RANKING}}),
        openapi_extra=needs("read"),
    )
    def for_users(body: Annotated[BatchIn, Body(examples=[{"user_ids": [USER, "718"], "k": 3}])]) -> Response:
        """The best products for many users at once."""
        found = service.recommender.for_users(
            body.user_ids,
            body.k,
            where=body.where.filter(),
            policy=body.policy.policy(),
            exclude_seen=body.exclude_seen,
        )
        return Json({"users": {user: {"items": items.to_dicts()} for user, items in found.items()}})

    @router.get(
        "/products/{product_id:id}/similar",
        response_model=Ranking,
        responses=example(_RANKING),
        openapi_extra=needs("read"),
    )
    def similar(product_id: ProductId, query: Annotated[PolicyQuery, Query()]) -> Response:
        """Products used and described like one."""
        return ranking(
            service.recommender.similar(product_id, query.k, where=query.where(), policy=query.policy())
        )

    @router.post(
        "/baskets/complete",
        response_model=Ranking,
        responses=example(_RANKING),
        openapi_extra=needs("read"),
    )
    def complete_basket(body: Annotated[BasketIn, Body(examples=[_BASKET])]) -> Response:
        """What goes with the products of a basket: complements rather than substitutes."""
        return ranking(
            service.recommender.complete_basket(
                body.product_ids, body.k, where=body.where.filter(), policy=body.policy.policy()
            )
        )

    return router


def ranking(found: Recommendations) -> Response:
    """A ranking as an answer."""
    return Json({"items": found.to_dicts()})


_RECOMMEND = {
    "events": [PRODUCT, "981760"],
    "k": 5,
    "where": {"categories": ["Grocery"], "max_price": 10},
    "policy": {"caps": [{"by": "brand", "most": 2}], "diversity": 0.2},
}
_BASKET = {"product_ids": [PRODUCT, "981760"], "k": 5}
