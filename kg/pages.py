"""The graph in pages of nodes, so that memory is bounded, whatever the graph's size."""

from collections.abc import Iterable, Iterator

import pandas as pd

from .schema import NODES, quoted
from .store import GraphStore


def node_pages(
    store: GraphStore, label: str, size: int = 5_000, *, of: str | None = None
) -> Iterator[pd.DataFrame]:
    """The nodes of a label, none of the pages empty.

    Args:
        store: What to read.
        label: One of `schema.NODES`.
        size: Nodes of a page.
        of: Only the attributes that nodes of this label have.

    Yields:
        `id` and the label's properties, by ascending id.
    """
    returned = "".join(f", n.{quoted(name)} AS {quoted(name)}" for name in NODES[label].properties)
    where = f" AND EXISTS {{ MATCH (:{quoted(of)})-[:HAS_ATTRIBUTE]->(n) }}" if of else ""
    after = ""
    while True:
        page = store.frame(
            f"MATCH (n:{quoted(label)}) WHERE n.id > $after{where} "
            f"RETURN n.id AS id{returned} ORDER BY id LIMIT {int(size)}",
            {"after": after},
        )
        if len(page):
            yield page
        if len(page) < size:
            return
        after = page["id"].iloc[-1]


def relationships_of(
    store: GraphStore,
    page: pd.DataFrame,
    relation: str,
    ends: tuple[str, str],
    own: Iterable[str] = (),
    of_target: Iterable[str] = (),
) -> pd.DataFrame:
    """The relationships that lead from the nodes of a page.

    Args:
        store: What to read.
        page: Of `node_pages`, of the label that `ends` begins with.
        relation: One of `schema.RELATIONS`.
        ends: Labels of source and target.
        own: Properties of the relationship to return.
        of_target: Properties of the target to return.

    Returns:
        Columns `source` and `target` (ids), then those.
    """
    source, target = (quoted(label) for label in ends)
    returned = "".join(f", r.{quoted(name)} AS {quoted(name)}" for name in own)
    returned += "".join(f", b.{quoted(name)} AS {quoted(name)}" for name in of_target)
    return store.frame(
        f"MATCH (a:{source})-[r:{quoted(relation)}]->(b:{target}) "
        f"WHERE a.id >= $first AND a.id <= $last RETURN a.id AS source, b.id AS target{returned}",
        {"first": page["id"].iloc[0], "last": page["id"].iloc[-1]},
    )
