"""Rankings, explanations and tables as text on stdout."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from .explain import Explanation
from .results import Recommendation


def print_ranking(ranking: Iterable[Recommendation]) -> None:
    """One line a product: place, id, title, brand, price, reason."""
    print_table(
        [
            (
                f"{place:>3}",
                item.product_id,
                _short(item.title, 44),
                _short(item.brand, 20),
                "" if item.price is None else f"{item.price:.2f}",
                item.reason,
            )
            for place, item in enumerate(ranking, 1)
        ]
    )


def print_explanation(explanation: Explanation) -> None:
    """The score, what each event and channel added to it, and the paths."""
    print(f"{explanation.title} ({explanation.product_id}): score {explanation.score:.4f}")
    if explanation.second_stage:
        parts = ", ".join(f"{name} {value:+.4f}" for name, value in explanation.second_stage.items())
        print(f"second stage: {parts}\nfirst stage: {explanation.first_stage:.4f}, of which")
    rows = [
        (
            f"{c.amount:+.4f}",
            _short(c.title, 50),
            "the last event" if not c.steps_ago else f"{c.steps_ago} before it",
            "" if c.drop is None else f"without it {-c.drop:+.4f}",
        )
        for c in explanation.contributions[:10]
    ]
    rest = sum(c.amount for c in explanation.contributions[10:])
    if rest:
        rows.append((f"{rest:+.4f}", "earlier or smaller events", "", ""))
    rows.append((f"{explanation.prior:+.4f}", "popularity and freshness", "", ""))
    print_table(rows)
    print(
        "by channel: " + ", ".join(f"{name} {value:+.4f}" for name, value in explanation.channels().items())
    )
    for path in explanation.paths[:6]:
        print(path)


def print_json(value: Any) -> None:
    """Any value, what JSON has no form for as its string."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=str)
    print()


def print_table(rows: list[tuple[Any, ...]]) -> None:
    """Columns as wide as their widest cell, separated by two blanks."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
