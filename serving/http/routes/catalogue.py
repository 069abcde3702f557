"""Products: one by its id, and search."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ....kg.reviews import ProductReviews
from ...results import Product
from ...search.results import Understanding
from ..answers import PRODUCT, RECOMMENDATION, Found, Suggestions, example
from ..inputs import SearchQuery
from ..json_response import Json, plain
from ..routing import ApiRoute, needs
from ..service import Service
from .recommend import ProductId

_PRODUCT = {
    "product_id": PRODUCT,
    "title": "Bananas, 40 lb",
    "description": "",
    "brand": "Manufacturer 2",
    "category": "Produce > Tropical fruit > Bananas",
    "price": 0.99,
    "image_url": "",
    "stock": None,
    "attributes": {"size": ["40 lb"]},
    "events": 842,
}
_REVIEWS: dict[str, object] = {
    "reviews": 12,
    "rating": 4.25,
    "praise": 0.75,
    "praised": [{"term": "taste", "reviews": 5, "quote": "The taste is fresh."}],
    "blamed": [{"term": "peel", "reviews": 3, "quote": "The peel comes off in pieces."}],
}
_FOUND: dict[str, object] = {
    "items": [RECOMMENDATION],
    "facets": {},
    "corrected": None,
    "expansions": [],
    "understanding": None,
    "total": 1,
}
_UNDERSTANDING: dict[str, object] = {
    "query": "cheese under 5",
    "intent": "category",
    "spans": [
        {
            "start": 0,
            "end": 6,
            "text": "cheese",
            "role": "product_type",
            "confidence": 1.0,
            "kind": "category",
            "id": "Grocery > Cheese",
        },
        {
            "start": 7,
            "end": 14,
            "text": "under 5",
            "role": "price",
            "confidence": 1.0,
            "kind": None,
            "id": None,
        },
    ],
    "low": None,
    "high": 5.0,
}
_SUGGESTION = {"text": "Cheese", "kind": "category", "id": "Grocery > Cheese"}


def catalogue(service: Service) -> APIRouter:
    """The routes, over a service."""
    router = APIRouter(prefix="/v1", route_class=ApiRoute, tags=["products"])

    @router.get(
        "/products/{product_id:id}",
        response_model=Product,
        responses=example(_PRODUCT),
        openapi_extra=needs("read"),
    )
    def product(product_id: ProductId) -> Response:
        """A product and its facts."""
        return Json(plain(service.recommender.product(product_id)))

    @router.get(
        "/products/{product_id:id}/reviews",
        response_model=ProductReviews,
        responses=example(_REVIEWS),
        openapi_extra=needs("read"),
    )
    def reviews(product_id: ProductId) -> Response:
        """What users wrote of a product: how many, how pleased, what they praise and blame it for."""
        return Json(plain(service.recommender.reviews(product_id)))

    @router.get("/search", response_model=Found, responses=example(_FOUND), openapi_extra=needs("read"))
    def search(query: Annotated[SearchQuery, Query()]) -> Response:
        """Products that a text means: by its words, its meaning and what the graph connects with it."""
        found = service.recommender.search(
            query.q,
            query.k,
            where=query.where(),
            user=query.event or query.user,
            personal=query.personal,
            expand=query.expand,
            understand=query.understand,
        )
        return Json(found.to_dict())

    @router.get(
        "/understand",
        response_model=Understanding,
        responses=example(_UNDERSTANDING),
        openapi_extra=needs("read"),
    )
    def understand(
        q: Annotated[str, Query(min_length=1, max_length=512, examples=["cheese under 5"])],
    ) -> Response:
        """What the words of a query are: brand, kind of thing, attribute, audience, price limit."""
        return Json(plain(service.recommender.understand(q)))

    @router.get(
        "/suggest",
        response_model=Suggestions,
        responses=example({"items": [_SUGGESTION]}),
        openapi_extra=needs("read"),
    )
    def suggest(
        q: Annotated[str, Query(max_length=256, description="What is typed so far.", examples=["che"])],
        k: Annotated[int, Query(ge=1, le=100)] = 8,
    ) -> Response:
        """Products, brands, categories and attributes that begin so."""
        return Json({"items": plain(service.recommender.suggest(q, k))})

    return router
