"""The forms of the answers, for the OpenAPI document; nothing is validated against them at run time."""

from typing import Any

from pydantic import BaseModel, Field

from ...kg.walk import Path
from ..results import PastEvent, Recommendation
from ..search.results import Expansion, Facet, Suggestion, Understanding
from .errors import ErrorBody

PRODUCT = "1082185"
USER = "1158"

RECOMMENDATION = {
    "product_id": "883404",
    "title": "Mainstream White Bread, 20 oz",
    "brand": "Manufacturer 69",
    "category": "Grocery > Bread > White",
    "price": 1.0,
    "image_url": "",
    "score": 0.7012,
    "reason": "because of 'Snack Cake - Multi Pack, 10.6 oz': words that go together",
}


class Ranking(BaseModel):
    """Products, best first."""

    items: list[Recommendation]


class Rankings(BaseModel):
    """A ranking for every user."""

    users: dict[str, Ranking]


class Found(BaseModel):
    """What a search found."""

    items: list[Recommendation]
    total: int = Field(description="How many products match; `items` are the best of them.")
    facets: list[Facet]
    corrected: str | None = Field(description="The query that was answered, where it is another.")
    expansions: list[Expansion]
    understanding: Understanding | None = Field(description="What the words were taken for.")


class Suggestions(BaseModel):
    """Ways to go on from what was typed."""

    items: list[Suggestion]


class Past(BaseModel):
    """What a user did, latest first."""

    items: list[PastEvent]


class Users(BaseModel):
    """Ids of users."""

    users: list[str]


class Added(BaseModel):
    """How many were added; they are stored for good and count at once."""

    added: int


class Rows(BaseModel):
    """The answer to a Cypher statement."""

    columns: list[str]
    rows: list[list[Any]] = Field(description="In the order of the columns.")
    truncated: bool = Field(description="Whether there were more rows than the limit.")


class Blank(BaseModel):
    """A parameter of a question."""

    name: str
    kind: str = Field(description="The label of the node whose id it is, or number, or date.")
    meaning: str
    default: str | float = Field(
        description="The id of a node of this run, empty where there is none; a number; seconds since epoch."
    )


class NamedQuestion(BaseModel):
    """A question with its statement."""

    name: str
    question: str
    cypher: str
    parameters: list[Blank]


class Questions(BaseModel):
    """Questions to ask the graph."""

    queries: list[NamedQuestion]


class Ways(BaseModel):
    """Ways through the graph."""

    paths: list[Path]


class Status(BaseModel):
    """Whether the server can answer."""

    status: str


class RunFacts(BaseModel):
    """What the run is."""

    dataset: str
    store: str
    encoder: str | None
    trained_at: float = Field(description="Seconds since 1970, UTC.")
    writable: bool
    products: int
    counts: dict[str, int] = Field(description="Nodes by label and relationships by type.")
    evaluation: dict[str, Any] | None = Field(description="What `cartograph evaluate --json` wrote.")


_ERRORS = {
    401: "No API key, or one that is not known.",
    403: "The key does not allow this.",
    404: "The user or product is not known.",
    408: "The body did not arrive in time.",
    409: "The server only reads its run, or a reload is under way.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "The body is not declared as JSON.",
    422: "Something about the input is wrong; the message says what.",
    503: "The run is still loading, or there are too many requests.",
    504: "There was no answer in time.",
}

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": description} for status, description in _ERRORS.items()
}
"""What any endpoint may answer besides its result."""


def example(content: object) -> dict[int | str, dict[str, Any]]:
    """The errors, and a result with an example."""
    return ERRORS | {200: {"content": {"application/json": {"example": content}}}}
