"""Export the graph of Amazon Beauty as RDF, load it again, and export that; print seconds, memory, sameness.

    python benchmarks/rdf.py [SOURCE]

Without blank nodes, two graphs are isomorphic where the sets of their N-Triples lines are equal. The graph
has product links; it is exported with and without users and their events. Each step is a command in a process
of its own.
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

from benchmarks.rankings import DATASETS  # noqa: E402

SUFFIXES = {"turtle": ".ttl", "ntriples": ".nt", "jsonld": ".jsonld"}


def step(arguments: list[str]) -> dict[str, float]:
    """Run a command of Cartograph's in this process; its peak memory in GB."""
    from cartograph.serving.cli import main

    code = main(arguments)
    if code:
        raise SystemExit(code)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"peak_gb": used.ru_maxrss / 1024**2}


def in_a_process(*arguments: str) -> dict[str, float]:
    """A command in a process of its own, so that peaks do not mix; what it says, and seconds in all."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--child", json.dumps(arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    out: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {"seconds": time.perf_counter() - begun, **out}


def same(first: str, second: str) -> dict[str, float]:
    """Whether two RDF files without blank nodes have the same statements, and how many."""
    import pyoxigraph as ox

    from cartograph.data.triples import format_of

    def statements(path: Path) -> set[bytes]:
        quads = ox.parse(path=path, format=format_of(path))
        return {f"{quad.subject} {quad.predicate} {quad.object}".encode() for quad in quads}

    found = statements(Path(first))
    return {"isomorphic": found == statements(Path(second)), "statements": len(found)}


def round_trip(run: str, folder: Path, form: str, *, events: bool) -> dict[str, object]:
    """Export, load and export again."""
    file, copy = (folder / f"{name}{SUFFIXES[form]}" for name in ("first", "second"))
    extra = ["--events"] if events else []
    name = f"{form}-{events}"
    steps = {
        "export": in_a_process("export", form, "--run", run, "--out", str(file), *extra),
        "load": in_a_process("load", str(file), "--run", str(folder / name)),
        "export again": in_a_process("export", form, "--run", str(folder / name), "--out", str(copy), *extra),
    }
    compared = in_a_process("same", str(file), str(copy))
    return {
        "statements": compared["statements"],
        "megabytes": file.stat().st_size / 1e6,
        "steps": steps,
        "seconds": sum(one["seconds"] for one in steps.values()),
        "peak_gb": max(one["peak_gb"] for one in steps.values()),
        "isomorphic": compared["isomorphic"],
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", default=str(DATASETS / "amz14_beauty"))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        verb, *arguments = json.loads(options.child)
        print(json.dumps(same(*arguments) if verb == "same" else step([verb, *arguments])))
        return
    source = Path(options.source)
    results: dict[str, object] = {"source": source.name, "cores": os.cpu_count(), "rows": []}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "run")
        in_a_process("load", str(source), "--links", "--run", run)
        for events in (False, True):
            for form in SUFFIXES:
                row = {"format": form, "events": events, **round_trip(run, Path(folder), form, events=events)}
                rows.append(row)
                print(
                    f"{form:<9} {'events' if events else '':<7} {row['statements']:>9,} statements "
                    f"{row['seconds']:6.1f} s  peak {row['peak_gb']:.2f} GB  isomorphic {row['isomorphic']}"
                )
        question = "SELECT ?b (COUNT(*) AS ?n) { ?p schema:brand/schema:name ?b } GROUP BY ?b"
        results["sparql"] = in_a_process("sparql", question, "--run", run)
        feed = str(Path(folder) / "feed.ttl")
        in_a_process("export", "turtle", "--run", run, "--out", feed)
        results["validate"] = in_a_process("validate", feed)
    results["rows"] = rows
    out = ROOT / "benchmarks" / "results" / "rdf.json"
    out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
