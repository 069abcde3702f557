"""Opening the store that an address names."""

import os
from pathlib import Path

from ..data import StoreError
from .embedded import EmbeddedStore
from .neo4j_store import Neo4jStore
from .store import GraphStore


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
        return EmbeddedStore(Path(where), read_only=read_only)
    if not address.startswith(
        ("bolt://", "bolt+s://", "bolt+ssc://", "neo4j://", "neo4j+s://", "neo4j+ssc://")
    ):
        raise StoreError(
            f"{address}: no such kind of store; give a path, bolt://HOST:PORT or neo4j://HOST:PORT"
        )
    return Neo4jStore(
        address,
        user=user or os.environ.get("NEO4J_USER", "neo4j"),
        password=password if password is not None else os.environ.get("NEO4J_PASSWORD", ""),
    )
