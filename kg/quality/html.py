"""A quality report as one HTML page that needs nothing but itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...data.pages import Plot, Row, Table, write_page
from . import plots

TEMPLATES, TEMPLATE = Path(__file__).parent, "report.html"

SHOWN_ROWS = 10
"""Rows of a finding on the page; the JSON has more."""

SHOWN_PROPOSALS = 25

_NAMES = {"MADE_BY": "brand", "IN_CATEGORY": "category"}

Document = Mapping[str, Any]


def write_html(path: Path, document: Document) -> None:
    """Write the report, whole or not at all.

    Args:
        path: Where to.
        document: What `quality` returns.
    """
    found = [finding for finding in document["findings"] if finding["count"]]
    write_page(
        path,
        TEMPLATES / TEMPLATE,
        title=f"The graph of {document['dataset']}",
        document=document,
        figures=_figures(document),
        plots=_plots(document),
        coverage=_coverage(document),
        findings=[(finding, _rows(finding)) for finding in found],
        clean=[finding["heading"] for finding in document["findings"] if not finding["count"]],
        proposals=[_proposals(proposals) for proposals in document["proposals"] if proposals["missing"]],
        accepted=_accepted(document),
        seconds=sum(document["seconds"].values()),
    )


def _figures(document: Document) -> list[Table]:
    degrees = [
        (
            name,
            f"{d['none']:,}",
            f"{d['mean']:,.1f}",
            *(f"{d[q]:,.0f}" for q in ("p10", "median", "p90", "most")),
        )
        for name, d in document["degrees"].items()
    ]
    pieces = [
        (name, *(f"{of[what]:,}" for what in ("pieces", "largest", "alone")))
        for name, of in document["components"].items()
    ]
    return [
        Table("How much", ("what", "count"), [(n, f"{count:,}") for n, count in document["counts"].items()]),
        Table("How many each has", ("what", "none", "mean", "10 %", "median", "90 %", "most"), degrees),
        Table("How it hangs together", ("what", "pieces", "largest, nodes", "nodes alone"), pieces),
        Table("What is cold", ("what", "share"), [(n, f"{s:.1%}") for n, s in document["cold"].items()]),
    ]


def _plots(document: Document) -> list[Plot]:
    found = [
        Plot("Degrees", "Both axes are logarithmic.", plots.distributions(document)),
        Plot("What is known", "Of all products.", plots.coverage(document)),
    ]
    if document["growth"]:
        caption = "The time of the events, cut into parts of equal length."
        found.append(Plot("Growth", caption, plots.growth(document)))
    return found


def _coverage(document: Document) -> Table:
    rows = [
        (
            department["name"],
            f"{department['products']:,}",
            *(f"{share:.0%}" for share in department["shares"]),
        )
        for department in document["coverage"]["departments"]
    ]
    head = ("department", "products", *(name.replace("_", " ") for name in document["coverage"]["facts"]))
    return Table("What is known, by department", head, rows)


def _rows(finding: Document) -> Table:
    rows: list[Row] = [
        tuple("" if value is None else _short(str(value)) for value in row)
        for row in finding["rows"][:SHOWN_ROWS]
    ]
    return Table(finding["heading"], tuple(finding["columns"]), rows, len(finding["columns"]))


def _proposals(proposals: Document) -> dict[str, Any]:
    name = _NAMES[proposals["relation"]]
    items: list[Row] = [
        (
            item["product_id"],
            _short(item["title"]),
            item["target_id"],
            item["method"],
            f"{item['confidence']:.3f}",
        )
        for item in proposals["items"][:SHOWN_PROPOSALS]
    ]
    levels: list[Row] = [
        (
            f"{level['confidence']:.2f}",
            f"{level['missing']:,}",
            f"{level['proposed']:,} of {level['asked']:,}",
            "" if level["precision"] is None else f"{level['precision']:.1%}",
            "" if level["interval"] is None else " – ".join(f"{end:.1%}" for end in level["interval"]),
        )
        for level in proposals["precision"]
    ]
    head = ("confidence of at least", "proposals", "on known products", "precision", "95 % interval")
    return {
        "name": name,
        "relation": proposals["relation"],
        "missing": proposals["missing"],
        "levels": Table(f"How sure a proposed {name} is", head, levels),
        "items": Table("The surest", ("product", "title", name, "method", "confidence"), items, 4),
        "plot": plots.calibration(proposals)
        if any(level["proposed"] for level in proposals["precision"])
        else "",
    }


def _accepted(document: Document) -> Table:
    rows: list[Row] = [
        (a["run"], a["relation"], a["derived_at"], f"{a['relationships']:,}", f"{a['lowest_confidence']:.3f}")
        for a in document["accepted"]
    ]
    head = ("acceptance", "relation", "at", "relationships", "lowest confidence")
    return Table("Accepted so far", head, rows, 3)


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
