"""What a graph store does, whichever database is behind it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Protocol, Self

import networkx as nx
import pandas as pd

from ..data.dataset import FloatArray
from .subgraph import Key

Params = Mapping[str, object]
Rows = list[dict[str, Any]]
Written = Callable[[int], object]
"""Told of every batch that is there to stay, how many rows it was made of."""


def untold(n_rows: int) -> None:
    """Nobody asked how far a write is."""


class Session(Protocol):
    """Something that answers Cypher."""

    def query(self, cypher: str, params: Params | None = None) -> Rows:
        """The rows of a statement, one dictionary each, keys as named by `RETURN … AS name`."""
        ...


class ReadSession(Session, Protocol):
    """A session that can only read; nodes and the like come as `plain_value` has them."""

    def query(self, cypher: str, params: Params | None = None, *, limit: int | None = None) -> Rows:
        """As `Session.query`, at most `limit` rows."""
        ...

    def table(
        self, cypher: str, params: Params | None = None, *, limit: int | None = None
    ) -> tuple[list[str], list[list[Any]]]:
        """Column names, and at most `limit` rows of values; there are names even without rows."""
        ...


class GraphStore(Session, Protocol):
    """A product graph in a database. A context manager: it closes itself."""

    def write_nodes(self, label: str, nodes: pd.DataFrame, written: Written = untold) -> None:
        """Add nodes, or update those whose `id` is there already.

        Args:
            label: One of `schema.NODES`.
            nodes: Column `id`, and the label's properties; NaN and None are written as absent.
            written: Told how far it is; the batches add up to all rows.
        """
        ...

    def write_relationships(
        self, relation: str, ends: tuple[str, str], edges: pd.DataFrame, written: Written = untold
    ) -> None:
        """Add relationships between existing nodes, or update those that are there already.

        Args:
            relation: One of `schema.RELATIONS`.
            ends: Labels of source and target.
            edges: Columns `source` and `target` (ids), and the relation's properties; of those that are there
                already, what has no column stays as it is.
            written: Told how far it is, likewise.
        """
        ...

    def execute(self, cypher: str, params: Params | None = None) -> None:
        """Run a statement that writes, within this thread's transaction where it has one."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """What is written inside, by one thread, is there as a whole afterwards, or not at all."""
        ...

    def frame(self, cypher: str, params: Params | None = None) -> pd.DataFrame:
        """The rows of a statement as a table; the way to read millions of them."""
        ...

    def networkx(self, cypher: str, params: Params | None = None) -> "nx.MultiDiGraph[Key]":
        """The nodes, relationships and paths that a read-only statement returns, as a graph for analysis.

        Nodes are `(label, id)` with their properties; edges have their type as `relation`. Needs about a
        kilobyte an edge; reasonable up to a few million.

        Raises:
            StoreError: The statement may do more than read, takes more than 30 seconds, or is not understood.
            ValueError: A relationship came without its two nodes.
        """
        ...

    def read_only(self, timeout: float = 30.0) -> AbstractContextManager[ReadSession]:
        """A session that can only read, each statement for at most `timeout` seconds."""
        ...

    def counts(self) -> dict[str, int]:
        """How many nodes each label and relationships each type has; absent ones are 0."""
        ...

    def write_vectors(self, name: str, ids: Sequence[str], vectors: FloatArray) -> None:
        """Give products a vector that plain Cypher can search by, see `neo4j_vectors`.

        The embedded store has no such index; it does nothing.
        """
        ...

    def purge(self) -> None:
        """Write the files anew, so that they hold nothing that was deleted; answers go on meanwhile.

        The embedded store does; when it returns, that survives a kill. A server's files are the server's:
        there it does nothing.
        """
        ...

    def mentions(self, text: str) -> bool:
        """Whether the files hold a text, deleted or not; False where they are a server's."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def batches(frame: pd.DataFrame, size: int) -> Iterator[pd.DataFrame]:
    """The rows of a table, `size` at a time.

    >>> [len(part) for part in batches(pd.DataFrame({"a": range(5)}), 2)]
    [2, 2, 1]
    """
    for start in range(0, len(frame), size):
        yield frame.iloc[start : start + size]
