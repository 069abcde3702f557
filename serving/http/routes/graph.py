"""The graph: Cypher, named questions, a node's neighbours, ways between two products."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Response

from ....kg.questions import QUESTIONS
from ....kg.store import Session
from ....kg.walk import GraphNode, Neighbourhood, find_node, neighbours, paths
from ..answers import PRODUCT, Questions, Rows, Ways, example
from ..desk import GraphDesk
from ..errors import ApiError
from ..inputs import CypherIn, Id
from ..json_response import Json, plain
from ..routing import ApiRoute, needs
from ..service import Service

Label = Literal["Product", "Category", "Brand", "Attribute", "User", "Aspect"]
_STATEMENT = "MATCH (p:Product)-[:MADE_BY]->(b:Brand) RETURN b.name AS brand, count(*) AS products LIMIT 5"
_CYPHER = {"statement": _STATEMENT, "params": {}, "limit": 100}
_ROWS = {"columns": ["brand", "products"], "rows": [["Manufacturer 69", 1229]], "truncated": False}
_AROUND = {
    "node": {"label": "Product", "id": PRODUCT, "title": "Bananas, 40 lb"},
    "neighbours": [
        {
            "node": {"label": "Brand", "id": "Manufacturer 2", "title": "Manufacturer 2"},
            "relation": "MADE_BY",
            "outgoing": True,
            "times": 1,
        }
    ],
    "totals": {"MADE_BY": 1},
}
_WAYS = {
    "paths": [
        {
            "nodes": [
                {"label": "Product", "id": PRODUCT, "title": "Bananas, 40 lb"},
                {"label": "User", "id": "1041", "title": "1041"},
                {"label": "Product", "id": "981760", "title": "Eggs - X-Large, 1 dz"},
            ],
            "steps": [
                {"relation": "PURCHASED", "forward": False},
                {"relation": "PURCHASED", "forward": True},
            ],
        }
    ]
}
_QUESTION = {
    "name": "what-a-brand-sells",
    "question": "What does a brand sell, by kind?",
    "cypher": "MATCH (:Brand {id: $brand})<-[:MADE_BY]-(p:Product) …",
    "parameters": [
        {"name": "brand", "kind": "Brand", "meaning": "a brand's id", "default": "Manufacturer 69"}
    ],
}


def graph(service: Service, desk: GraphDesk) -> APIRouter:
    """The routes, over a service and what asks Cypher for strangers."""
    router = APIRouter(prefix="/v1", route_class=ApiRoute, tags=["graph"])

    @router.post("/cypher", response_model=Rows, responses=example(_ROWS), openapi_extra=needs("read"))
    async def cypher(body: Annotated[CypherIn, Body(examples=[_CYPHER])]) -> Response:
        """The rows of one statement that only reads, within a time limit and a row limit."""
        return await desk.answer(body)

    @router.get(
        "/queries",
        response_model=Questions,
        responses=example({"queries": [_QUESTION]}),
        openapi_extra=needs("read"),
    )
    def queries() -> Response:
        """Questions to ask through `POST /v1/cypher`, with values for their parameters."""
        defaults = service.examples()
        return Json(
            {
                "queries": [
                    {
                        "name": question.name,
                        "question": question.question,
                        "cypher": question.cypher,
                        "parameters": [
                            {**asdict(blank), "default": defaults.get(blank.kind, blank.default)}
                            for blank in question.parameters
                        ],
                    }
                    for question in QUESTIONS
                ]
            }
        )

    @router.get(
        "/graph/nodes/{label}/{node_id:id}/neighbours",
        response_model=Neighbourhood,
        responses=example(_AROUND),
        openapi_extra=needs("read"),
    )
    async def around(
        label: Label,
        node_id: Annotated[str, Path(examples=[PRODUCT])],
        relation: Annotated[str | None, Query(max_length=64, description="Only these.")] = None,
        limit: Annotated[int, Query(ge=1, le=500, description="Of each relation.")] = 50,
    ) -> Response:
        """What is around a node, by relation."""

        def work() -> Response:
            with service.reading() as session:
                node = _node(session, label, node_id)
                return Json(plain(neighbours(session, node, relation=relation, limit=limit)))

        return await desk.run(work)

    @router.get("/graph/paths", response_model=Ways, responses=example(_WAYS), openapi_extra=needs("read"))
    async def ways(
        source: Annotated[Id, Query(alias="from", description="A product's id.", examples=[PRODUCT])],
        target: Annotated[Id, Query(alias="to", description="Another's.", examples=["981760"])],
        limit: Annotated[int, Query(ge=1, le=100)] = 10,
    ) -> Response:
        """The shortest ways between two products, over facts, praise, shared users and the category tree."""

        def work() -> Response:
            with service.reading() as session:
                start, end = (_node(session, "Product", name) for name in (source, target))
                return Json({"paths": plain(paths(session, start, end, limit=limit))})

        return await desk.run(work)

    return router


def _node(session: Session, label: str, node_id: str) -> GraphNode:
    found = find_node(session, label, node_id)
    if found is None:
        raise ApiError(404, f"unknown_{label.lower()}", f"there is no {label} {node_id!r} in the graph")
    return found
