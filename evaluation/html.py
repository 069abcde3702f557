"""An evaluation as one HTML page with plots that needs nothing but itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..data.pages import Plot, Table, write_page
from . import plots
from .outcome import SEGMENTS, K
from .report import WITH_INTERVALS, against_best, cell, signed, title

ACCURACY = tuple(f"{metric}@{K}" for metric in ("recall", "ndcg", "mrr", "hit_rate", "map"))
LISTS = tuple(f"{figure}@{K}" for figure in ("coverage", "gini", "popularity", "novelty", "diversity"))

TEMPLATES, TEMPLATE = Path(__file__).parent, "report.html"

Document = Mapping[str, Any]


def write_html(path: Path, document: Document) -> None:
    """Write the report, whole or not at all.

    Args:
        path: Where to.
        document: What `examine` returns.
    """
    write_page(
        path,
        TEMPLATES / TEMPLATE,
        title=title(document),
        document=document,
        summary=[_accuracy(document), *_against(document), _lists(document)],
        plots=_plots(document),
        details=[_everything(document), *_segments(document), *_by_seed(document), *_chosen(document)],
    )


def _plots(document: Document) -> list[Plot]:
    found = [
        Plot("By length of list", "Overall; the bands are intervals.", plots.by_k(document)),
    ]
    if document["differences"]:
        caption = "Of the best model to each other one, with intervals: one that holds 0 may be chance."
        found.append(Plot("Differences", caption, plots.differences(document)))
    kinds = next(iter(document["models"].values()))["segments"]
    captions = {
        "product events": "By how often training has seen the product that is asked for: 0 is a cold one.",
        "product age": "By the age of the product that is asked for when training ends.",
        "user events": "By how many events of the user the model is shown.",
        "category": "By category of the product that is asked for.",
    }
    for kind in (kind for kind, segments in kinds.items() if len(segments) > 1):
        svg = plots.by_segment(document, kind, ordered=kind != "category")
        found.append(Plot(f"By {kind}", captions[kind], svg))
    caption = "Right and up is better: much of the catalogue, and the right part of it for each user."
    found.append(Plot("Coverage against accuracy", caption, plots.coverage_and_accuracy(document)))
    if any(entry["cold"]["n_users"] for entry in document["models"].values()):
        caption = "Both at the same setting: what a model gives up for new products shows here."
        found.append(Plot("Cold against warm", caption, plots.warm_and_cold(document)))
    if any(run["curve"] for entry in document["models"].values() for run in entry["seeds"]):
        found.append(
            Plot("Learning curves", "Of the models that tell theirs.", plots.learning_curves(document))
        )
    return found


def _accuracy(document: Document) -> Table:
    rows = [
        (segment, name, f"{values['n_users']:,}", *(_with_interval(values, figure) for figure in ACCURACY))
        for segment in SEGMENTS
        for name, values in _best_first(document, segment)
    ]
    return Table("Accuracy", ("targets", "model", "users", *ACCURACY), rows, n_names=2)


def _against(document: Document) -> list[Table]:
    best, compared = against_best(document)
    rows = [
        (row["other"], signed(row["difference"]), " ".join(map(signed, row["interval"])), f"{row['p']:.3f}")
        for row in compared
    ]
    caption = "Paired bootstrap over users; p is two-sided and adjusted for the number of comparisons (Holm)."
    table = Table(
        f"ndcg@10 of {best} minus that of", ("model", "difference", "interval", "p"), rows, 1, caption
    )
    return [table] if rows else []


def _lists(document: Document) -> Table:
    rows = [
        (
            name,
            *(_of_lists(entry["overall"].get(figure)) for figure in LISTS),
            *(f"{entry['seconds'][what]:,.2f}" for what in ("fit", "score")),
        )
        for name, entry in document["models"].items()
    ]
    return Table("Lists and cost", ("model", *LISTS, "fit, seconds", "score, seconds"), rows)


def _of_lists(value: float | None) -> str:
    """Shares with four places, what has another scale with two."""
    return cell(value) if value is None or value <= 1 else f"{value:,.2f}"


def _everything(document: Document) -> Table:
    overall = {name: entry["overall"] for name, entry in document["models"].items()}
    figures = [f for f in next(iter(overall.values())) if f not in ("intervals", "n_users", *LISTS)]
    rows = [(figure, *(cell(values[figure]) for values in overall.values())) for figure in figures]
    return Table("Accuracy at every length of list, overall", ("figure", *overall), rows)


def _segments(document: Document) -> list[Table]:
    kinds = next(iter(document["models"].values()))["segments"]
    return [
        Table(
            f"Accuracy by {kind}",
            (kind, "model", "users", *ACCURACY),
            [
                (segment, name, f"{values['n_users']:,}", *(_with_interval(values, f) for f in ACCURACY))
                for segment in segments
                for name, entry in document["models"].items()
                for values in [entry["segments"][kind][segment]]
            ],
            n_names=2,
        )
        for kind, segments in kinds.items()
    ]


def _by_seed(document: Document) -> list[Table]:
    rows = [
        (
            name,
            str(run["seed"]),
            segment,
            f"{run[segment]['n_users']:,}",
            *(cell(run[segment][f]) for f in ACCURACY),
        )
        for name, entry in document["models"].items()
        for run in entry["seeds"]
        for segment in SEGMENTS
        if run[segment]["n_users"]
    ]
    head = ("model", "seed", "targets", "users", *ACCURACY)
    return [Table("Accuracy by seed", head, rows, n_names=3)] if len(document["seeds"]) > 1 else []


def _chosen(document: Document) -> list[Table]:
    rows = [
        (name, str(run["seed"]), ", ".join(f"{key} {value}" for key, value in run["settings"].items()))
        for name, entry in document["models"].items()
        for run in entry["seeds"]
        if run["settings"]
    ]
    return [Table("Chosen on validation", ("model", "seed", "settings"), rows, n_names=3)] if rows else []


def _best_first(document: Document, segment: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The figures of every model in a segment that has users, by NDCG."""
    found = [
        (name, entry[segment]) for name, entry in document["models"].items() if entry[segment]["n_users"]
    ]
    return sorted(found, key=lambda pair: -pair[1][f"ndcg@{K}"])


def _with_interval(values: Mapping[str, Any], figure: str) -> str:
    ends = values.get("intervals", {}).get(figure) if figure in WITH_INTERVALS else None
    return cell(values[figure]) + (f" [{cell(ends[0])} {cell(ends[1])}]" if ends else "")
