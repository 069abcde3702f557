"""The plots of a quality report."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, NullFormatter

from ...data.svg import COLOURS, INK, MARKERS, plot

Document = Mapping[str, Any]


def distributions(document: Document) -> str:
    """Which share of the nodes has at least so many of what they have."""
    with plot("degrees") as (figure, (axes,), svg):
        for i, (name, points) in enumerate(document["distributions"].items()):
            x, y = zip(*points, strict=True)
            axes.plot(x, y, color=COLOURS[i], marker=MARKERS[i], label=name)
        axes.set(xscale="log", yscale="log", xlabel="at least so many", ylabel="share of the nodes")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
        figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
    return svg()


def coverage(document: Document) -> str:
    """Which share of the products has each fact."""
    names, shares = document["coverage"]["facts"], document["coverage"]["overall"]
    with plot("coverage", height=0.8 + 0.26 * len(names)) as (_, (axes,), svg):
        places = np.arange(len(names))[::-1]
        axes.barh(places, shares, color=COLOURS[0], height=0.62)
        for place, share in zip(places, shares, strict=True):
            axes.text(share + 0.01, place, f"{share:.0%}", va="center")
        axes.set_yticks(places, names)
        axes.set(xlabel="share of the products", xlim=(0, 1.08), xticks=np.linspace(0, 1, 6))
        axes.grid(axis="y", visible=False)
    return svg()


def growth(document: Document) -> str:
    """Events by period, and products and users that have appeared."""
    periods = document["growth"]
    ends = np.array([period["end"] for period in periods], dtype="datetime64[s]")
    days = (periods[1]["end"] - periods[0]["end"]) / 86_400
    with plot("growth", columns=2) as (_, (left, right), svg):
        left.bar(
            ends, [period["events"] for period in periods], width=-0.8 * days, align="edge", color=COLOURS[0]
        )
        left.set(ylabel="events in the period", ylim=(0, None))
        for i, name in enumerate(("products", "users"), 1):
            right.plot(ends, [period[name] for period in periods], color=COLOURS[i], label=name)
        right.set(ylabel="had their first event by then", ylim=(0, None))
        right.legend()
        for axes in (left, right):
            axes.tick_params(axis="x", labelrotation=30)
    return svg()


def calibration(proposals: Mapping[str, Any]) -> str:
    """How often proposals are right, against how sure they are."""
    levels = [level for level in proposals["precision"] if level["proposed"]]
    x = [level["confidence"] for level in levels]
    y = np.array([level["precision"] for level in levels])
    ends = np.array([level["interval"] for level in levels]).T
    name = f"calibration-{proposals['relation'].lower().replace('_', '-')}"
    with plot(name, columns=2, height=3.2) as (_, (left, right), svg):
        left.errorbar(x, y, np.abs(ends - y), color=COLOURS[0], marker="o", capsize=3)
        left.plot([0.4, 1], [0.4, 1], color=INK, linewidth=1, linestyle="--")
        left.set(xlabel="confidence of at least", ylabel="precision on known products", ylim=(0.4, 1.02))
        counts = np.array([item["confidence"] for item in proposals["items"]] or [0])
        right.hist(counts, bins=np.linspace(0, 1, 21).tolist(), color=COLOURS[0])
        right.set(xlabel="confidence", ylabel="proposals")
    return svg()
