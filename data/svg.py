"""Plots as SVG that takes its colours from the page it stands in."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#010101"
"""Stands for the colour of the page's text."""

COLOURS = tuple(f"#0101{i:02x}" for i in range(0x10, 0x1C))
"""Stand for the page's `--model-0`, `--model-1` and so on."""

MARKERS = "osD^vPX<>p"
"""As many as there are not colours: beyond twelve models the two together still tell all apart."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cartograph",
    "text.parse_math": False,
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.15,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color"), INK
    ),
}


@contextmanager
def plot(
    name: str, *, columns: int = 1, height: float = 3.6
) -> Iterator[tuple[Figure, Sequence[Axes], Callable[[], str]]]:
    """A figure, its axes, and what gives its SVG once the block has ended."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False)[0]
        written = io.StringIO()
        yield figure, list(axes), lambda: _for_page(written.getvalue(), name)
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(written, format="svg", transparent=True, metadata=nothing)


def _for_page(svg: str, name: str) -> str:
    """The SVG element alone, as wide as its place, its colours the page's, its ids its own."""
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r'<svg [^>]*viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg, count=1)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = svg.replace("'DejaVu Sans'", "system-ui, sans-serif").replace(INK, "currentColor")
    for i, colour in enumerate(COLOURS):
        svg = svg.replace(colour, f"var(--model-{i})")
    return svg
