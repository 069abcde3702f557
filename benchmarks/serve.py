"""Milliseconds from one user's history to the ten best products, on one core, at several sizes of catalogue.

    python benchmarks/serve.py [--run runs/serve] [--sizes 12101,100000,1000000]

The run is Amazon Beauty's, trained first where it is not there yet (datasets are looked for as in
`benchmarks/ranking.py`). Larger catalogues are grown from its vectors: each new one lies between a trained
product and one that people go on to from it, since vectors drawn at random would have no
neighbourhoods. Beside ours, in the same process on the same vectors and users: `implicit`, and faiss looking
at all products, which both rank by one inner product and leave out reasons, facts, coldness and paths.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.peers import cpu  # noqa: E402
from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from cartograph.data.dataset import IntArray  # noqa: E402
from cartograph.data.files import atomically  # noqa: E402
from cartograph.data.matrices import Matrix, largest, unit  # noqa: E402
from cartograph.serving.cli import main as cartograph  # noqa: E402
from cartograph.serving.index import Index  # noqa: E402
from cartograph.serving.ranker import Ranker, one_user, top  # noqa: E402
from cartograph.serving.ranking import history  # noqa: E402
from cartograph.serving.recommender import Recommender  # noqa: E402

RESULT = RESULTS / "serve.json"
USERS = 1000
COMPARED = 200
"""Users whose lists are compared with the exact ones."""
SUCCESSORS = 30
"""Paths from each grown product."""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--run", default="runs/serve")
    parser.add_argument("--sizes", default="12101,100000,1000000")
    options = parser.parse_args()
    if not (Path(options.run) / "index.safetensors").exists():
        for verb in (["load", str(DATASETS / "amz14_beauty")], ["encode"], ["train"]):
            if failed := cartograph([*verb, "--run", options.run]):
                sys.exit(failed)
    rows = []
    with Recommender.load(options.run) as recommender, threadpool_limits(1):
        faiss.omp_set_num_threads(1)
        now = recommender._now
        users = recommender.users("", USERS)
        histories = [history(now, user) for user in users]
        rows.append(
            {"what": "for_user, with reasons and facts", "products": len(now.catalogue.ids)}
            | milliseconds(recommender.for_user, users)
        )
        for size in map(int, options.sizes.split(",")):
            ranker = replace(now.ranker, index=grown(now.ranker.index, size))
            rows += measure(ranker, histories)
            for row in rows[-4:]:
                print(row, flush=True)
    document = {"users": USERS, "cpu": cpu(), "rows": rows, "peak_gb": peak()}
    with atomically(RESULT) as unfinished:
        unfinished.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def measure(ranker: Ranker, histories: Sequence[IntArray]) -> list[dict[str, Any]]:
    """Ours with one and with two stages, and the peers, on the same vectors."""
    index, first = ranker.index, replace(ranker, second=None)
    _ = index.nearest, first.best(histories[0], 10)
    exact = faiss.IndexFlatIP(index.unit.shape[1])
    exact.add(index.unit)
    queries = [index.parts(one_user(own)).queries for own in histories]
    als = AlternatingLeastSquares(factors=index.unit.shape[1], use_gpu=False)
    als.item_factors, als.user_factors = index.unit, np.concatenate(queries)
    touched = [
        sp.csr_matrix(
            (np.ones(len(set(own)), "f4"), ([0] * len(set(own)), sorted(set(own)))), (1, len(index.ids))
        )
        for own in map(np.ndarray.tolist, histories)
    ]
    asked = list(range(len(histories)))
    ways: dict[str, Callable[[int], object]] = {
        "first stage": lambda user: first.best(histories[user], 10),
        "both stages": lambda user: ranker.best(histories[user], 10),
        "implicit": lambda user: als.recommend(user, touched[user], N=10),
        "faiss, exact": lambda user: exact.search(queries[user], 10),
    }
    out = []
    for what, way in ways.items():
        row: dict[str, Any] = {"what": what, "products": len(index.ids)} | milliseconds(way, asked)
        if what == "first stage":
            row["recall"] = recall(first, histories[:COMPARED])
        out.append(row)
    return out


def milliseconds(way: Callable[[Any], object], asked: Sequence[Any]) -> dict[str, float]:
    """Median and 99th percentile, one question after the other, after ten to warm up."""
    for one in asked[:10]:
        way(one)
    taken = []
    for one in asked:
        begun = time.perf_counter()
        way(one)
        taken.append(1000 * (time.perf_counter() - begun))
    return {"median": float(np.median(taken)), "p99": float(np.quantile(taken, 0.99))}


def recall(first: Ranker, histories: Sequence[IntArray]) -> float:
    """Share of the ten best of all products that are among the ten of the short list."""
    found = []
    for own in histories:
        exact = top(first.index.parts(one_user(own)).scores_of_new[0], 10)
        found.append(np.isin(exact, first.best(own, 10)[0]).mean())
    return float(np.mean(found))


def grown(index: Index, n: int) -> Index:
    """The index with `n` products in all; those of the histories keep their rows."""
    old = len(index.ids)
    if n <= old:
        return index
    rng = np.random.default_rng(0)
    parent = np.concatenate([np.arange(old), rng.integers(0, old, n - old)])
    other = _successors(index.leads_to, parent, rng)
    share = np.concatenate([np.ones(old), rng.uniform(0.6, 1.0, n - old)]).astype(np.float32)[:, None]
    text, vectors, spectral = (
        share * of[parent] + (1 - share) * of[other] for of in (index.text, index.vectors, index.spectral)
    )
    return replace(
        index,
        ids=np.array([f"g{i}" for i in range(n)], dtype=object),
        channels={"id": vectors},
        text=unit(text),
        spectral=unit(spectral),
        facts=Matrix(index.facts[parent]),
        n_events=index.n_events[parent],
        popularity=index.popularity[parent],
        trend=index.trend[parent],
        leaf=index.leaf[parent],
        brand=index.brand[parent],
        leads_to=_paths(largest(index.leads_to, SUCCESSORS), parent, rng),
    )


def _successors(leads_to: Matrix, rows: IntArray, rng: np.random.Generator) -> IntArray:
    """One product that each row leads to, the row itself where there is none."""
    begin, length = leads_to.indptr[rows], np.diff(leads_to.indptr)[rows]
    place = begin + (rng.random(len(rows)) * length).astype(np.int64)
    return np.where(length > 0, leads_to.indices[np.minimum(place, leads_to.nnz - 1)], rows)


def _paths(leads_to: Matrix, parent: IntArray, rng: np.random.Generator) -> Matrix:
    """Paths like the parents', each to some descendant of the product that the parent leads to."""
    n = len(parent)
    order = np.argsort(parent, kind="stable")  # the descendants of each, one after the other
    counts = np.bincount(parent)
    starts = np.concatenate([[0], np.cumsum(counts)])
    length = np.diff(leads_to.indptr)[parent]
    offsets = np.concatenate([[0], np.cumsum(length)])
    flat = np.repeat(leads_to.indptr[parent] - offsets[:-1], length) + np.arange(offsets[-1])
    ends = leads_to.indices[flat]
    picked = order[starts[ends] + (rng.random(len(ends)) * counts[ends]).astype(np.int64)]
    matrix = Matrix((leads_to.data[flat], picked, offsets), shape=(n, n))
    matrix.sum_duplicates()
    return matrix


def peak() -> float:
    """Most memory that this process had, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    main()
