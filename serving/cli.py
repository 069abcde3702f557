"""The command line: verbs in the order of the flow, each working on a run folder."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .export_options import add_export, add_sparql, add_validate
from .graph_options import add_graph

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]

PROTOCOLS = ("leave-one-out", "time", "item-cold", "user-cold")
MODELS = (
    "popular",
    "recent",
    "user-knn",
    "item-knn",
    "content-knn",
    "content-knn-bert",
    "ease",
    "linear",
    "als",
    "bpr",
    "lightgcn",
    "sasrec",
    "cartograph",
)

_DESCRIPTION = """\
Product-graph recommendations: load a catalogue and an event log into a knowledge graph, read its texts with
BERT, train a graph neural network over it, and ask for recommendations, similar products and search."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of all verbs; `docs/cli.md` is generated from it."""
    parser = argparse.ArgumentParser(prog="cartograph", description=_DESCRIPTION)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    demo = _verb(verbs, "demo", "the whole way on the bundled sample, from loading to search")
    _run(demo, "runs/demo")

    datasets = _verb(verbs, "datasets", "list what `load` and `evaluate` read")
    _json(datasets)

    load = _verb(verbs, "load", "load a catalogue and its events into the product graph")
    load.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder, a product or event file of your shop or in RDF, or a name that `cartograph datasets` "
        "lists",
    )
    _run(load)
    load.add_argument(
        "--store", metavar="URI", help="a Neo4j server, e.g. bolt://localhost:7687, not the embedded graph"
    )
    load.add_argument(
        "--on-bad-row",
        choices=("error", "skip"),
        default="error",
        help="stop at a bad row, or write it to rejected.csv in the run folder and go on",
    )
    load.add_argument("--links", action="store_true", help="load the product links of research data too")
    load.add_argument("--reviews", action="store_true", help="load what users wrote in research data too")
    _k_core(load)
    _json(load)

    encode = _verb(verbs, "encode", "encode the text of every node with BERT")
    _run(encode)
    encode.add_argument("--encoder", metavar="NAME", help="a hub name or folder of a BERT-family model")
    encode.add_argument("--template", help="how a product reads, e.g. '{title}. {brand}. {category}'")
    encode.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        help="what to compute with; bfloat16 is three times as fast where the processor has it",
    )
    _device(encode)
    _json(encode)

    tune = _verb(verbs, "tune", "tune the encoder on the shop's own events, its titles, or both")
    _run(tune)
    tune.add_argument(
        "--on",
        choices=("events", "titles", "both"),
        default="events",
        help="events: what goes together reads alike, for new products; titles: a long text reads more like "
        "its title, for search by meaning; both: some of each (default: %(default)s)",
    )
    tune.add_argument("--steps", type=int, metavar="N", help="how many (default: as needed)")
    tune.add_argument("--seed", type=int, default=0, help="give `train` the same (default: %(default)s)")
    tune.set_defaults(epochs=None)
    _device(tune)
    _json(tune)

    reviews = _verb(
        verbs, "reviews", "judge what users wrote, and find what products are praised and blamed for"
    )
    _run(reviews)
    _device(reviews)
    _json(reviews)

    train = _verb(verbs, "train", "train the graph network and choose the fusion weights on validation")
    _run(train)
    train.add_argument("--epochs", type=int, help="passes over the events (default: as needed)")
    train.add_argument("--seed", type=int, default=0, help="of weights and order (default: %(default)s)")
    _device(train)
    train.add_argument("--tensorboard", metavar="DIR", help="write TensorBoard events there")
    _json(train)

    publish = _verb(verbs, "publish", "write what a trained run says into its graph, for Cypher to ask")
    _run(publish)
    publish.add_argument(
        "-k",
        type=int,
        default=10,
        metavar="N",
        help="of each, for each product and user (default: %(default)s)",
    )
    publish.add_argument("--no-users", action="store_true", help="no recommendations for users")
    _json(publish)

    evaluate = _verb(verbs, "evaluate", "compare models on a split of a dataset")
    evaluate.add_argument("source", metavar="SOURCE", help="as for `load`")
    _k_core(evaluate)
    evaluate.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default="leave-one-out",
        help="how the data are split (default: %(default)s); docs/evaluation.md explains each",
    )
    evaluate.add_argument(
        "--models",
        default="popular,item-knn,cartograph",
        help=f"names separated by commas, of {', '.join(MODELS)} (default: %(default)s)",
    )
    evaluate.add_argument(
        "--cold-share",
        type=float,
        metavar="SHARE",
        help="of the products (item-cold) or users (user-cold) to withhold from training (default: 0.2)",
    )
    evaluate.add_argument(
        "--history", type=int, metavar="N", help="events that a user shows in user-cold (default: 3)"
    )
    evaluate.add_argument(
        "--gap", type=float, metavar="DAYS", help="left out before each window of `time` (default: 0)"
    )
    evaluate.add_argument(
        "--window",
        type=float,
        metavar="DAYS",
        help="length of each window of `time` (default: each holds a tenth of the events)",
    )
    evaluate.add_argument(
        "--seeds",
        default="0",
        metavar="N,N",
        help="of splits and models; figures are means over them (default: %(default)s)",
    )
    evaluate.set_defaults(seed=0)  # of the weights: each seed of --seeds is added to it
    evaluate.add_argument("--epochs", type=int, help="passes over the events (default: as needed)")
    evaluate.add_argument("--encoder", metavar="NAME", help="a hub name or folder of a BERT-family model")
    evaluate.add_argument(
        "--tune",
        choices=("auto", "always", "never"),
        default="auto",
        help="tune the encoder on the training part of each split (default: where 5 %% of the products have "
        "no event)",
    )
    _device(evaluate)
    evaluate.add_argument(
        "--keep",
        metavar="DIR",
        help="keep what each model answered there: the same command goes on where it was killed, and fits "
        "only the models that were added",
    )
    evaluate.add_argument("--json", metavar="FILE", help="write the results there as JSON")
    evaluate.add_argument("--report", metavar="FILE", help="write them there as an HTML page with plots")

    recommend = _verb(verbs, "recommend", "the best products for a user, or after some events")
    _run(recommend)
    _who(recommend)
    _top(recommend)
    recommend.add_argument("--include-seen", action="store_true", help="also what the user had already")
    recommend.add_argument(
        "--unknown", choices=("popular", "error"), default="popular", help="for an unknown user"
    )
    _json(recommend)

    similar = _verb(verbs, "similar", "products used and described like one")
    similar.add_argument("product", metavar="PRODUCT", help="a product id")
    _run(similar)
    _top(similar)
    _json(similar)

    search = _verb(verbs, "search", "products that a text means")
    search.add_argument("query", metavar="QUERY", help="a few words")
    _run(search)
    _top(search)
    _json(search)

    explain = _verb(verbs, "explain", "why a product has its score for a user")
    explain.add_argument("product", metavar="PRODUCT", help="a product id")
    _run(explain)
    _who(explain)
    _json(explain)

    cypher = _verb(verbs, "cypher", "ask the product graph a read-only question")
    cypher.add_argument(
        "statement",
        metavar="STATEMENT",
        nargs="?",
        help="such as 'MATCH (p:Product) RETURN count(*)'; without it, what is piped in, or a shell",
    )
    cypher.add_argument("--ask", metavar="NAME", help="a named question; docs/questions.md has them all")
    cypher.add_argument(
        "--param",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter of the statement or question, may be repeated; a statement's value that reads as "
        "JSON is a number, list or so, unless between single quotes",
    )
    _run(cypher)
    cypher.add_argument(
        "--format",
        choices=("table", "json", "csv", "png", "svg", "html"),
        help="of the answer; png, svg and html are pictures (default: by the ending of --out, else a table)",
    )
    cypher.add_argument("--out", metavar="FILE", help="write the answer there, not to stdout")
    cypher.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="end the query after")
    cypher.add_argument("--limit", type=int, default=100, metavar="ROWS", help="show at most so many rows")
    _json(cypher)

    add_sparql(_verb(verbs, "sparql", "ask the product graph a read-only question in SPARQL"))
    add_export(_verb(verbs, "export", "write the product graph in a format of others"))
    add_validate(_verb(verbs, "validate", "say what is wrong with a product feed in RDF"))

    add_graph(_verb(verbs, "graph", "report on the graph's quality, accept what it proposes"))

    forget = _verb(verbs, "forget", "delete users and every trace of them in the run folder")
    forget.add_argument("users", metavar="USER", nargs="+", help="a user id")
    _run(forget)
    _json(forget)

    serve = _verb(verbs, "serve", "answer over HTTP, with a page to look at")
    _run(serve)
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; 0.0.0.0 for all (default: %(default)s)"
    )
    serve.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: %(default)s)")
    serve.add_argument(
        "--read-only", action="store_true", help="take no events or products; several servers may share a run"
    )
    serve.add_argument("--keys", metavar="FILE", help="API keys; without, only this machine may write")
    serve.add_argument(
        "--new-key",
        nargs=2,
        metavar=("NAME", "SCOPES"),
        help="add a key with scopes such as read,write to the file of --keys, print it, and end",
    )
    serve.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="pages that may call the API, such as https://shop.example; may be repeated",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a user's mistake is one line on stderr and exit code 1."""
    options = build_parser().parse_args(argv)
    if options.verb == "serve":  # read when NumPy is first imported: each request has a thread of its own
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from ..data.errors import CartographError
    from . import commands

    try:
        return commands.COMMANDS[options.verb](options) or 0
    except (CartographError, ValueError) as error:
        print(f"cartograph: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("cartograph: interrupted; the same command goes on where this one stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output, `head` say, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> argparse.ArgumentParser:
    return verbs.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")


def _run(parser: argparse.ArgumentParser, default: str = "runs/default") -> None:
    parser.add_argument("--run", default=default, metavar="DIR", help="the run folder (default: %(default)s)")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _k_core(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--k-core", type=int, metavar="N", help="keep users and products with N events among each other"
    )


def _device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute (default: %(default)s)",
    )


def _who(parser: argparse.ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", metavar="ID", help="a user id")
    who.add_argument("--events", metavar="ID,ID", help="product ids that a visitor touched, oldest first")


def _top(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", type=int, default=10, metavar="N", help="how many (default: %(default)s)")


if __name__ == "__main__":
    sys.exit(main())
