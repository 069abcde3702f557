"""The plots of a report."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..data.svg import COLOURS, INK, MARKERS, plot
from .outcome import K
from .report import against_best

Document = Mapping[str, Any]
ACCURACY = f"ndcg@{K}"


def by_k(document: Document) -> str:
    """Recall and NDCG of every model by the length of the list."""
    with plot("by-k", columns=2) as (figure, axes, svg):
        for panel, metric in zip(axes, ("recall", "ndcg"), strict=True):
            for (_, entry), look in _looks(document):
                values = [entry["overall"].get(f"{metric}@{k}", np.nan) for k in document["ks"]]
                panel.plot(document["ks"], values, **look)
                ends = [entry["overall"].get("intervals", {}).get(f"{metric}@{k}") for k in document["ks"]]
                if all(ends):
                    panel.fill_between(
                        document["ks"], *np.transpose(ends), color=look["color"], alpha=0.1, lw=0
                    )
            panel.set(
                xlabel="k, products listed", ylabel=f"{metric}@k", xticks=document["ks"], ylim=(0, None)
            )
        _legend(figure, axes[-1])
    return svg()


def by_segment(document: Document, by: str, *, ordered: bool = True) -> str:
    """NDCG of every model in the segments of one kind, with intervals.

    Args:
        document: The evaluation.
        by: A key of the models' `segments`.
        ordered: Whether to join the segments by lines.
    """
    names = list(dict.fromkeys(n for entry in document["models"].values() for n in entry["segments"][by]))
    users = next(iter(document["models"].values()))["segments"][by]
    labels = [f"{name}\n{users[name]['n_users']:,}" for name in names]
    with plot(f"by-{by.replace(' ', '-')}") as (figure, (axes,), svg):
        n = len(document["models"])
        for i, ((_, entry), look) in enumerate(_looks(document)):
            at = np.arange(len(names)) + (i - (n - 1) / 2) * min(0.08, 0.7 / n)
            found = [entry["segments"][by].get(name, {}) for name in names]
            values = np.array([values.get(ACCURACY, np.nan) for values in found])
            ends = [values.get("intervals", {}).get(ACCURACY, (np.nan, np.nan)) for values in found]
            axes.errorbar(
                at,
                values,
                np.abs(np.transpose(ends) - values),
                elinewidth=0.9,
                **look | ({} if ordered else {"linestyle": "none"}),
            )
        axes.set_xticks(np.arange(len(names)), labels)
        if not ordered:
            axes.tick_params(axis="x", labelrotation=30)
        axes.set(xlabel=f"{by}; below, users", ylabel=ACCURACY, ylim=(0, None))
        axes.grid(axis="x", visible=False)
        _legend(figure, axes)
    return svg()


def coverage_and_accuracy(document: Document) -> str:
    """How much of the catalogue each model recommends to anybody, against how well it recommends."""
    return _scatter(
        document,
        "coverage",
        lambda entry: (entry["overall"][f"coverage@{K}"], entry["overall"][ACCURACY]),
        f"coverage@{K}, share of the catalogue in anybody's list",
        ACCURACY,
    )


def warm_and_cold(document: Document) -> str:
    """How well each model finds products that training knew, against those that it did not."""
    return _scatter(
        document,
        "warm-cold",
        lambda entry: (entry["warm"].get(f"recall@{K}", 0), entry["cold"].get(f"recall@{K}", 0)),
        f"recall@{K}, warm targets",
        f"recall@{K}, cold targets",
    )


def differences(document: Document) -> str:
    """How far the best model is ahead of each other one, with intervals."""
    best, rows = against_best(document, ACCURACY)
    rows = sorted(rows, key=lambda row: -row["difference"])
    with plot("differences", height=0.8 + 0.32 * len(rows)) as (_, (axes,), svg):
        values = np.array([row["difference"] for row in rows])
        ends = np.array([row["interval"] for row in rows]).T
        axes.errorbar(values, range(len(rows)), xerr=np.abs(ends - values), fmt="o", color=INK, capsize=3)
        axes.axvline(0, color=INK, linewidth=1, linestyle="--")
        axes.set_yticks(range(len(rows)), [row["other"] for row in rows])
        axes.set(xlabel=f"{ACCURACY} of {best} minus that of", ylim=(-0.6, len(rows) - 0.4))
        axes.grid(axis="y", visible=False)
    return svg()


def learning_curves(document: Document) -> str:
    """NDCG on validation after each epoch, one line a seed, of the models that tell it."""
    with plot("curves") as (figure, (axes,), svg):
        for (_, entry), look in _looks(document):
            for i, run in enumerate(run for run in entry["seeds"] if run["curve"]):
                epochs = range(1, len(run["curve"]) + 1)
                axes.plot(epochs, run["curve"], **look | ({"label": "_"} if i else {}))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="epoch", ylabel=f"{ACCURACY} on validation")
        _legend(figure, axes)
    return svg()


def _scatter(
    document: Document,
    name: str,
    point: Callable[[Mapping[str, Any]], tuple[float, float]],
    x: str,
    y: str,
) -> str:
    with plot(name) as (figure, (axes,), svg):
        points = [point(entry) for entry in document["models"].values()]
        for at, (_, look) in zip(points, _looks(document), strict=True):
            axes.plot(*at, **look | {"linestyle": "none", "markersize": 8})
        right, top = (max(max(values), 0.001) for values in zip(*points, strict=True))
        axes.set(xlabel=x, ylabel=y, xlim=(-0.04 * right, 1.08 * right), ylim=(-0.06 * top, 1.1 * top))
        _legend(figure, axes)
    return svg()


def _looks(document: Document) -> Iterator[tuple[tuple[str, Mapping[str, Any]], dict[str, Any]]]:
    """Every model with the look that it has in all plots."""
    for i, (name, entry) in enumerate(document["models"].items()):
        look = {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)], "label": name}
        yield (name, entry), look


def _legend(figure: Figure, axes: Axes) -> None:
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
