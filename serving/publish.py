"""What a run has learned, put into its graph: what `cartograph publish` does."""

import importlib.metadata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from ..data import Histories
from ..data.dataset import FloatArray, IntArray, StrArray
from ..data.matrices import Matrix
from ..gnn import event_histories
from ..kg import GraphArrays, export
from ..kg.learned import publish
from .index import Index
from .ranker import Ranker, top
from .run import Run
from .snapshot import Snapshot

_AT_ONCE = 256
"""Rows of scores in memory."""


@dataclass(frozen=True)
class Published:
    """What is in the graph now."""

    run: str
    """What the relationships have as `run`."""
    relationships: dict[str, int]
    """How many, by type."""


def publish_stage(run: Run, k: int = 10, *, users: bool = True, progress: bool = True) -> Published:
    """Write what a trained run says into its graph, in the place of what was published before.

    `SIMILAR_TO` and `FOLLOWED_BY` for every product, `RECOMMENDED` for every user with events; on a Neo4j
    server also the products' vectors, with indexes.

    Args:
        run: A trained run.
        k: How many of each, for each product and user.
        users: Whether users get recommendations.
        progress: Whether to show a bar on stderr.

    Raises:
        RunError: The run is not trained.
        StoreError: The graph cannot be written.
        ValueError: `k` is not positive.
    """
    if k < 1:
        raise ValueError(f"k is {k}; it must be at least 1")
    now = Snapshot.open(run, writable=True)
    with now.store as store:
        ranker, index = now.ranker, now.ranker.index
        said = {
            "SIMILAR_TO": _similar(index, k, progress),
            "FOLLOWED_BY": _followed_by(index, k),
        }
        if users:
            said["RECOMMENDED"] = _recommended(ranker, _in_rows(export(store), index), k, progress)
        for name, vectors in (("graph_vector", index.unit), ("text_vector", index.text)):
            described = np.flatnonzero(np.abs(vectors).sum(axis=1) > 0)
            store.write_vectors(name, index.ids[described].tolist(), vectors[described])
        version = importlib.metadata.version("cartograph-recommender")
        published = publish(store, said, model=f"Cartograph {version}")
    return Published(published, {name: len(rows) for name, rows in said.items()})


def _similar(index: Index, k: int, progress: bool) -> pd.DataFrame:
    rows = np.arange(len(index.ids))
    batches = ((batch, index.likeness(batch)) for batch in _batches(rows, "similar", progress))
    return _best(index.ids, index.ids, batches, k)


def _followed_by(index: Index, k: int) -> pd.DataFrame:
    rows = np.arange(len(index.ids))
    batches = ((batch, _filled(index.leads_to[batch])) for batch in _batches(rows, "", False))
    return _best(index.ids, index.ids, batches, k)


def _recommended(ranker: Ranker, histories: Histories, k: int, progress: bool) -> pd.DataFrame:
    rows = np.flatnonzero(histories.lengths)
    batches = (
        (batch, ranker.scores_of_new(histories.take(batch)))
        for batch in _batches(rows, "recommended", progress)
    )
    return _best(histories.users, ranker.index.ids, batches, k)


def _batches(rows: IntArray, what: str, progress: bool) -> Iterator[IntArray]:
    with tqdm(total=len(rows), desc=what, leave=False, disable=not progress) as bar:
        for start in range(0, len(rows), _AT_ONCE):
            batch = rows[start : start + _AT_ONCE]
            yield batch
            bar.update(len(batch))


def _best(
    sources: StrArray, targets: StrArray, scored: Iterable[tuple[IntArray, FloatArray]], k: int
) -> pd.DataFrame:
    """The `k` best targets of each source, as `learned.publish` takes them.

    Args:
        sources: Ids.
        targets: Ids, `(n_products,)`.
        scored: Rows of sources, `(n,)`, and their scores, `(n, n_products)`; minus infinity for what is left
            out.
        k: How many.
    """
    found = [
        (row, best, own[best])
        for rows, scores in scored
        for row, own in zip(rows.tolist(), scores, strict=True)
        for best in [top(own, k)]
    ]
    counts = [len(best) for _, best, _ in found]
    none = [np.zeros(0, dtype=np.int64)]
    return pd.DataFrame(
        {
            "source": sources[np.repeat([row for row, _, _ in found], counts).astype(np.int64)],
            "target": targets[np.concatenate([best for _, best, _ in found] or none)],
            "score": np.concatenate([score for _, _, score in found] or none).astype(np.float64),
            "rank": np.concatenate([np.arange(1, n + 1) for n in counts] or none),
        }
    )


def _filled(matrix: Matrix) -> FloatArray:
    """A sparse matrix with minus infinity where nothing is."""
    out = np.full(matrix.shape, -np.inf, dtype=np.float32)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    out[rows, matrix.indices] = matrix.data
    return out


def _in_rows(arrays: GraphArrays, index: Index) -> Histories:
    """What users did, in rows of the index."""
    histories = event_histories(arrays)
    rows = np.array([index.rows[name] for name in arrays.nodes["Product"]["id"]], dtype=np.int64)
    return replace(histories, products=rows[histories.products])
