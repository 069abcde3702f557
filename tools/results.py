"""What `benchmarks/ranking.py` left, as the README's table and as `docs/results.md`."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.rankings import OURS, RANKINGS, RESULTS, Ranking
from cartograph.evaluation.outcome import SEGMENTS
from cartograph.evaluation.report import cell, signed, title

Document = Mapping[str, Any]

ABLATIONS = RESULTS / "ablations.json"

FIGURES = {"recall@10": "Recall@10", "ndcg@10": "NDCG@10"}
"""What models are compared in, and how it is written."""


def headline() -> str:
    """The README's table: the best baseline beside ours, and how ours stands to all of them."""
    lines = [
        f"| dataset, protocol | targets | users | best baseline | | {OURS} | against all baselines |",
        "|---|---|---|---|---|---|---|",
    ]
    for ranking, document in _results():
        for targets in ranking.targets:
            name, *others = by_ndcg(document, targets)
            best = name if name != OURS else others[0]
            ours, theirs = (document["models"][model][targets] for model in (OURS, best))
            lines.append(
                f"| {_label(ranking, document)} | {targets} | {ours['n_users']:,} | {best} | {_both(theirs)} "
                f"| {_both(ours)} | {standing(document, targets)} |"
            )
    return "\n".join(lines)


def results_page() -> str:
    """`docs/results.md`."""
    sections = "".join(_section(ranking, document) for ranking, document in _results())
    return _HEAD + sections + (_ablations() if ABLATIONS.exists() else "")


def by_ndcg(document: Document, targets: str) -> list[str]:
    """The models, the one with the highest NDCG@10 first."""
    models = document["models"]
    return sorted(models, key=lambda name: -models[name][targets]["ndcg@10"])


def difference(
    document: Document, targets: str, other: str, figure: str, ours: str = OURS
) -> tuple[float, float, float]:
    """Our figure minus another model's, and the ends of its 95 % interval.

    Raises:
        LookupError: Too few users were asked for an interval.
    """
    for row in document["differences"]:
        if (row["targets"], row["figure"]) == (targets, figure) and {row["model"], row["other"]} == {
            ours,
            other,
        }:
            turn = 1 if row["model"] == ours else -1
            low, high = sorted(turn * end for end in row["interval"])
            return turn * row["difference"], low, high
    raise LookupError(f"no difference of {ours} and {other} in {figure} for {targets} targets")


def verdict(document: Document, targets: str, other: str) -> str:
    """How ours stands to another model.

    Returns:
        `ahead` where the intervals of the differences in all of `FIGURES` are above zero, `behind` where one
        is below, else `level`.
    """
    intervals = [difference(document, targets, other, figure)[1:] for figure in FIGURES]
    if any(high < 0 for _, high in intervals):
        return "behind"
    return "ahead" if all(low > 0 for low, _ in intervals) else "level"


def standing(document: Document, targets: str) -> str:
    """`ahead of all 9`, or which models ours is level with, and which it is behind."""
    verdicts = {name: verdict(document, targets, name) for name in document["models"] if name != OURS}
    said = [
        f"{words} {', '.join(names)}"
        for words, one in (("level with", "level"), ("behind", "behind"))
        if (names := [name for name, given in verdicts.items() if given == one])
    ]
    return "; ".join(said) or f"**ahead of all {len(verdicts)}**"


def _results() -> Iterator[tuple[Ranking, Document]]:
    for ranking in RANKINGS:
        if (document := ranking.document()) is not None:
            yield ranking, document


def _label(ranking: Ranking, document: Document) -> str:
    n_seeds = len(document["seeds"])
    return ranking.label + (f", mean of {n_seeds} seeds" if n_seeds > 1 else "")


def _section(ranking: Ranking, document: Document) -> str:
    models = document["models"]
    segments = SEGMENTS if "intervals" in models[OURS]["cold"] else SEGMENTS[:1]
    lines = [
        f"\n## {title(document)}\n",
        f"{document['n_products']:,} products; `python benchmarks/ranking.py {ranking.name}`\n",
        f"| targets | users | model | {' | '.join(FIGURES.values())} "
        f"| {' | '.join(f'{name}, ours minus it' for name in FIGURES.values())} | ours is | fitted in |",
        "|---" * 9 + "|",
    ]
    for targets in segments:
        for name in by_ndcg(document, targets):
            entry = models[name]
            figures = (_figure(entry[targets], figure) for figure in FIGURES)
            against = (
                ("", "", "")
                if name == OURS
                else (
                    *(_difference(document, targets, name, f) for f in FIGURES),
                    verdict(document, targets, name),
                )
            )
            lines.append(
                f"| {targets} | {entry[targets]['n_users']:,} | {name} | {' | '.join((*figures, *against))} "
                f"| {entry['seconds']['fit']:,.0f} s |"
            )
    return "\n".join(lines) + "\n"


def _ablations() -> str:
    """What the first stage loses without a part, or gains, against itself."""
    document = json.loads(ABLATIONS.read_text(encoding="utf-8"))
    lines = [
        f"\n## What each part is worth: {title(document)}\n",
        "`python benchmarks/ablations.py`\n",
        f"| variant of the first stage | {' | '.join(FIGURES.values())} "
        f"| {' | '.join(f'{name}, minus the first stage' for name in FIGURES.values())} |",
        "|---" * 5 + "|",
    ]
    for name, entry in document["models"].items():
        figures = [_figure(entry["overall"], figure) for figure in FIGURES]
        against = (
            _difference(document, "overall", "first stage", f, ours=name) if name != "first stage" else ""
            for f in FIGURES
        )
        lines.append(f"| {name} | {' | '.join((*figures, *against))} |")
    return "\n".join(lines) + "\n"


def _both(entry: Mapping[str, Any]) -> str:
    return " / ".join(_figure(entry, figure) for figure in FIGURES)


def _figure(entry: Mapping[str, Any], figure: str) -> str:
    low, high = entry["intervals"][figure]
    return f"{cell(entry[figure])} [{cell(low)} {cell(high)}]"


def _difference(document: Document, targets: str, other: str, figure: str, ours: str = OURS) -> str:
    middle, low, high = difference(document, targets, other, figure, ours)
    return f"{signed(middle)} [{signed(low)} {signed(high)}]"


_HEAD = """\
# Results

Generated by `make docs` from what `python benchmarks/ranking.py` left in `benchmarks/results/`;
[evaluation.md](evaluation.md) says how it is measured. Every model chooses its settings on validation; ours
has the same defaults everywhere. In brackets: 95 % intervals over users. Cartograph is `ahead` where the
intervals of the differences in both figures are above zero, `behind` where one is below, else `level`.
Models stand in the order of NDCG@10 on the test part. Seconds to fit, choosing settings included, are those
of the machine that the result comes from.

Every model is fitted anew on all events before the test.
"""
