"""The embedded store's tables: declared from the schema, those of older graphs brought up to it."""

from collections.abc import Callable, Mapping
from typing import Any

from .literals import literal
from .schema import NODES, RELATIONS, Kind, quoted
from .store import Params
from .versions import KEY, LABEL, SCHEMA_VERSION

Run = Callable[[str, Params | None], Any]
"""Runs a statement and returns its Ladybug result."""


def version(run: Run) -> int | None:
    """The version of the schema that a graph has, None for a file without a graph."""
    tables = table_names(run)
    if LABEL in tables:
        statement = f"MATCH (s:{quoted(LABEL)} {{id: $id}}) RETURN s.version AS version"
        rows = list(run(statement, {"id": KEY}).rows_as_dict())
        if rows:
            return int(rows[0]["version"])
    return 1 if "Product" in tables else None  # the first graphs did not say


def table_names(run: Run) -> set[str]:
    """The tables that there are."""
    return {row["name"] for row in run("CALL SHOW_TABLES() RETURN name", None).rows_as_dict()}


def declare(run: Run) -> None:
    """Create the tables and columns that the schema names and the file lacks, then write the version."""
    before = version(run)
    for node in NODES.values():
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in node.properties.items())
        run(
            f"CREATE NODE TABLE IF NOT EXISTS {quoted(node.label)}"
            f"(id STRING PRIMARY KEY{', ' + columns if columns else ''})",
            None,
        )
    for relation in RELATIONS.values():
        ends = ", ".join(f"FROM {quoted(source)} TO {quoted(target)}" for source, target in relation.ends)
        columns = "".join(f", {quoted(name)} {kind}" for name, kind in relation.properties.items())
        run(f"CREATE REL TABLE IF NOT EXISTS {quoted(relation.name)}({ends}{columns})", None)
    if before == SCHEMA_VERSION:
        return
    for node in NODES.values():
        _add_missing(run, node.label, node.properties)
    for relation in RELATIONS.values():
        _add_missing(run, relation.name, relation.properties)
    run(f"CREATE NODE TABLE IF NOT EXISTS {quoted(LABEL)}(id STRING PRIMARY KEY, version INT64)", None)
    _add_missing(run, LABEL, {"published": "STRING"})
    given = {"id": KEY, "version": SCHEMA_VERSION}
    run(f"MERGE (s:{quoted(LABEL)} {{id: $id}}) SET s.version = $version", given)


def _add_missing(run: Run, table: str, properties: Mapping[str, Kind]) -> None:
    there = {row["name"] for row in run(f"CALL TABLE_INFO({literal(table)}) RETURN *", None).rows_as_dict()}
    for name, kind in properties.items():
        if name not in there:
            run(f"ALTER TABLE {quoted(table)} ADD {quoted(name)} {kind}", None)
