"""Write what is generated: the pages for command line, datasets, graph and results, and blocks of others.

The pages come from the parser, the loaders and the schema table, the README's output and figures from what
`make bench` left in `benchmarks/results/`.
"""

import json
import os
import re
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ["COLUMNS"] = "100"  # argparse wraps its help to the terminal

from benchmarks.rankings import RESULTS
from cartograph.data import Dataset, Source, datasets
from cartograph.data.amazon import load_amazon
from cartograph.data.completejourney import load_completejourney
from cartograph.data.hin import load_hin
from cartograph.data.hm import load_hm, load_hm_kaggle
from cartograph.data.instacart import load_instacart
from cartograph.data.movielens import load_movielens
from cartograph.data.olist import load_olist
from cartograph.data.online_retail import load_online_retail
from cartograph.data.recbole import load_recbole
from cartograph.data.retailrocket import load_retailrocket
from cartograph.data.sequences import load_sequences
from cartograph.evaluation.report import cell
from cartograph.kg.schema import NODES, RELATIONS, Kind
from cartograph.kg.versions import CHANGES
from cartograph.serving.cli import build_parser
from tools.cypher_page import cypher_page
from tools.questions_page import questions_page
from tools.rdf_page import rdf_page
from tools.results import headline, results_page
from tools.serving_results import (
    baskets_block,
    faithfulness_block,
    language_block,
    robustness_block,
    search_block,
    serve_block,
    titles_block,
)
from tools.shop_formats import said, shop_formats_page

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"

_LOADERS: dict[str, Callable[..., Dataset]] = {
    "amazon": load_amazon,
    "hm-kaggle": load_hm_kaggle,
    "retailrocket": load_retailrocket,
    "instacart": load_instacart,
    "olist": load_olist,
    "online-retail-ii": load_online_retail,
    "movielens": load_movielens,
    "recbole": load_recbole,
    "completejourney": load_completejourney,
    "sequences": load_sequences,
    "hm": load_hm,
    "hin": load_hin,
}
"""Those whose docstrings say how a source is read."""


def cli_page() -> str:
    """`docs/cli.md`."""
    parser = build_parser()
    (verbs,) = (action.choices for action in parser._actions if action.dest == "verb")
    pages: dict[str, ArgumentParser] = {"cartograph": parser, **dict(verbs or {})}
    for name, page in dict(pages).items():
        for action in page._actions:
            if action.dest == "action":
                pages |= {f"{name} {sub}": subpage for sub, subpage in dict(action.choices or {}).items()}
    text = "# The command line\n\nGenerated from `cartograph --help` by `make docs`.\n"
    for name, page in pages.items():
        title = name if page is parser else f"cartograph {name}"
        text += f"\n## {title}\n\n```\n{page.format_help().rstrip()}\n```\n"
    return text


def datasets_page() -> str:
    """`docs/datasets.md`."""
    known = datasets()
    amazon = [source for source in known if source.name.startswith("amazon-")]
    text = _DATASETS + "".join(_dataset_row(source) for source in known if source not in amazon)
    text += "\n## How they are read\n"
    for name, loader in _LOADERS.items():
        text += f"\n### {name}\n\n{said(loader)}\n"
    text += _AMAZON
    return text + "".join(f"| `{s.name}` | {s.counts} | {_files(s)} |\n" for s in amazon)


def _dataset_row(source: Source) -> str:
    if source.by_hand:
        given = "by name, by hand"
    elif source.remotes:
        given = "by name, downloaded"
    else:
        given = "folder" if source.is_folder else "by name, packaged"
    address = f"<{source.address}>" if source.address else "–"
    counts, checksum = ("–", "–") if source.is_folder else (source.counts, source.checksum)
    return (
        f"| `{source.name}` | {source.description} | {given} | {source.licence} | {address} "
        f"| {counts} | {checksum} | {_files(source)} |\n"
    )


def _files(source: Source) -> str:
    return ", ".join(f"`{file}`" for file in source.files) or "–"


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
    lines += [
        "",
        _PROVENANCE,
        "",
        "## Versions",
        "",
        _VERSIONS,
        "",
        "| version | what it brought |",
        "|---|---|",
    ]
    lines += [f"| {number} | {change} |" for number, change in CHANGES.items()]
    return "\n".join(lines) + _DIALECTS


def _properties(properties: dict[str, Kind]) -> str:
    return ", ".join(f"`{name}` {kind}" for name, kind in properties.items()) or "–"


def readme_page() -> str:
    """`README.md`, its generated blocks filled anew."""
    blocks = {"demo": _demo(), "ranking": headline(), "speed": _speed(), "peers": _peers()}
    return _filled(README, blocks | {"serve": serve_block()})


