"""What a graph store does, whichever database is behind it, and how to open one."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pandas as pd

from ..data import StoreError

Params = Mapping[str, object]
Rows = list[dict[str, Any]]


class Session(Protocol):
    """Something that answers Cypher."""

    def query(self, cypher: str, params: Params | None = None) -> Rows:
        """The rows of a statement, one dictionary each, keys as named by `RETURN … AS name`."""
        ...


class GraphStore(Session, Protocol):
    """A product graph in a database. A context manager: it closes itself."""

    def write_nodes(self, label: str, nodes: pd.DataFrame) -> None:
        """Add nodes, or update those whose `id` is there already.

        Args:
            label: One of `schema.NODES`.
            nodes: Column `id`, and the label's properties; NaN and None are written as absent.
        """
        ...

    def write_relationships(self, relation: str, ends: tuple[str, str], edges: pd.DataFrame) -> None:
        """Add relationships between existing nodes, or update those that are there already.

        Args:
            relation: One of `schema.RELATIONS`.
            ends: Labels of source and target.
            edges: Columns `source` and `target` (ids), and the relation's properties.
        """
        ...

    def frame(self, cypher: str, params: Params | None = None) -> pd.DataFrame:
        """The rows of a statement as a table; the way to read millions of them."""
        ...

    def read_only(self, timeout: float = 30.0) -> AbstractContextManager[Session]:
        """A session that can only read, each statement for at most `timeout` seconds."""
        ...

    def counts(self) -> dict[str, int]:
        """How many nodes each label and relationships each type has; absent ones are 0."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_store(
    where: str | Path, *, user: str | None = None, password: str | None = None, read_only: bool = False
) -> GraphStore:
    """The store at a path (embedded) or at a `bolt://` or `neo4j://` address (Neo4j).

    Args:
        where: A file, created if absent (not when reading only), or an address.
        user: Of Neo4j; `$NEO4J_USER`, else `neo4j`, when absent.
        password: Of Neo4j; `$NEO4J_PASSWORD` when absent.
        read_only: Whether nothing may be written; several readers can open an embedded store at once.

    Raises:
        StoreError: It is absent, unreachable, in use, or not a store.
    """
    address = str(where)
    if "://" not in address:
        from .embedded import EmbeddedStore

        return EmbeddedStore(Path(where), read_only=read_only)
    if not address.startswith(
        ("bolt://", "bolt+s://", "bolt+ssc://", "neo4j://", "neo4j+s://", "neo4j+ssc://")
    ):
        raise StoreError(
            f"{address}: no such kind of store; give a path, bolt://HOST:PORT or neo4j://HOST:PORT"
        )
    from .neo4j_store import Neo4jStore

    return Neo4jStore(
        address,
        user=user or os.environ.get("NEO4J_USER", "neo4j"),
        password=password if password is not None else os.environ.get("NEO4J_PASSWORD", ""),
    )


def batches(frame: pd.DataFrame, size: int) -> Iterator[pd.DataFrame]:
    """The rows of a table, `size` at a time.

    >>> [len(part) for part in batches(pd.DataFrame({"a": range(5)}), 2)]
    [2, 2, 1]
    """
    for start in range(0, len(frame), size):
        yield frame.iloc[start : start + size]
