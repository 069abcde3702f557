"""The graph as numbered nodes and edge arrays, the same from every store."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data import Dataset
from ..data.dataset import IntArray
from .load import load_dataset
from .schema import NODES, RELATIONS, quoted
from .store import GraphStore
from .stores import open_store


@dataclass(frozen=True)
class Edges:
    """The relationships of one type between two labels, sorted by source, target and key."""

    source: IntArray
    """Node numbers, `(n_edges,)`."""
    target: IntArray
    """Node numbers, `(n_edges,)`."""
    properties: dict[str, npt.NDArray[np.generic]]
    """Each `(n_edges,)`; missing texts are `""`, missing numbers NaN."""


@dataclass(frozen=True)
class GraphArrays:
    """A graph in memory, as rankings are learned from it. A node's number is its row in `nodes`."""

    nodes: dict[str, pd.DataFrame]
    """By label that teaches: `id`, then the properties (missing texts are `""`), sorted by `id`."""
    edges: dict[tuple[str, str, str], Edges]
    """By source label, relation and target label; every triple of the schema that teaches is there, perhaps
    empty."""


def exported(dataset: Dataset, *, progress: bool = True) -> GraphArrays:
    """The graph of a dataset as arrays, by way of an embedded graph in a temporary folder.

    Args:
        dataset: Validated tables.
        progress: Whether to show a bar on stderr.
    """
    with (
        tempfile.TemporaryDirectory(prefix="cartograph-") as folder,
        open_store(Path(folder) / "graph.lbug") as graph,
    ):
        load_dataset(graph, dataset, progress=progress)
        return export(graph)


def export(store: GraphStore) -> GraphArrays:
    """Read all of the graph that rankings are learned from.

    Raises:
        StoreError: The store cannot be read.
    """
    teaching = [relation for relation in RELATIONS.values() if relation.teaches]
    ends = {label for relation in teaching for pair in relation.ends for label in pair}
    nodes = {label: _nodes(store, label) for label in NODES if label in ends}
    numbers = {label: pd.Index(frame["id"].to_numpy(object)) for label, frame in nodes.items()}
    edges = {}
    for relation in teaching:
        for source, target in relation.ends:
            edges[source, relation.name, target] = _edges(
                store, relation.name, source, target, numbers[source], numbers[target]
            )
    return GraphArrays(nodes, edges)


def _nodes(store: GraphStore, label: str) -> pd.DataFrame:
    properties = NODES[label].properties
    returned = "".join(f", n.{quoted(name)} AS {quoted(name)}" for name in properties)
    frame = store.frame(f"MATCH (n:{quoted(label)}) RETURN n.id AS id{returned}").reindex(
        columns=["id", *properties]
    )
    for name, kind in {"id": "STRING", **properties}.items():
        frame[name] = _texts(frame[name]) if kind == "STRING" else frame[name].astype(np.float64)
    return frame.sort_values("id", ignore_index=True)


def _texts(column: "pd.Series[str]") -> "pd.Series[str]":
    """Texts, missing ones empty."""
    return column.astype(object).where(column.notna(), "").astype(str)


def _edges(
    store: GraphStore,
    relation: str,
    source: str,
    target: str,
    sources: "pd.Index[str]",
    targets: "pd.Index[str]",
) -> Edges:
    kinds = RELATIONS[relation]
    returned = "".join(f", r.{quoted(name)} AS {quoted(name)}" for name in kinds.properties)
    frame = store.frame(
        f"MATCH (a:{quoted(source)})-[r:{quoted(relation)}]->(b:{quoted(target)}) "
        f"RETURN a.id AS source, b.id AS target{returned}"
    ).reindex(columns=["source", "target", *kinds.properties])
    start = sources.get_indexer(pd.Index(frame["source"].to_numpy(object))).astype(np.int64)
    end = targets.get_indexer(pd.Index(frame["target"].to_numpy(object))).astype(np.int64)
    properties: dict[str, npt.NDArray[np.generic]] = {
        name: _texts(frame[name]).to_numpy(object)
        if kind == "STRING"
        else frame[name].to_numpy().astype(np.int64 if kind == "INT64" else np.float64)
        for name, kind in kinds.properties.items()
    }
    order = np.lexsort((*(properties[name] for name in reversed(kinds.key)), end, start))
    return Edges(start[order], end[order], {name: values[order] for name, values in properties.items()})