def answers_page() -> str:
    """`docs/answers.md`, likewise."""
    blocks = {
        "search": search_block(),
        "robustness": robustness_block(),
        "titles": titles_block(),
        "language": language_block(),
    }
    blocks |= {"baskets": baskets_block(), "faithfulness": faithfulness_block()}
    return _filled(DOCS / "answers.md", blocks)


def _filled(page: Path, blocks: dict[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        return f"{found[1]}\n{blocks[found[2]]}\n{found[3]}"

    text = page.read_text(encoding="utf-8")
    return re.sub(r"(<!-- (\w+): .*? -->)\n.*?(<!-- end -->)", fill, text, flags=re.DOTALL)


def _demo() -> str:
    return f"```\n{(RESULTS / 'demo.txt').read_text(encoding='utf-8').strip()}\n```"


def _speed() -> str:
    lines = ["| what | seconds | |", "|---|---|---|"]
    for source, found in json.loads((RESULTS / "load.json").read_text())["sources"].items():
        least = found["ways"]["embedded, first time"]["seconds"]
        for way, run in found["ways"].items():
            lines.append(
                f"| load {source}, {found['relationships']:,} relationships: {way} | {run['seconds']:.1f} "
                f"| {run['seconds'] / least:.1f} times the embedded store's first, client's peak "
                f"{run['peak_gb']:.2f} GB |"
            )
    encode = json.loads((RESULTS / "encode.json").read_text())
    lines += [
        *(
            f"| encode {encode['texts']:,} titles with MiniLM, {precision} "
            f"| {encode['seconds'][precision]:.1f} | {ratio:.2f} times as fast as sentence-transformers; "
            f"validation NDCG@10 of the first stage {cell(encode['validation_ndcg'][precision])} |"
            for precision, ratio in encode["ratio"].items()
        ),
        f"| the second time | {encode['second_time_seconds']:.1f} | from the cache |",
    ]
    for device, trained in json.loads((RESULTS / "epochs.json").read_text()).items():
        lines.append(
            f"| an epoch of Beauty, {device} | {median(trained['seconds']):.1f} "
            f"| validation NDCG@10 {cell(max(trained['ndcg@10']))} after {len(trained['seconds'])} |"
        )
    return "\n".join(lines)


def _peers() -> str:
    file = RESULTS / "peers.json"
    if not file.exists():
        return ""
    models = json.loads(file.read_text(encoding="utf-8"))["models"]
    lines = [
        _PEERS,
        "| model | seconds of training | NDCG@10 validation | test | peak memory | ms for a user | 99 % |",
        "|---" * 7 + "|",
    ]
    for name, found in models.items():
        seconds, taken = found["seconds"], found["milliseconds"]
        more = f"{len(found['epochs'])} epochs" if "epochs" in found else f"texts {seconds['texts']:.0f} more"
        lines.append(
            f"| {name} | {seconds['training']:.0f} ({more}) | {cell(found['validation'])} "
            f"| {cell(found['test'])} | {found['peak_gb']:.2f} GB "
            f"| {taken['median']:.1f} | {taken['p99']:.1f} |"
        )
    return "\n".join(lines)


_PEERS = """\
Training beside the SASRec of [RecTools](https://github.com/MobileTeleSystems/RecTools), on Amazon Beauty,
leave-one-out, same cores, same split, same ranking code. Texts are encoded once for a catalogue. RecTools has
at least three epochs and at least five minutes. Each answers for one user as a caller asks it, through
`Ranker.best` and `recommend`:
"""

_DATASETS = """\
# Datasets

Generated from the loaders by `make docs`. Give a name or a folder to `cartograph load` and
`cartograph evaluate`, or to `cartograph.data.load`. `--k-core 5` keeps users and products with five events
among each other, as published "5-core" files do.

- **by name, downloaded**: the files go to `$CARTOGRAPH_DATASETS/NAME`, or to `datasets/NAME` in the working
  directory. An interrupted download goes on where it stopped; a published checksum is verified; a file is
  there whole or not at all.
- **by name, by hand**: the files are behind an account; put them into the same folder.
- **folder**: any folder with these files; its kind is found out by them.

Files may be packed: alone as `FILE.gz` (but for RecBole's), or in a zip archive as downloaded (but for
Amazon's and RecBole's); an archive within an archive has to be unpacked once. Bad rows are errors with file,
line, column and value, or left out with `--on-bad-row skip`. Counts are those of the publisher where not
said otherwise; "not published" means that none was found.

| name | what | given | licence, terms | source | counts | checksum | files |
|---|---|---|---|---|---|---|---|
"""
_AMAZON = """
## The categories of Amazon Reviews

By name, downloaded; no checksums are published. The files of 2014 and 2018 are the 5-core; the complete ones
are read as well, from a folder.

| name | counts | files |
|---|---|---|
"""
_PROVENANCE = """\
`run`, `model`, `derived_at` and `confidence` are those of relationships that Cartograph derived
([trust.md](trust.md)); the shop's own have none of them."""
_VERSIONS = """\
A graph remembers its version: `MATCH (s:Schema) RETURN s.version`. An older graph is brought up to date when
it is opened, also for reading; a newer one is refused."""
_DIALECTS = """

## Two stores, one Cypher

The embedded store (Ladybug) and Neo4j answer read-only statements alike; [cypher.md](cypher.md) says how, and
what to write where one of them refuses. [questions.md](questions.md) has questions to begin with.

## What a run says

`cartograph publish --run DIR` writes what a trained run says into its graph: the ten products most like
each product (`SIMILAR_TO`), the ten that users go on to (`FOLLOWED_BY`), and for every user with events the
ten best (`RECOMMENDED`; `--no-users` leaves them out), the same as the Python API says. `score` orders them
and `rank` counts them; `run`, `model` and `derived_at` say whose word it is.

```cypher
MATCH (s:Schema)
MATCH (p:Product {id: $id})-[r:SIMILAR_TO {run: s.published}]->(other:Product)
RETURN other.title AS title, r.score AS score ORDER BY r.rank
```

Publishing again replaces all of them. New ones are written beside those of the run before until one write of
`published` makes them count; then the others are deleted. So a statement as above sees one run, whole,
whatever is being written, and a `publish` that was killed is made good by the next one.

On a Neo4j server products also get `graph_vector` (used alike) and `text_vector` (described alike) with
vector indexes, and a full-text index over title and description, so that a search by words and meaning is
plain Cypher:

```cypher
CALL db.index.fulltext.queryNodes('product_text', 'cast iron pan') YIELD node AS p, score
WITH p ORDER BY score DESC LIMIT 3
CALL db.index.vector.queryNodes('product_text_vector', 10, p.text_vector) YIELD node, score
RETURN node.title AS title, max(score) AS score ORDER BY score DESC
```

The embedded store has no such indexes; there `cartograph search` does it.

## A first load into Neo4j

`cartograph load SOURCE --store bolt://…` writes into a running server, whatever it holds. Into an empty one
the server's own import tool is quicker: load into the embedded graph, write that as files, import them.

```
cartograph load SOURCE --run runs/shop
cartograph export neo4j-import --run runs/shop --out files
cd files && neo4j-admin database import full neo4j --overwrite-destination @arguments.txt
```

The server must be stopped meanwhile; `python tools/neo4j_server.py import FOLDER` does the last step for the
one of `make neo4j`. Opening the graph adds its constraints: `cartograph load SOURCE --run runs/neo4j
--store bolt://…` finds everything there, and goes on from it.

## Asking it

```
cartograph cypher "MATCH (p:Product) RETURN count(*) AS products"
cartograph cypher "MATCH (p:Product {id: $id}) RETURN p" --param "id='1082185'" --json
cartograph cypher --ask journey --param user=19
cartograph cypher --ask neighbourhood --param product=1082185 --out bananas.html
cartograph cypher < statements.cypher > answers.txt
cartograph cypher
```

A value that reads as JSON is a number, list or truth; between single quotes it is a text, which matters
for ids that look like numbers. A named question knows its parameters: there an id is a text and a day a day.

The last line opens a shell, with a history and with Tab for labels, types, properties and questions. A
statement ends with `;` or a blank line. `:param name => value` sets a parameter, `:ask NAME name=value`
asks a named question, `:format csv answers.csv` chooses how and where the next answers are written,
`:schema`, `:questions` and `:help` list what there is.

Answers are tables, JSON, CSV, or pictures of the nodes and relationships in them: PNG, SVG, or one HTML
file that holds everything and asks no other host. Every statement is read-only, and ends after `--timeout`
seconds and `--limit` rows, on both stores. From Python, `store.networkx` gives the same nodes and
relationships as a NetworkX graph ([python.md](python.md)).
"""


if __name__ == "__main__":
    (DOCS / "cli.md").write_text(cli_page(), encoding="utf-8")
    (DOCS / "datasets.md").write_text(datasets_page(), encoding="utf-8")
    (DOCS / "shop-formats.md").write_text(shop_formats_page(), encoding="utf-8")
    (DOCS / "graph.md").write_text(graph_page(), encoding="utf-8")
    (DOCS / "cypher.md").write_text(cypher_page(), encoding="utf-8")
    (DOCS / "questions.md").write_text(questions_page(), encoding="utf-8")
    (DOCS / "rdf.md").write_text(rdf_page(), encoding="utf-8")
    (DOCS / "results.md").write_text(results_page(), encoding="utf-8")
    (DOCS / "answers.md").write_text(answers_page(), encoding="utf-8")
    README.write_text(readme_page(), encoding="utf-8")
