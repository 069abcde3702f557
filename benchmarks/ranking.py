"""Evaluate on the public datasets that are at hand and print the README's ranking table.

    python benchmarks/ranking.py            evaluate what has no result yet, then print
    python benchmarks/ranking.py --print    print the results that are there

Datasets are looked for under `$CARTOGRAPH_DATASETS`, else beside the repository. A result is one JSON file in
`benchmarks/results/`; a run that was interrupted goes on with the missing ones.
"""

import json
import os
import sys
from pathlib import Path

from cartograph.serving.cli import main as cartograph

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DATASETS = Path(os.environ.get("CARTOGRAPH_DATASETS", ROOT.parent / "shared" / "datasets"))

MODELS = ("popular", "item-knn", "cartograph")

RUNS = (
    ("amz14_beauty", "leave-one-out"),
    ("amz14_beauty", "item-cold"),
    ("amz14_sports", "leave-one-out"),
    ("hm_sample", "time"),
    ("hin_amazon", "time"),
    ("sample", "time"),
)


def result_of(name: str, protocol: str) -> Path:
    """Where a result is kept."""
    return RESULTS / f"ranking-{name}-{protocol}.json"


def table() -> str:
    """The results as Markdown, best figure of each row in bold."""
    lines = [
        "| dataset, protocol | targets | users | " + " | ".join(MODELS) + " |",
        "|---" * (3 + len(MODELS)) + "|",
    ]
    for name, protocol in RUNS:
        file = result_of(name, protocol)
        if not file.exists():
            continue
        models = json.loads(file.read_text())["models"]
        segments = ("warm", "cold") if protocol == "item-cold" else ("overall",)
        for segment in segments:
            values = [models[m][segment] for m in MODELS]
            best = max(v["ndcg@10"] for v in values)
            cells = [_cell(v["recall@10"], v["ndcg@10"], v["ndcg@10"] == best) for v in values]
            lines.append(
                f"| {name}, {protocol} | {segment} | {values[0]['n_users']:,} | " + " | ".join(cells) + " |"
            )
    return "\n".join(lines)


def _cell(recall: float, ndcg: float, best: bool) -> str:
    text = " / ".join(f"{value:.4f}".removeprefix("0") for value in (recall, ndcg))
    return f"**{text}**" if best else text


def main() -> None:
    """Run what is missing and print the table."""
    for name, protocol in RUNS if "--print" not in sys.argv else ():
        source = name if name == "sample" else str(DATASETS / name)
        if result_of(name, protocol).exists():
            continue
        if name != "sample" and not Path(source).is_dir():
            print(f"{name} left out: {source} is absent", file=sys.stderr)
            continue
        out = ["--json", str(result_of(name, protocol))]
        if cartograph(["evaluate", source, "--protocol", protocol, *out]):
            sys.exit(1)
    print("Recall@10 / NDCG@10:\n")
    print(table())


if __name__ == "__main__":
    main()
