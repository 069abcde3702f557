"""The graph in pages of nodes, so that memory is bounded, whatever the graph's size."""

from collections.abc import Iterator

import pandas as pd

from .schema import NODES, quoted
from .store import GraphStore


def node_pages(store: GraphStore, label: str, size: int = 5_000, where: str = "") -> Iterator[pd.DataFrame]:
    """The nodes of a label, none of the pages empty.

    Args:
        store: What to read.
        label: One of `schema.NODES`.
        size: Nodes of a page.
        where: A further condition on `n`, such as `" AND n.price > 5"`.

    Yields:
        `id` and the label's properties, by ascending id.
    """
    returned = "".join(f", n.{quoted(name)} AS {quoted(name)}" for name in NODES[label].properties)
    after = ""
    while True:
        page = store.frame(
            f"MATCH (n:{quoted(label)}) WHERE n.id > $after{where} "
            f"RETURN n.id AS id{returned} ORDER BY id LIMIT {size}",
            {"after": after},
        )
        if len(page):
            yield page
        if len(page) < size:
            return
        after = page["id"].iloc[-1]


def relationships_of(
    store: GraphStore, page: pd.DataFrame, relation: str, ends: tuple[str, str], returned: str = ""
) -> pd.DataFrame:
    """The relationships that lead from the nodes of a page.

    Args:
        store: What to read.
        page: Of `node_pages`, of the label that `ends` begins with.
        relation: One of `schema.RELATIONS`.
        ends: Labels of source and target.
        returned: Further columns from the source `a`, the relationship `r` and the target `b`, such as
            `", r.at AS at"`.

    Returns:
        Columns `source` and `target` (ids), then those.
    """
    source, target = ends
    return store.frame(
        f"MATCH (a:{quoted(source)})-[r:{quoted(relation)}]->(b:{quoted(target)}) "
        f"WHERE a.id >= $first AND a.id <= $last RETURN a.id AS source, b.id AS target{returned}",
        {"first": page["id"].iloc[0], "last": page["id"].iloc[-1]},
    )
