"""Load datasets into the embedded store, into Neo4j, and through Neo4j's import files; print how fast.

    python benchmarks/load.py [SOURCE …]

Without a source: The Complete Journey, and `grown`, a made-up shop with 100,000 products, 200,000 users and 5
million events. Each step runs in a process of its own: a load from reading the source to the store's counts,
twice; the import from the embedded graph to files, and from there to a server. A local server is started
and ended again; where a JDK 17 or Maven is missing, Neo4j is left out.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tools.neo4j_server import PASSWORD, Server, free_port, missing_tools  # noqa: E402

OUT = ROOT / "benchmarks" / "results" / "load.json"
GROWN = "grown"

Step = dict[str, Any]


def load_step(source: str, store: str) -> Step:
    """Load a source into a store."""
    from cartograph.data import load
    from cartograph.kg import load_dataset, open_store

    dataset = load(source)
    begun = time.perf_counter()
    with open_store(store) as graph:
        counts = load_dataset(graph, dataset, progress=False)
    return {"seconds": time.perf_counter() - begun, "counts": counts}


def export_step(store: str, folder: str) -> Step:
    """Write a graph as files for the import tool."""
    from cartograph.kg import open_store
    from cartograph.kg.neo4j_import import export_neo4j_import

    begun = time.perf_counter()
    with open_store(store, read_only=True) as graph:
        export_neo4j_import(graph, Path(folder))
    return {"seconds": time.perf_counter() - begun}


def counts_step(store: str) -> Step:
    """What a store holds, once it is opened."""
    from cartograph.kg import open_store

    begun = time.perf_counter()
    with open_store(store) as graph:
        counts = graph.counts()
    return {"seconds": time.perf_counter() - begun, "counts": counts}


def step(name: str, *arguments: object) -> Step:
    """A step in a process of its own, so that peaks do not mix; its seconds and peak memory."""
    command = [sys.executable, __file__, "--step", name, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Step = json.loads(done.stdout)
    return found


def n_relationships(counts: dict[str, int]) -> int:
    """How many relationships there are of all types."""
    from cartograph.kg import RELATIONS

    return sum(counts[name] for name in RELATIONS)


def measure(source: str, folder: Path) -> dict[str, Any]:
    """Every way for one source; prints each as it is done."""
    graph = folder / "graph.lbug"
    first = step("load", source, graph)
    n = n_relationships(first["counts"])
    rows: dict[str, Any] = {}

    def note(way: str, found: Step) -> None:
        if found.pop("counts", first["counts"]) != first["counts"]:
            raise SystemExit(f"{way}: the counts are others than after the first load")
        rows[way] = found | {"relationships_per_second": n / found["seconds"]}
        print(
            f"{way:<30} {found['seconds']:7.1f} s, peak {found['peak_gb']:.2f} GB of the client", flush=True
        )

    note("embedded, first time", dict(first))
    note("embedded, second time", step("load", source, graph))
    if missing := missing_tools():
        print(f"neo4j left out: {'; '.join(missing)}")
        return {"relationships": n, "ways": rows}
    os.environ["NEO4J_PASSWORD"] = PASSWORD
    server = Server(folder / "neo4j", ROOT / ".neo4j" / "lib", free_port(), free_port())
    server.start()
    try:
        note("neo4j, first time", step("load", source, server.uri))
        note("neo4j, second time", step("load", source, server.uri))
    finally:
        server.stop()
    note("neo4j import: files", step("export", graph, folder / "files"))
    begun = time.perf_counter()
    server.import_folder(folder / "files")
    taken = time.perf_counter() - begun
    server.start()
    try:
        opened = step("counts", server.uri)  # adds the constraints
    finally:
        server.stop()
    note("neo4j import: import", opened | {"seconds": taken + opened["seconds"]})
    return {"relationships": n, "ways": rows}


def grow_step(
    name: str, n_products: int = 100_000, n_users: int = 200_000, n_events: int = 5_000_000
) -> Step:
    """Write a made-up shop in our own folder format, a few products with most of the events."""
    folder = Path(name)
    folder.mkdir()
    rng = np.random.default_rng(0)
    brand, kind, colour = (rng.integers(n, size=n_products) for n in (5_000, 1_000, 20))
    products = pd.DataFrame(
        {
            "product_id": [f"product-{i}" for i in range(n_products)],
            "title": [f"Thing {i} of kind {k}" for i, k in enumerate(kind)],
            "brand": [f"Brand {b}" for b in brand],
            "category": [f"Kind {k % 40} > Kind {k}" for k in kind],
            "price": rng.integers(100, 10_000, size=n_products) / 100,
            "colour": [f"colour {c}" for c in colour],
        }
    )
    products.to_parquet(folder / "products.parquet")
    events = pd.DataFrame(
        {
            "user_id": [f"user-{i}" for i in rng.integers(n_users, size=n_events)],
            "product_id": [f"product-{i}" for i in (n_products * rng.random(n_events) ** 3).astype(int)],
            "type": rng.choice(["view", "view", "view", "cart", "purchase"], n_events),
            "at": rng.integers(1_600_000_000, 1_630_000_000, size=n_events),
        }
    )
    events.to_parquet(folder / "events.parquet")
    return {}


STEPS: dict[str, Callable[..., Step]] = {
    "load": load_step,
    "export": export_step,
    "counts": counts_step,
    "grow": grow_step,
}


def main(sources: list[str]) -> None:
    """Measure, and keep the results."""
    kept = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    kept["cores"] = os.cpu_count()
    for source in sources or ["completejourney", GROWN]:
        print(source)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if source == GROWN:
                step("grow", folder / GROWN)  # not here: a process begins with its parent's peak
            found = measure(str(folder / GROWN) if source == GROWN else source, folder)
        kept.setdefault("sources", {})[Path(source).name] = found
        OUT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        found = STEPS[sys.argv[2]](*sys.argv[3:])
        print(json.dumps(found | {"peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2}))
    else:
        main(sys.argv[1:])
