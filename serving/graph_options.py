"""The options of `cartograph graph`; apart from what they do, so that `--help` imports nothing large."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

RELATIONS = ("MADE_BY", "IN_CATEGORY")


def add_graph(parser: "ArgumentParser") -> None:
    """Give the verb its actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    report = _action(actions, "report", "what the graph holds, what is wrong with it, what it lacks")
    report.add_argument("--out", metavar="FILE", help="write it there as an HTML page with plots")
    report.add_argument("--json", action="store_true", help="print JSON")

    accept = _action(actions, "accept", "write proposed brands and categories into the graph")
    accept.add_argument(
        "--min-confidence",
        type=float,
        default=0.9,
        metavar="SHARE",
        help="only those that are at least so sure, in (0, 1] (default: %(default)s)",
    )
    accept.add_argument("--relation", choices=RELATIONS, help="only these (default: all)")
    accept.add_argument("--json", action="store_true", help="print JSON")

    undo = _action(actions, "undo", "take out again what was accepted")
    undo.add_argument("--acceptance", metavar="ID", help="which one (default: the latest)")
    undo.add_argument("--json", action="store_true", help="print JSON")


def _action(actions: "_SubParsersAction[ArgumentParser]", name: str, what: str) -> "ArgumentParser":
    parser = actions.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
    parser.add_argument(
        "--run", default="runs/default", metavar="DIR", help="the run folder (default: %(default)s)"
    )
    return parser
