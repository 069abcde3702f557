"""Values of Cypher answers as JSON knows them, the same from both stores.

    node          {"_type": "node", "_key": "0:7", "_label": "Product", "id": "p1", "title": …}
    relationship  {"_type": "relationship", "_key": "3:2", "_label": "MADE_BY", "_source": "0:7", …}
    path          {"_type": "path", "nodes": […], "relationships": […]}
    date, time    "2024-05-06", "2024-05-06T07:08:09Z"

Keys connect relationships (`_source`, `_target`) with nodes within one answer; they mean nothing later.
Properties without a value are left out, and so are products' vectors.
"""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import neo4j.graph
import neo4j.time

from .schema import VECTORS


def plain_value(value: Any) -> Any:
    """A value as text, number, truth, list or dictionary; what JSON has no name for is written as text.

    >>> plain_value({"a": [1, float("inf")], "_ID": 3})
    {'a': [1, None], '_ID': 3}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):  # a sum of whole numbers in the embedded store
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime | neo4j.time.Date | neo4j.time.DateTime):
        return _moment(value)
    if isinstance(value, neo4j.graph.Node):
        return _node(value.element_id, next(iter(sorted(value.labels)), ""), value)
    if isinstance(value, neo4j.graph.Relationship):
        source, target = (node.element_id if node is not None else "" for node in value.nodes)
        return _relationship(value.element_id, value.type, source, target, value)
    if isinstance(value, neo4j.graph.Path):
        return _path(value.nodes, value.relationships)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return value.hex()
    return str(value)


def _moment(value: Any) -> str:
    """A date or a time in ISO 8601; times are in UTC."""
    native = value.to_native() if isinstance(value, neo4j.time.Date | neo4j.time.DateTime) else value
    if not isinstance(native, datetime):
        return str(native.isoformat())
    return (native.astimezone(UTC) if native.tzinfo else native).replace(tzinfo=None).isoformat() + "Z"


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    """A map, or what the embedded store makes of nodes, relationships and paths."""
    keys = value.keys()
    if keys == {"_NODES", "_RELS"}:
        return _path(value["_NODES"], value["_RELS"])
    if {"_ID", "_LABEL", "_SRC", "_DST"} <= keys:
        ends = (_key(value["_SRC"]), _key(value["_DST"]))
        return _relationship(_key(value["_ID"]), value["_LABEL"], *ends, value)
    if {"_ID", "_LABEL"} <= keys:
        return _node(_key(value["_ID"]), value["_LABEL"], value)
    return {str(key): plain_value(item) for key, item in value.items()}


def _key(internal: Any) -> str:
    return f"{internal['table']}:{internal['offset']}" if isinstance(internal, Mapping) else str(internal)


def _node(key: str, label: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"_type": "node", "_key": key, "_label": label, **_properties(properties)}


def _relationship(
    key: str, label: str, source: str, target: str, properties: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "_type": "relationship",
        "_key": key,
        "_label": label,
        "_source": source,
        "_target": target,
        **_properties(properties),
    }


def _path(nodes: Any, relationships: Any) -> dict[str, Any]:
    return {
        "_type": "path",
        "nodes": plain_value(list(nodes)),
        "relationships": plain_value(list(relationships)),
    }


def _properties(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: plain_value(item)
        for name, item in given.items()
        if item is not None and name not in ("_ID", "_LABEL", "_SRC", "_DST", *VECTORS)
    }
