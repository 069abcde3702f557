"""What the README shows of searching, baskets, explanations and serving, from `benchmarks/results/`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cartograph.evaluation.report import cell, signed

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"


def search_block() -> str:
    """Crowdflower: ours beside BM25 and the alternatives."""
    found = _read("search.json")
    names = ("NDCG@10", "NDCG@10, grades from 0", "recall@10")
    head = f"| queries held out, {found['products']:,} products | {' | '.join(names)} |"
    lines = [head, "|---|---|---|---|"]
    for model, figures in found["parts"]["held out"].items():
        cells = [cell(figures[name]["mean"][0]) for name in names]
        if model == "hybrid":
            cells = [_interval(*figures[name]["mean"]) for name in names]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return "\n".join(lines)


def language_block() -> str:
    """Crowdflower: what is understood of queries, beside names looked up and the most frequent intent."""
    found = _read("language.json")
    figures = {"brand": "brand, F1", "product_type": "kind of thing, F1", "intent": "intent, accuracy"}
    lines = [f"| {found['queries']} queries | names | ours | ours minus names |", "|---|---|---|---|"]
    for label, name in figures.items():
        ways = ("names", "ours", "ours minus names")
        cells = (_interval(*found["results"][label][way]) for way in ways)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def robustness_block() -> str:
    """Crowdflower with changed queries and changed products: ours beside BM25 and the cosine."""
    cases, tuned = (_read(f"robustness{name}.json")["cases"] for name in ("", "-titles"))
    for case, found in tuned.items():
        cases[case] |= {f"{model}, tuned on titles": found[model] for model in ("cosine", "hybrid")}
    models = list(next(iter(cases.values())))
    models.remove("BM25F (ours: fields, stems)")
    lines = [f"| recall@10 | {' | '.join(models)} |", "|---" * (1 + len(models)) + "|"]
    for case, found in cases.items():
        lines.append(f"| {case} | {' | '.join(cell(found[m]['recall@10'][0]) for m in models)} |")
    taken = cases["products stuffed titles, query as it is"]
    shares = ", ".join(f"{model} {100 * taken[model]['places taken'][0]:.2f} %" for model in models)
    return "\n".join([*lines, "", f"Places that stuffed titles take among the first ten: {shares}."])


def titles_block() -> str:
    """Crowdflower, by the encoder as it comes and as titles of two other shops have tuned it."""
    found = _read("titles.json")
    lines = [
        "| queries held out | as it comes | tuned on titles | tuned minus as it comes |",
        "|---|---|---|---|",
    ]
    for model, figures in found["parts"]["held out"].items():
        for figure in ("NDCG@10", "recall@10"):
            cells = [_interval(*figures[figure][way]) for way in ("frozen", "tuned")]
            cells.append(_interval(*figures[figure]["tuned minus frozen"], form=signed))
            lines.append(f"| {model}, {figure} | {' | '.join(cells)} |")
    return "\n".join(lines)


def baskets_block() -> str:
    """Complete Journey: one product left out of a basket."""
    found = _read("baskets.json")
    lines = [
        f"| {found['baskets']:,} baskets | recall@10 | NDCG@10 | of the leaf category of one in the basket |",
        "|---|---|---|---|",
    ]
    for model, figures in found["results"].items():
        recall, ndcg = (
            _interval(*(figures[name][part] for part in ("mean", "low", "high")))
            for name in ("recall@10", "ndcg@10")
        )
        lines.append(f"| {model} | {recall} | {ndcg} | {cell(figures['same leaf@10']['mean'])} |")
    return "\n".join(lines)


def faithfulness_block() -> str:
    """How often a score falls without the event that is named first."""
    found = _read("faithfulness.json")["results"]
    lines = [
        "| score | history | named first | it falls without it | and more than without another |",
        "|---|---|---|---|---|",
    ]
    for row in found:
        shares = (row["falls"], row["falls more than without a random one"])
        figures = [f"{100 * share:.1f} %" for share in shares]
        lines.append(f"| {' | '.join([row['score'], row['history'], row['named first'], *figures])} |")
    return "\n".join(lines)


def serve_block() -> str:
    """Milliseconds of one user, and requests of the HTTP API."""
    found = _read("serve.json")
    lines = ["| what | products | median, ms | 99 %, ms | of the exact ten |", "|---|---|---|---|---|"]
    for row in found["rows"]:
        recall = f"{row['recall']:.3f}" if "recall" in row else ""
        lines.append(
            f"| {row['what']} | {row['products']:,} | {row['median']:.2f} | {row['p99']:.2f} | {recall} |"
        )
    http = _read("load_http.json")
    lines += [
        "",
        f"Over HTTP, on {http['cores']} cores that the server shares with {http['clients']} clients,",
        "each with its next question when it has the answer to the one before, for",
        f"{http['seconds']:.0f} seconds: {http['requests_per_second']:.0f} requests a second,",
        f"median {http['p50_ms']:.0f} ms, 99 % within {http['p99_ms']:.0f} ms,",
        f"{http['errors']} errors of {http['requests']:,}, memory from",
        f"{http['resident_mb_before']:,.0f} to {http['resident_mb_after']:,.0f} MB.",
    ]
    return "\n".join(lines)


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    return document


def _interval(mean: float, low: float, high: float, *, form: Callable[[float], str] = cell) -> str:
    return f"{form(mean)} [{form(low)} {form(high)}]"
