"""Load a dataset into the embedded store and into Neo4j, twice each; print seconds, memory and counts.

    python benchmarks/load.py [SOURCE] [--neo4j URI]

Each load runs in a process of its own, from reading the source to the store's counts. Without `--neo4j` a
local server is started and ended again; where a JDK 17 or Maven is missing, Neo4j is left out.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tools.neo4j_server import PASSWORD, Server, free_port, missing_tools  # noqa: E402


def measure(source: str, store: str) -> dict[str, object]:
    """Load in this process; seconds, peak memory of the client in GB, and the store's counts."""
    from cartograph.data import load
    from cartograph.kg import load_dataset, open_store

    begun = time.perf_counter()
    dataset = load(source)
    read = time.perf_counter() - begun
    with open_store(store) as graph:
        counts = load_dataset(graph, dataset, progress=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"read": read, "seconds": time.perf_counter() - begun, "peak_gb": peak, "counts": counts}


def in_a_process(source: str, store: str) -> dict[str, object]:
    """`measure` in a process of its own, so that peaks do not mix."""
    command = [sys.executable, __file__, source, "--child", store]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    out: dict[str, object] = json.loads(done.stdout)
    return out


def report(source: str, name: str, store: str) -> dict[str, object]:
    """Load twice and print both."""
    first, second = in_a_process(source, store), in_a_process(source, store)
    assert first["counts"] == second["counts"], "the second load changed the counts"
    for which, run in (("first", first), ("second", second)):
        print(f"{name:<9} {which:<7} {run['seconds']:7.1f} s  peak {run['peak_gb']:.2f} GB of the client")
    return {"first": first, "second": second}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", default="completejourney")
    parser.add_argument("--neo4j", metavar="URI")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.source, options.child)))
        return
    results: dict[str, object] = {"source": options.source, "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        results["embedded"] = report(options.source, "embedded", str(Path(folder) / "graph.lbug"))
        if options.neo4j:
            results["neo4j"] = report(options.source, "neo4j", options.neo4j)
        elif missing := missing_tools():
            print(f"neo4j left out: {'; '.join(missing)}")
        else:
            server = Server(Path(folder) / "neo4j", ROOT / ".neo4j" / "lib", free_port(), free_port())
            server.start()
            os.environ["NEO4J_PASSWORD"] = PASSWORD
            try:
                results["neo4j"] = report(options.source, "neo4j", server.uri)
            finally:
                server.stop()
    out = ROOT / "benchmarks" / "results" / "load.json"
    out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
