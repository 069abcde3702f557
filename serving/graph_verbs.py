"""What the actions of `cartograph graph` do: results to stdout, progress to stderr."""

from argparse import Namespace
from collections import Counter
from pathlib import Path

from .graph_options import RELATIONS
from .printing import print_json, print_table
from .run import Run

# What computes is imported by the actions: the other verbs answer without it.


def graph(options: Namespace) -> None:
    """Do one action of `cartograph graph`."""
    {"report": _report, "accept": _accept, "undo": _undo}[options.action](options)


def _report(options: Namespace) -> None:
    from .quality import quality_stage

    document = quality_stage(Run(Path(options.run)))
    if options.out:
        from ..kg.quality.html import write_html

        write_html(Path(options.out), document)
    if options.json:
        print_json(document)
        return
    found = [finding for finding in document["findings"] if finding["count"]]
    print_table([(f["heading"], f"{f['count']:,}", f"of {f['of']:,}") for f in found])
    for proposals in document["proposals"]:
        for level in proposals["precision"]:
            print(
                f"{proposals['relation']}: {level['missing']:,} of {proposals['missing']:,} with confidence "
                f"{level['confidence']:g}, precision on known ones {_share(level['precision'])}"
            )


def _accept(options: Namespace) -> None:
    from .quality import accept_stage

    relations = RELATIONS if options.relation is None else (options.relation,)
    acceptance, chosen = accept_stage(Run(Path(options.run)), options.min_confidence, relations)
    counts = Counter(item.relation for item in chosen)
    if options.json:
        print_json({"acceptance": acceptance, "relationships": dict(counts)})
    elif not chosen:
        print(
            f"nothing is proposed with a confidence of {options.min_confidence:g}; the report shows what is"
        )
    else:
        print_table([(relation, f"{n:,} written") for relation, n in counts.items()])
        print(f"undo it with: cartograph graph undo --run {options.run} --acceptance {acceptance}")
        print("train again for the ranking to learn them")


def _undo(options: Namespace) -> None:
    from .quality import undo_stage

    acceptance, n = undo_stage(Run(Path(options.run)), options.acceptance)
    if options.json:
        print_json({"acceptance": acceptance, "relationships": n})
    else:
        print(f"took out {n:,} relationships of {acceptance}")


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"
