"""What the shell proposes on Tab: labels, types, properties, questions, keywords."""

import re
from collections.abc import Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from ...kg.questions import QUESTIONS
from ...kg.schema import NODES, RELATIONS
from .explorer import FORMATS

_KEYWORDS = (
    *(
        "MATCH",
        "OPTIONAL MATCH",
        "WHERE",
        "WITH",
        "RETURN",
        "UNWIND",
        "ORDER BY",
        "LIMIT",
        "SKIP",
        "DISTINCT",
    ),
    *("AS", "AND", "OR", "NOT", "IN", "CONTAINS", "STARTS WITH", "ENDS WITH", "IS NULL", "IS NOT NULL"),
    *("CASE", "WHEN", "THEN", "ELSE", "END", "EXISTS {", "COUNT {", "UNION ALL", "shortestPath("),
    *("count(", "sum(", "avg(", "min(", "max(", "collect(", "size(", "type(", "labels(", "coalesce("),
    *("round(", "toLower(", "datetime({epochSeconds: "),
)
_PROPERTIES = sorted(
    {
        "id",
        *(name for node in NODES.values() for name in node.properties),
        *(name for relation in RELATIONS.values() for name in relation.properties),
    }
)


class CypherCompleter(Completer):
    """Proposes what fits where the cursor is."""

    def __init__(self, commands: tuple[str, ...]) -> None:
        self._commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The proposals, in alphabetical order of what they complete."""
        begun, proposals = proposed(document.text_before_cursor, self._commands)
        for proposal in proposals:
            if proposal.lower().startswith(begun.lower()):
                yield Completion(proposal, start_position=-len(begun))


def proposed(text: str, commands: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
    """What is begun at the end of a text, and all that could stand there.

    >>> proposed("MATCH (p:Pro")[0], "Product" in proposed("MATCH (p:Pro")[1]
    ('Pro', True)
    """
    if command := re.fullmatch(r"\s*(:\w*)", text):
        return command[1], commands
    if asked := re.fullmatch(r"\s*:ask\s+([\w-]*)", text):
        return asked[1], tuple(question.name for question in QUESTIONS)
    if blank := re.fullmatch(r"\s*:ask\s+([\w-]+)\s(?:.*\s)?(\w*)", text):
        found = next((question for question in QUESTIONS if question.name == blank[1]), None)
        return blank[2], tuple(f"{parameter.name}=" for parameter in found.parameters) if found else ()
    if form := re.fullmatch(r"\s*:format\s+(\w*)", text):
        return form[1], FORMATS
    if kind := re.search(r"[:|](\w*)$", text):
        relationship = text.rfind("[") > max(text.rfind("]"), text.rfind("("))
        return kind[1], tuple(RELATIONS if relationship else NODES)
    if prop := re.search(r"(?:\w|\{)\s*\.(\w*)$", text):
        return prop[1], tuple(_PROPERTIES)
    word = re.search(r"(\w*)$", text)
    return word[1] if word else "", _KEYWORDS
