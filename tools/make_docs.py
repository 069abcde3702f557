"""Write the generated pages: `docs/cli.md` from the parser, `docs/graph.md` from the schema table."""

import os
from argparse import ArgumentParser
from pathlib import Path

os.environ["COLUMNS"] = "100"  # argparse wraps its help to the terminal

from cartograph.kg.schema import NODES, RELATIONS, Kind
from cartograph.serving.cli import build_parser

DOCS = Path(__file__).parent.parent / "docs"


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
