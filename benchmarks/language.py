"""What a search understands of queries: brands, kinds of things and intents on Crowdflower's queries.

    python benchmarks/language.py

131 of Crowdflower's queries carry labels (`query_labels.jsonl`): words that name a brand, words that name the
kind of thing that is wanted, and an intent. The catalogue has titles alone, no brands and no categories, so
what is understood is learned from where words stand in them. Beside it stand names looked up: the longest
brand and the longest category of the public catalogues at hand that a query holds whole; and the most
frequent intent.

A span counts when it is the same words; F1 is over all queries. Thresholds were chosen on these queries,
which nothing is trained on. Intervals are 95 % by resampling queries. The result is
`benchmarks/results/language.json`.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from benchmarks.search import read, with_interval  # noqa: E402
from cartograph.data import Columns, load  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402
from cartograph.evaluation.bootstrap import draws  # noqa: E402
from cartograph.serving.search.titles import LONGEST, TitleGrammar, grams, tokens  # noqa: E402
from cartograph.serving.search.understanding import understand  # noqa: E402

RESULT = RESULTS / "language.json"
CATALOGUES = ("amz14_beauty", "hm_sample", "completejourney")
"""Whose names are looked up."""

LABELS = ("brand", "product_type", "intent")

Answer = Mapping[str, str | None]
System = Callable[[str], Answer]
Counts = npt.NDArray[np.int64]


def names(column: str) -> set[tuple[str, ...]]:
    """The names of brands, or of the steps of categories, of the public catalogues, as terms."""
    found: set[str] = set()
    for name in CATALOGUES:
        folder = DATASETS / name
        if not (folder.is_dir() or name == "completejourney"):
            continue
        values = load(str(folder) if folder.is_dir() else name).products[column]
        for value in values.drop_duplicates():
            found.update([value] if isinstance(value, str) else value)
    as_terms = (tuple(token.term for token in tokens(name)) for name in found)
    return {terms for terms in as_terms if 0 < len(terms) <= LONGEST}


def looked_up(intent: str) -> System:
    """The longest name of each kind that a query holds, and always the same intent."""
    known = {"brand": names(Columns.BRAND), "product_type": names(Columns.CATEGORY)}

    def answer(query: str) -> Answer:
        there = tokens(query)
        out: dict[str, str | None] = {"intent": intent}
        for label, own in known.items():
            held = [(gram, at) for gram, at in grams([token.term for token in there]) if gram in own]
            gram, at = max(held, key=lambda found: len(found[0]), default=((), 0))
            out[label] = query[there[at].start : there[at + len(gram) - 1].end] if gram else None
        return out

    return answer


def learned(titles: Sequence[str]) -> System:
    """Ours, from a catalogue's titles."""
    grammar = TitleGrammar.of(titles)

    def answer(query: str) -> Answer:
        found = understand(query, grammar)
        return {
            "brand": found.text("brand"),
            "product_type": found.text("product_type"),
            "intent": found.intent,
        }

    return answer


def counts(answers: Sequence[Answer], labelled: Sequence[Answer], label: str) -> Counts:
    """Of each query whether the answer is right, given, and wanted, `(n, 3)`."""
    pairs = [(answer[label], own[label]) for answer, own in zip(answers, labelled, strict=True)]
    return np.array([(a == b is not None, a is not None, b is not None) for a, b in pairs], dtype=np.int64)


def f1(sums: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """`(…, 3)` to `(…,)`; where every query is answered and labelled it is the accuracy."""
    out: npt.NDArray[Any] = 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)
    return out


def report(ours: Counts, theirs: Counts) -> dict[str, list[float]]:
    """Both figures and their difference in points, each with its interval."""
    both = np.stack([ours, theirs], axis=1)  # (n, 2, 3)
    drawn = np.concatenate([np.einsum("nb,nsc->bsc", c, both) for c in draws(len(both))])
    figures, resampled = f1(both.sum(axis=0)), f1(drawn)
    gap, gaps = figures[0] - figures[1], resampled[:, 0] - resampled[:, 1]
    rows = {
        "ours": (figures[0], resampled[:, 0]),
        "names": (figures[1], resampled[:, 1]),
        "ours minus names": (gap, gaps),
    }
    return {name: with_interval(value, values) for name, (value, values) in rows.items()}


def main() -> None:
    """Read the labels, answer, print a table, write the result."""
    folder = DATASETS / "crowdflower"
    if not (folder / "query_labels.jsonl").exists():
        sys.exit(f"no query_labels.jsonl in {folder}; set CARTOGRAPH_DATASETS")
    lines = (folder / "query_labels.jsonl").read_text(encoding="utf-8").splitlines()
    labelled: list[dict[str, Any]] = [json.loads(line) for line in lines]
    intents = [entry["intent"] for entry in labelled]
    ours, theirs = (
        learned(read(folder).products["title"].tolist()),
        looked_up(max(set(intents), key=intents.count)),
    )
    found = [[system(entry["query"]) for entry in labelled] for system in (ours, theirs)]
    results = {label: report(*(counts(one, labelled, label) for one in found)) for label in LABELS}
    print(f"{len(labelled)} queries")
    for label, rows in results.items():
        cells = (f"{name} {m:.3f} [{low:.3f} {high:.3f}]" for name, (m, low, high) in rows.items())
        print(f"{label:14}" + "  ".join(cells))
    write_json(RESULT, {"queries": len(labelled), "results": results})


if __name__ == "__main__":
    main()
