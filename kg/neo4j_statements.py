"""Cypher for a batch of rows, and the batch as its parameters: columns, not rows, and each node's id once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .schema import NODES, RELATIONS, quoted


@dataclass(frozen=True)
class NodeStatements:
    """Statements that write nodes of one label."""

    label: str

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """What of a table is written; a property without a column is absent."""
        return table.reindex(columns=["id", *NODES[self.label].properties])

    def create(self, rows: pd.DataFrame) -> tuple[str, dict[str, Any]]:
        """For nodes that are not there."""
        given, parameters = _given(rows, NODES[self.label].properties)
        fields = ", ".join(["id: $id[i]", *(f"{quoted(name)}: {value}" for name, value in given.items())])
        return f"{_EACH_NODE} CREATE (:{quoted(self.label)} {{{fields}}})", self._with_ids(rows, parameters)

    def merge(self, rows: pd.DataFrame) -> tuple[str, dict[str, Any]]:
        """For nodes that may be there: they get what the rows say, absent values included."""
        properties = NODES[self.label].properties
        merge = f"{_EACH_NODE} MERGE (n:{quoted(self.label)} {{id: $id[i]}})"
        sets = ", ".join(f"n.{quoted(name)} = {_place(n)}" for n, name in enumerate(properties))
        return merge + (f" SET {sets}" if sets else ""), self._with_ids(rows, _parameters(rows, properties))

    def _with_ids(self, rows: pd.DataFrame, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"id": plain(rows["id"]), **parameters}


@dataclass(frozen=True)
class EdgeStatements:
    """Statements that write relationships of one type between two labels."""

    relation: str
    ends: tuple[str, str]

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """What of a table is written; a property without a column stays as it is."""
        return table.filter(items=["source", "target", *RELATIONS[self.relation].properties])

    def create(self, rows: pd.DataFrame) -> tuple[str, dict[str, Any]]:
        """For relationships that are not there."""
        given, parameters = _given(rows, rows.columns[2:])
        fields = ", ".join(f"{quoted(name)}: {value}" for name, value in given.items())
        create = f"CREATE (a)-[:{quoted(self.relation)} {{{fields}}}]->(b)"
        return f"{self._each_edge()} {create}", self._with_ends(rows, parameters)

    def merge(self, rows: pd.DataFrame) -> tuple[str, dict[str, Any]]:
        """For relationships that may be there: they get what the rows say, absent values included."""
        key_names, properties = RELATIONS[self.relation].key, rows.columns[2:]
        at = {name: _place(n) for n, name in enumerate(properties)}
        key = ", ".join(f"{quoted(name)}: {at[name]}" for name in key_names)
        merge = f"MERGE (a)-[r:{quoted(self.relation)}{f' {{{key}}}' if key else ''}]->(b)"
        sets = ", ".join(f"r.{quoted(name)} = {at[name]}" for name in properties if name not in key_names)
        text = f"{self._each_edge()} {merge}" + (f" SET {sets}" if sets else "")
        return text, self._with_ends(rows, _parameters(rows, properties))

    def _each_edge(self) -> str:
        """`a`, `b` and `i` for each row whose ends exist."""
        source, target = _nodes(quoted(self.ends[0]), "sources"), _nodes(quoted(self.ends[1]), "targets")
        return (
            f"WITH {source} AS sources, {target} AS targets "
            "UNWIND range(0, size($source) - 1) AS i "
            "WITH sources[$source[i]] AS a, targets[$target[i]] AS b, i WHERE a IS NOT NULL AND b IS NOT NULL"
        )

    def _with_ends(self, rows: pd.DataFrame, parameters: dict[str, Any]) -> dict[str, Any]:
        for end in ("source", "target"):
            places, ids = pd.factorize(rows[end])
            parameters |= {end: places.tolist(), f"{end}s": list(ids)}
        return parameters


_EACH_NODE = "UNWIND range(0, size($id) - 1) AS i"


def _nodes(label: str, name: str) -> str:
    """The nodes whose ids the parameter `name` lists, in its order, null where there is none."""
    return (
        f"COLLECT {{ UNWIND range(0, size(${name}) - 1) AS i OPTIONAL MATCH (n:{label} {{id: ${name}[i]}}) "
        "RETURN n ORDER BY i }"
    )


def _place(n: int) -> str:
    """The value of the `n`-th property in row `i`."""
    return f"$p{n}[i]"


def _given(rows: pd.DataFrame, properties: Iterable[str]) -> tuple[dict[str, str], dict[str, Any]]:
    """Where the values of each property are, and the values; properties that no row has are left out."""
    parameters = _parameters(rows, properties)
    found = {
        name: _place(n)
        for n, name in enumerate(properties)
        if any(value is not None for value in parameters[f"p{n}"])
    }
    return found, {place[1:-3]: parameters[place[1:-3]] for place in found.values()}


def _parameters(rows: pd.DataFrame, properties: Iterable[str]) -> dict[str, Any]:
    return {f"p{n}": plain(rows[name]) for n, name in enumerate(properties)}


def plain(column: pd.Series) -> list[Any]:
    """Plain Python values of a column, what is missing as None.

    >>> plain(pd.Series([1.5, np.nan]))
    [1.5, None]
    """
    if column.dtype.kind in "iub":
        return column.to_numpy().tolist()
    if column.dtype.kind == "f":
        values = column.to_numpy()
        out = values.astype(object)
        out[np.isnan(values)] = None
        return out.tolist()
    return column.astype(object).where(column.notna(), None).tolist()
