"""`docs/cypher.md`: what of Cypher both stores take, from the table that the tests run."""

from cartograph.kg.dialect import rewritten
from tools.dialects import EXAMPLES, Example


def cypher_page() -> str:
    """The page."""
    text = _INTRODUCTION
    for given in _REWRITTEN:
        text += f"| {_code(given)} | {_code(rewritten(given).text.strip())} |\n"
    text += _DIFFERENCES
    for title, examples in EXAMPLES.items():
        text += f"\n### {title}\n\n"
        if any(example.message for example in examples):
            text += "| statement | the sentence contains |\n|---|---|\n"
            text += "".join(f"| {_code(e.cypher)} | {_cell(e.message)} |\n" for e in examples)
        else:
            text += "```\n" + "".join(f"{_with_params(example)}\n" for example in examples) + "```\n"
    return text


def _with_params(example: Example) -> str:
    given = ", ".join(f"${name} = {value!r}" for name, value in example.params.items())
    return f"{example.cypher}  // {given}" if given else example.cypher


def _code(cypher: str) -> str:
    return f"`{_cell(cypher)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


_REWRITTEN = (
    "MATCH ()-[r]->() RETURN type(r)",
    "MATCH (n) RETURN labels(n)",
    "MATCH (n) WHERE n:Brand RETURN n",
    "MATCH (a)-[:MADE_BY]->()<-[:MADE_BY]-(b) RETURN b",
    "MATCH (c)-[:SUBCATEGORY_OF*1..3]->(d) RETURN d",
    "MATCH p = shortestPath((a)-[:MADE_BY*..4]-(b)) RETURN p",
    "MATCH (p) WITH p ORDER BY p.id RETURN collect(p.id)",
    "MATCH (p) WHERE EXISTS { (p)-[:MADE_BY]->() } RETURN p",
    "RETURN [x IN xs WHERE x > 1 | x * 2]",
    "RETURN xs[0], xs[1..3]",
    "RETURN p {.id, .title}",
    "RETURN datetime({epochSeconds: r.at}).month",
    "RETURN substring(t, 1, 3), split(t, ',')",
    "RETURN toInteger(x), toFloat(x), log(x), sum(x)",
)

_INTRODUCTION = """\
# Cypher on both stores

Generated from `tools/dialects.py` by `make docs`; the tests run every statement at the end on the
embedded store and on a Neo4j server.

A read-only session (`cartograph cypher`, `POST /v1/cypher`, `Recommender.cypher`, `store.read_only()`)
takes one statement in the Cypher of Neo4j 5 that starts with `MATCH`, `UNWIND`, `WITH`, `RETURN` or
`CALL` and names no writing or file clause. It ends at its time limit. Rows, names of columns and values
are the same on both stores: nodes, relationships and paths as dictionaries, dates and times as ISO texts
in UTC. The properties are in [graph.md](graph.md). Of procedures a Neo4j server may be called for
`db.index.fulltext.queryNodes` and `db.index.vector.queryNodes` ([published runs](graph.md#what-a-run-says)).

## What is rewritten for the embedded store

`kg/dialect.py` rewrites what Ladybug says in other words or silently takes otherwise: it would meet one
relationship twice within a `MATCH`, forget an order before an aggregate, count places in lists from 1,
and take `log` for the decimal logarithm.

| written | sent to the embedded store |
|---|---|
"""
_DIFFERENCES = """
What is not listed goes to the store as it is. Left to know:

- without `ORDER BY` the order of rows is each store's own, and `LIMIT` may choose other rows;
- halves below zero are rounded up by Neo4j and down by the embedded store;
- where a length has no end, the embedded store walks at most 30 steps;
- there, a parameter that is null has no type that a number could be compared with, and a list holds values
  of one type, nodes of one label;
- Ladybug's own functions (`label(r)`, `date_part`) pass on the embedded store only; Neo4j's refusal names
  what both take.

## Statements

They ask about the shop of `tests/explored.py`. All but the last give the same columns and rows on both
stores.
"""
