"""An evaluation as a table for the terminal and as JSON for everybody else."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..data.files import atomically
from .outcome import SEGMENTS

WITH_INTERVALS = ("recall@10", "ndcg@10")
COLUMNS = (*WITH_INTERVALS, "mrr@10", "hit_rate@10", "coverage@10")

INTERVAL_WIDTH = len(" [.0000 .0000]")


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write the document, whole or not at all."""
    with atomically(path) as unfinished:
        unfinished.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def to_text(document: Mapping[str, Any]) -> str:
    """The document for the terminal: the table, who was not asked, and how the best model differs."""
    lines = [title(document), to_table(document["models"])]
    level = document["intervals"]["level"]
    lines.append(f"in brackets: {level:.0%} intervals")
    lines.append(f"users without a target, left out: {document['n_without_target']:,}")
    best, compared = against_best(document)
    if compared:
        lines.append(f"ndcg@10 overall, {best} minus:")
        width = max(len(row["other"]) for row in compared)
        lines += [
            f"  {row['other']:<{width}}  {signed(row['difference'])} "
            f"[{signed(row['interval'][0])} {signed(row['interval'][1])}]  p {row['p']:.3f}"
            for row in compared
        ]
    return "\n".join(lines)


def title(document: Mapping[str, Any]) -> str:
    """What was evaluated, and how."""
    seeds = document["seeds"]
    settings = [f"{name} {value:g}" for name, value in document["settings"].items() if value]
    what = ", ".join([document["dataset"], document["protocol"], *settings])
    return what + (f"; means over seeds {', '.join(map(str, seeds))}" if len(seeds) > 1 else "")


def to_table(models: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a model and segment, cold and warm apart; a segment without users is left out.

    >>> print(to_table({"popular": {"overall": {"n_users": 3, "recall@10": 0.5, "ndcg@10": 0.25,
    ...     "mrr@10": 0.2, "hit_rate@10": 0.5, "coverage@10": 0.1}}}))
    model    targets    users  recall@10  ndcg@10  mrr@10  hit_rate@10  coverage@10
    popular  overall        3      .5000    .2500   .2000        .5000        .1000
    """
    entries = [
        (name, segment, segments[segment])
        for name, segments in models.items()
        for segment in SEGMENTS
        if segments.get(segment, {}).get("n_users")
    ]
    wide = any("intervals" in values for _, _, values in entries)
    more = {column: " " * INTERVAL_WIDTH if wide and column in WITH_INTERVALS else "" for column in COLUMNS}
    width = max([len("model"), *(len(name) for name in models)])
    head = "  ".join(column + more[column] for column in COLUMNS)
    lines = [f"{'model':<{width}}  {'targets':<8}{'users':>8}  {head}"]
    for name, segment, values in entries:
        cells = [
            cell(values.get(column)).rjust(len(column))
            + (_interval(values, column).ljust(len(more[column])) if more[column] else "")
            for column in COLUMNS
        ]
        lines.append(f"{name:<{width}}  {segment:<8}{values['n_users']:>8,.0f}  " + "  ".join(cells))
    return "\n".join(line.rstrip() for line in lines)


def against_best(document: Mapping[str, Any], figure: str = "ndcg@10") -> tuple[str, list[dict[str, Any]]]:
    """The model with the highest figure overall, and its differences to each other one.

    Returns:
        Its name, and of each other model `other`, `difference` (best minus other), `interval`, and `p`, which
        is adjusted for the number of comparisons.
    """
    best = max(document["models"], key=lambda name: document["models"][name]["overall"][figure])
    rows = []
    for row in document["differences"]:
        if row["targets"] == "overall" and row["figure"] == figure and best in (row["model"], row["other"]):
            turn = 1 if row["model"] == best else -1
            ends = sorted(turn * end for end in row["interval"])
            other = row["other"] if turn == 1 else row["model"]
            rows.append(
                {"other": other, "difference": turn * row["difference"], "interval": ends, "p": row["p"]}
            )
    adjusted = holm([row["p"] for row in rows])
    return best, [row | {"p": p} for row, p in zip(rows, adjusted, strict=True)]


def holm(values: Sequence[float]) -> list[float]:
    """P values adjusted for how many there are, so that 5 % stay 5 % over all of them (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])  # 0.01 · 3, then 0.03 · 2, then 0.04 · 1, never less than the one before
    [0.03, 0.06, 0.06]
    """
    adjusted, highest = [0.0] * len(values), 0.0
    for place, i in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        highest = max(highest, min(1.0, values[i] * (len(values) - place)))
        adjusted[i] = highest
    return adjusted


def cell(value: float | None) -> str:
    """A figure with four places and no leading zero; empty where there is none."""
    return "" if value is None else f"{value:.4f}".removeprefix("0")


def signed(value: float) -> str:
    """A difference with its sign."""
    return ("-" if value < 0 else "+") + cell(abs(value))


def _interval(values: Mapping[str, Any], column: str) -> str:
    ends = values.get("intervals", {}).get(column)
    return f" [{cell(ends[0])} {cell(ends[1])}]" if ends else ""
