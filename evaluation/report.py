"""An evaluation as a table for the terminal and as JSON for everybody else."""

import json
from pathlib import Path
from typing import Any

from ..data.files import atomically
from .evaluate import SEGMENTS

Results = dict[str, dict[str, dict[str, float]]]

COLUMNS = ("recall@10", "ndcg@10", "mrr@10", "hit_rate@10")


def to_json(dataset: str, protocol: str, results: Results) -> dict[str, Any]:
    """The documented shape: `{"dataset", "protocol", "models": {NAME: {SEGMENT: {METRIC: VALUE}}}}`."""
    return {"dataset": dataset, "protocol": protocol, "models": results}


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write the document, whole or not at all."""
    with atomically(path) as unfinished:
        unfinished.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def to_table(results: Results) -> str:
    """One line a model and segment, cold and warm apart; a segment without users is left out.

    >>> print(to_table({"popular": {"overall": {"n_users": 3, "recall@10": 0.5, "ndcg@10": 0.25,
    ...     "mrr@10": 0.2, "hit_rate@10": 0.5, "coverage@10": 0.1}}}))
    model    targets    users  recall@10  ndcg@10  mrr@10  hit_rate@10  coverage@10
    popular  overall        3      .5000    .2500   .2000        .5000        .1000
    """
    columns = (*COLUMNS, "coverage@10")
    width = max([len("model"), *(len(name) for name in results)])
    lines = [f"{'model':<{width}}  {'targets':<8}{'users':>8}  " + "  ".join(columns)]
    for name, segments in results.items():
        for segment in SEGMENTS:
            values = segments.get(segment, {})
            if values.get("n_users"):
                cells = [_cell(values.get(column), len(column)) for column in columns]
                lines.append(f"{name:<{width}}  {segment:<8}{values['n_users']:>8,.0f}  " + "  ".join(cells))
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: float | None, width: int) -> str:
    return " " * width if value is None else f"{value:.4f}".removeprefix("0").rjust(width)
