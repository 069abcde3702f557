"""Ask every named question of real shops, on the embedded store; print seconds, and which took too long.

    python benchmarks/questions.py [SOURCE …] [--neo4j URI]

Sources are as for `cartograph load`; else Amazon Beauty, if its files are there, and The Complete Journey.
Ids are those of the product with most events, its brand and category, and the user with most events. Each
question is asked three times, read-only. The medians are kept of seconds by the clock, which a busy machine
stretches, and of the processor's seconds over all threads. `--neo4j` loads the graph there too and names the
questions whose rows differ.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cartograph.data import load  # noqa: E402
from cartograph.kg import GraphStore, load_dataset, open_store  # noqa: E402
from cartograph.kg.question import DID, Question  # noqa: E402
from cartograph.kg.questions import QUESTIONS  # noqa: E402
from cartograph.kg.store import ReadSession  # noqa: E402

BEAUTY = Path(os.environ.get("CARTOGRAPH_DATASETS", ROOT.parent / "shared" / "datasets")) / "amz14_beauty"
LIMIT = 2.0
"""Seconds that a question may take."""
_POPULAR = (
    f"MATCH (:User)-[:{DID}]->(p:Product) WITH p, count(*) AS events "
    "MATCH (p)-[:MADE_BY]->(b:Brand) MATCH (p)-[:IN_CATEGORY]->(c:Category) "
    "RETURN p.id AS product, b.id AS brand, c.id AS category ORDER BY events DESC, product LIMIT 2"
)
_BUSY = (
    f"MATCH (u:User)-[r:{DID}]->() RETURN u.id AS user, count(*) AS events ORDER BY events DESC, user LIMIT 1"
)
_TIME = f"MATCH (:User)-[r:{DID}]->() RETURN min(r.at) AS first, max(r.at) AS last"


def examples(session: ReadSession) -> dict[str, Any]:
    """A value for each parameter that has no default."""
    first, second = session.query(_POPULAR)
    (busy,), (span,) = session.query(_BUSY), session.query(_TIME)
    since = span["first"] + 3 * (span["last"] - span["first"]) // 4
    return {**first, "other": second["product"], "user": busy["user"], "since": since}


def given(question: Question, known: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a question."""
    return {p.name: known[p.name] if p.default is None else p.default for p in question.parameters}


def ask(store: GraphStore) -> dict[str, Any]:
    """By question: the medians of three times, by the clock and of the processor, and the number of rows."""
    found = {}
    with store.read_only(timeout=60.0) as session:
        known = examples(session)
        for question in QUESTIONS:
            taken, worked = [], []
            for _ in range(3):
                begun, cpu = time.perf_counter(), time.process_time()
                _, rows = session.table(question.cypher, given(question, known))
                taken.append(time.perf_counter() - begun)
                worked.append(time.process_time() - cpu)
            found[question.name] = {
                "seconds": round(median(taken), 3),
                "processor_seconds": round(median(worked), 3),
                "rows": len(rows),
            }
            late = "  LATE" if median(taken) > LIMIT else ""
            print(
                f"  {question.name:<22} {median(taken):6.2f} s  processor {median(worked):6.2f} s  "
                f"{len(rows):>3} rows{late}",
                flush=True,
            )
    return found


def differing(ours: GraphStore, theirs: GraphStore) -> list[str]:
    """The questions whose rows differ between two stores."""
    names = []
    with ours.read_only(60.0) as here, theirs.read_only(300.0) as there:
        known = examples(here)
        for question in QUESTIONS:
            params = given(question, known)
            answers = [_comparable(session.table(question.cypher, params)) for session in (here, there)]
            if answers[0] != answers[1]:
                names.append(question.name)
    return names


def _comparable(answer: tuple[list[str], list[list[Any]]]) -> list[str]:
    """Rows as texts, without what only one store knows, and numbers to nine digits."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: bare(v) for k, v in sorted(value.items()) if k not in ("_key", "_source", "_target")}
        if isinstance(value, list):
            return [bare(item) for item in value]
        return float(f"{value:.9g}") if isinstance(value, float) else value

    return sorted(json.dumps([answer[0], bare(row)]) for row in answer[1])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*")
    parser.add_argument("--neo4j", metavar="URI")
    options = parser.parse_args()
    sources = options.sources or [*([str(BEAUTY)] if BEAUTY.is_dir() else []), "completejourney"]
    out = ROOT / "benchmarks" / "results" / "questions.json"
    results = json.loads(out.read_text()) if out.exists() else {}
    for source in sources:
        name = Path(source).name
        print(name)
        with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "graph.lbug") as store:
            dataset = load(source)
            counts = load_dataset(store, dataset, progress=False)
            found: dict[str, Any] = {
                "cores": os.cpu_count(),
                "load_before": round(os.getloadavg()[0], 1),
                "counts": {name: count for name, count in counts.items() if count},
                "questions": ask(store),
            }
            found["late"] = [q for q, was in found["questions"].items() if was["seconds"] > LIMIT]
            if options.neo4j:
                with open_store(options.neo4j) as server:
                    server.query("MATCH (n) CALL { WITH n DETACH DELETE n } IN TRANSACTIONS OF 500 ROWS")
                    load_dataset(server, dataset, progress=False)
                    found["differing_from_neo4j"] = differing(store, server)
                    print(f"  rows that differ from Neo4j's: {found['differing_from_neo4j'] or 'none'}")
        results[name] = found
        out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
