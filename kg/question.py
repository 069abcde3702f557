"""What a named question to the graph is, and how its parameters are given as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from .schema import EVENT_RELATIONS

ParameterKind = Literal["Product", "Brand", "Category", "User", "number", "date"]

DID = "|".join(EVENT_RELATIONS.values())
"""Relationship types of everything that a user can do with a product."""


@dataclass(frozen=True)
class Parameter:
    """A blank in a question."""

    name: str
    """As in the statement, without the `$`."""
    kind: ParameterKind
    """The id of such a node; or a number; or a day, which the statement sees as seconds since epoch, UTC."""
    meaning: str
    default: int | None = None
    """Of a number."""


@dataclass(frozen=True)
class Question:
    """A question with its statement."""

    name: str
    """Unique, for addresses and commands."""
    question: str
    """In plain words."""
    cypher: str
    """Gives the same rows on both stores."""
    parameters: tuple[Parameter, ...] = ()


PRODUCT = Parameter("product", "Product", "a product's id")
BRAND = Parameter("brand", "Brand", "a brand's id")
CATEGORY = Parameter("category", "Category", "a category's id, the path from the root")
USER = Parameter("user", "User", "a user's id")
SINCE = Parameter("since", "date", "a day, such as 2024-05-31")
CUSTOMERS = Parameter("customers", "number", "customers to ask at most, the first by id", 500)


def values(question: Question, given: Mapping[str, str]) -> dict[str, str | float]:
    """The parameters of a question's statement.

    Args:
        question: It says which there are.
        given: Texts by name; numbers may be left out.

    Raises:
        ValueError: One is missing, unknown, no number or no day.

    >>> values(Question("n", "", "", (SINCE, Parameter("most", "number", "", 5))), {"since": "1970-01-02"})
    {'since': 86400, 'most': 5}
    """
    known = {parameter.name: parameter for parameter in question.parameters}
    for name in given:
        if name not in known:
            raise ValueError(
                f"{question.name} has no parameter {name!r}; it has {', '.join(known) or 'none'}"
            )
    found: dict[str, str | float] = {}
    for name, parameter in known.items():
        if name in given:
            found[name] = _value(parameter, given[name])
        elif parameter.default is not None:
            found[name] = parameter.default
        else:
            raise ValueError(f"{question.name} needs {name}: {parameter.meaning}; give it as {name}=VALUE")
    return found


def _value(parameter: Parameter, text: str) -> str | float:
    try:
        if parameter.kind == "number":
            return int(text) if text.lstrip("-").isdecimal() else float(text)
        if parameter.kind == "date":
            day = date.fromisoformat(text)
            return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    except ValueError as error:
        example = "a number, such as 20" if parameter.kind == "number" else "a day, such as 2024-05-31"
        raise ValueError(f"{parameter.name} is {text!r}; it must be {example}") from error
    return text
