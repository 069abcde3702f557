"""Answers of the graph as text: a table for the eye, JSON and CSV for programs."""

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import Any

_WIDEST = 60
"""Characters of a cell in a table."""


@dataclass(frozen=True)
class Answer:
    """Some rows of a statement."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    """Values in the order of the columns; nodes and the like as `kg.plain` has them."""
    truncated: bool
    """Whether there were more."""


def as_json(answer: Answer) -> str:
    """A list with an object a row."""
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def as_csv(answer: Answer) -> str:
    """A header and a line a row; what is no text or number as JSON, what is absent empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.columns)
    for row in answer.rows:
        writer.writerow(
            json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value
            for value in row
        )
    return out.getvalue()


def as_table(answer: Answer) -> str:
    """Columns as wide as their widest cell, numbers to the right; empty where there are no rows.

    >>> print(as_table(Answer(("product", "events"), [["p1", 12], ["p20", 3]], False)), end="")
    product  events
    p1           12
    p20           3
    """
    if not answer.rows:
        return ""
    right = [
        all(isinstance(row[i], int | float) or row[i] is None for row in answer.rows)
        for i in range(len(answer.columns))
    ]
    cells = [list(answer.columns), *([_short(cell(value)) for value in row] for row in answer.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(
            text.rjust(width) if flush else text.ljust(width)
            for text, width, flush in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    )
    return "".join(f"{line}\n" for line in lines)


def cell(value: Any) -> str:
    """A value in short.

    >>> cell({"_type": "node", "_label": "Brand", "_key": "2:0", "id": "b1", "name": "Acme"})
    '(Brand b1 "Acme")'
    >>> cell([1, None, True])
    '[1, , true]'
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(cell, value))}]"
    if not isinstance(value, dict):
        return str(value)
    kind = value.get("_type")
    if kind == "node":
        name = value.get("title") or value.get("name")
        return f"({value['_label']} {value['id']}" + (f' "{name}")' if name and name != value["id"] else ")")
    if kind == "relationship":
        return f"[{value['_label']}]"
    if kind == "path":
        return _path(value)
    return "{" + ", ".join(f"{key}: {cell(item)}" for key, item in value.items()) + "}"


def _path(path: dict[str, Any]) -> str:
    nodes = path["nodes"]
    text = cell(nodes[0])
    for relationship, start, end in zip(path["relationships"], nodes, nodes[1:], strict=False):
        forward = relationship["_source"] == start["_key"]
        text += f"-{cell(relationship)}->" if forward else f"<-{cell(relationship)}-"
        text += cell(end)
    return text


def _short(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
