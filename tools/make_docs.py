"""Write what is generated: `docs/cli.md`, `docs/graph.md`, and the README's output and figures.

The pages come from the parser and the schema table, the README's blocks from what `make bench` left in
`benchmarks/results/`.
"""

import json
import os
import re
from argparse import ArgumentParser
from pathlib import Path

os.environ["COLUMNS"] = "100"  # argparse wraps its help to the terminal

from cartograph.kg.schema import NODES, RELATIONS, Kind
from cartograph.serving.cli import build_parser

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"

RANKINGS = (
    ("amz14_beauty", "leave-one-out", ("overall",)),
    ("amz14_beauty", "item-cold", ("warm", "cold")),
    ("amz14_sports", "leave-one-out", ("overall",)),
    ("hm_sample", "time", ("warm", "cold")),
    ("hin_amazon", "time", ("overall",)),
    ("sample", "time", ("overall",)),
)
"""Dataset, protocol and segments, as the README's table shows those whose result is there."""


def cli_page() -> str:
    """`docs/cli.md`."""
    parser = build_parser()
    (verbs,) = (action.choices for action in parser._actions if action.dest == "verb")
    pages: dict[str, ArgumentParser] = {"cartograph": parser, **dict(verbs or {})}
    text = "# The command line\n\nGenerated from `cartograph --help` by `make docs`.\n"
    for name, page in pages.items():
        title = name if page is parser else f"cartograph {name}"
        text += f"\n## {title}\n\n```\n{page.format_help().rstrip()}\n```\n"
    return text


def graph_page() -> str:
    """`docs/graph.md`."""
    lines = [
        "# The product graph",
        "",
        "Generated from `kg/schema.py` by `make docs`. Every node has an `id`, a string that is unique",
        "within its label; both stores hold the same graph.",
        "",
        "| node | properties | meaning |",
        "|---|---|---|",
    ]
    lines += [f"| `{n.label}` | {_properties(n.properties)} | {n.meaning} |" for n in NODES.values()]
    lines += ["", "| relationship | from, to | properties | meaning |", "|---|---|---|---|"]
    for relation in RELATIONS.values():
        ends = ", ".join(f"`{source}` → `{target}`" for source, target in relation.ends)
        lines.append(
            f"| `{relation.name}` | {ends} | {_properties(relation.properties)} | {relation.meaning} |"
        )
    return "\n".join(lines) + _DIALECTS


def _properties(properties: dict[str, Kind]) -> str:
    return ", ".join(f"`{name}` {kind}" for name, kind in properties.items()) or "–"


def readme_page() -> str:
    """`README.md`, its generated blocks filled anew."""
    blocks = {"demo": _demo(), "ranking": _rankings(), "speed": _speed()}

    def fill(found: re.Match[str]) -> str:
        return f"{found[1]}\n{blocks[found[2]]}\n{found[3]}"

    text = README.read_text(encoding="utf-8")
    return re.sub(r"(<!-- (\w+): .*? -->)\n.*?\n(<!-- end -->)", fill, text, flags=re.DOTALL)


def _demo() -> str:
    return f"```\n{(RESULTS / 'demo.txt').read_text(encoding='utf-8').strip()}\n```"


def _rankings() -> str:
    rows = []
    for dataset, protocol, segments in RANKINGS:
        file = RESULTS / f"ranking-{dataset}-{protocol}.json"
        if file.exists():
            models = json.loads(file.read_text())["models"]
            rows += [(f"{dataset}, {protocol}", segment, models) for segment in segments]
    names = list(rows[0][2])
    lines = [
        f"| dataset, protocol | targets | users | {' | '.join(names)} |",
        "|---" * (3 + len(names)) + "|",
    ]
    for asked, segment, models in rows:
        figures = [models[name][segment] for name in names]
        best = max(figure["ndcg@10"] for figure in figures)
        cells = (_cell(f["recall@10"], f["ndcg@10"], f["ndcg@10"] == best) for f in figures)
        lines.append(f"| {asked} | {segment} | {figures[0]['n_users']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(recall: float, ndcg: float, best: bool) -> str:
    text = " / ".join(f"{value:.4f}".removeprefix("0") for value in (recall, ndcg))
    return f"**{text}**" if best else text


def _speed() -> str:
    lines = ["| what | seconds | |", "|---|---|---|"]
    loads = json.loads((RESULTS / "load.json").read_text())
    for store in ("embedded", "neo4j"):
        for which in ("first", "second"):
            run = loads[store][which]
            what = f"load {loads['source']}, {run['counts']['PURCHASED']:,} events, {store}, {which} time"
            lines.append(f"| {what} | {run['seconds']:.1f} | client's peak {run['peak_gb']:.2f} GB |")
    encode = json.loads((RESULTS / "encode.json").read_text())
    lines += [
        f"| encode {encode['texts']:,} titles with MiniLM | {encode['seconds']['ours']:.1f} "
        f"| {encode['ratio']:.2f} times as fast as sentence-transformers |",
        f"| the second time | {encode['second_time_seconds']:.1f} | from the cache |",
    ]
    return "\n".join(lines)


_DIALECTS = """

## Two stores, one Cypher

The embedded store (Ladybug) and Neo4j take the same statements but for these:

| what | embedded | Neo4j |
|---|---|---|
| type of a relationship | `label(r)` | `type(r)` |
| label of a node | `label(n)` | `labels(n)[0]` |
| an unknown label | an error | no rows |
| a property read without `AS` | column `p.title` | column `p.title` |

A read-only session (`cartograph cypher`, `store.read_only()`) takes one statement that starts with `MATCH`,
`UNWIND`, `WITH`, `RETURN` or `CALL`, names no writing or file clause, and ends at its time limit.
"""


if __name__ == "__main__":
    (DOCS / "cli.md").write_text(cli_page(), encoding="utf-8")
    (DOCS / "graph.md").write_text(graph_page(), encoding="utf-8")
    README.write_text(readme_page(), encoding="utf-8")
