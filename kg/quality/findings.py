"""What a report says: findings, each with the Cypher that shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..literals import filled

SHOWN = 100
"""Rows that a finding keeps as examples; its statement shows as many."""


@dataclass(frozen=True)
class Statement:
    """A question to the graph that both stores take."""

    cypher: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def filled(self) -> str:
        """With the values of the parameters in their places, to be copied and run."""
        return filled(self.cypher, self.params)


@dataclass(frozen=True)
class Finding:
    """Something that may be wrong with the graph; with a count of 0, something that is not."""

    name: str
    """Unique, for programs."""
    heading: str
    meaning: str
    """Why it matters or how it is found, in a sentence."""
    count: int
    of: int
    """Of how many."""
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    """Examples, the worst first, at most `SHOWN`."""
    statement: Statement

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "heading": self.heading,
            "meaning": self.meaning,
            "count": self.count,
            "of": self.of,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "cypher": self.statement.cypher,
            "params": dict(self.statement.params),
            "filled": self.statement.filled,
        }
