"""How search bears what people and sellers do to texts: Crowdflower, ours beside BM25.

    python benchmarks/robustness.py [--encoder NAME]

The judgements and figures are those of `benchmarks/search.py`. Queries are asked as they are; with two
letters of their longest word exchanged; with a letter of it left out; with their words in reverse; and with
words that mean the same in their place (`SAME`, where a query has one of these). Products are searched as
they are; without descriptions; and with one in a hundred, drawn at random, whose seller has put the hundred
commonest words of all queries behind its title. Of the last it is also said how many of the first ten places
such products take that have not been judged relevant; at random it would be 1 %.
Intervals are 95 % by resampling queries. The result is `benchmarks/results/robustness.json`.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import RESULTS  # noqa: E402
from benchmarks.search import (  # noqa: E402
    CUT,
    FIGURES,
    RELEVANT,
    Judged,
    System,
    figures,
    given,
    interval,
    systems,
)
from cartograph.data.words import words  # noqa: E402
from cartograph.encoders import DEFAULT_ENCODER  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402

RESULT = RESULTS / "robustness.json"
COMPARED = ("BM25 (titles)", "BM25F (ours: fields, stems)", "cosine", "hybrid")
STUFFED = 0.01
KEYWORDS = 100
SAME = {
    "backpack": "rucksack",
    "bag": "handbag",
    "bicycle": "bike",
    "bike": "bicycle",
    "blanket": "throw",
    "bra": "brassiere",
    "bras": "brassieres",
    "cellphone": "mobile phone",
    "clothes": "clothing",
    "cookware": "pots and pans",
    "couch": "sofa",
    "curtains": "drapes",
    "diaper": "nappy",
    "diapers": "nappies",
    "dress": "gown",
    "dresses": "gowns",
    "earbuds": "earphones",
    "earphones": "headphones",
    "faucet": "tap",
    "flashlight": "torch",
    "fridge": "refrigerator",
    "glasses": "spectacles",
    "gown": "dress",
    "headphones": "earphones",
    "jacket": "coat",
    "jeans": "denims",
    "kids": "children",
    "ladies": "women",
    "laptop": "notebook",
    "luggage": "suitcases",
    "makeup": "cosmetics",
    "mens": "male",
    "monitor": "display",
    "mug": "cup",
    "necklace": "pendant",
    "pants": "trousers",
    "perfume": "fragrance",
    "perfumes": "fragrances",
    "phone": "cellphone",
    "pillow": "cushion",
    "purse": "handbag",
    "rug": "carpet",
    "rugs": "carpets",
    "shirt": "top",
    "shirts": "tops",
    "shoes": "footwear",
    "skillet": "frying pan",
    "sneakers": "trainers",
    "socks": "stockings",
    "sofa": "couch",
    "speaker": "loudspeaker",
    "speakers": "loudspeakers",
    "stroller": "pushchair",
    "sunglasses": "shades",
    "sweater": "jumper",
    "toddler": "infant",
    "toys": "playthings",
    "tv": "television",
    "underwear": "lingerie",
    "vacuum": "hoover",
    "wallet": "billfold",
    "wireless": "cordless",
    "women": "ladies",
    "womens": "ladies",
}
"""Words of the trade, and others for the same thing."""


def exchanged(query: str) -> str:
    """Two letters of the longest word exchanged, which two depends on the query.

    >>> exchanged("red dress") in ("red rdess", "red derss", "red drses", "red dress")
    True
    """
    return _in_longest(query, lambda word, i: word[:i] + word[i + 1] + word[i] + word[i + 2 :])


def left_out(query: str) -> str:
    """A letter of the longest word left out.

    >>> left_out("ab")
    'b'
    """
    return _in_longest(query, lambda word, i: word[:i] + word[i + 1 :])


def reversed_words(query: str) -> str:
    """The words from the last to the first.

    >>> reversed_words("red dress")
    'dress red'
    """
    return " ".join(query.split()[::-1])


def other_words(query: str) -> str:
    """Every word of `SAME` by the other that means the same.

    >>> other_words("Kids bike")
    'children bicycle'
    """
    return " ".join(SAME.get(word.lower(), word) for word in query.split())


def _in_longest(query: str, change: Callable[[str, int], str]) -> str:
    there = query.split()
    place = max(range(len(there)), key=lambda i: len(there[i]))
    draw = int(hashlib.sha256(query.encode()).hexdigest(), 16)
    there[place] = change(there[place], draw % max(len(there[place]) - 1, 1))
    return " ".join(there)


QUERIES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "letters exchanged": exchanged,
    "a letter left out": left_out,
    "words in reverse": reversed_words,
    "other words": other_words,
}


def without_descriptions(judged: Judged) -> Judged:
    """The same products by their titles alone."""
    return Judged(judged.products.assign(description=""), judged.grades)


def stuffed(judged: Judged) -> tuple[Judged, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Some titles with keywords behind them, and which, `(n_products,)`."""
    counts = Counter(word for query in judged.queries for word in words(query))
    keywords = " ".join(word for word, _ in counts.most_common(KEYWORDS))
    taken = np.random.default_rng(0).random(len(judged.products)) < STUFFED
    titles = judged.products["title"].where(~taken, judged.products["title"] + " " + keywords)
    return Judged(judged.products.assign(title=titles), judged.grades), taken


def places(system: System, judged: Judged, taken: np.ndarray[Any, np.dtype[np.bool_]]) -> list[float]:
    """The share of the first ten that stuffed products take that are not relevant to the query."""
    shares = []
    for query, own in judged.grades.groupby("query"):
        relevant = own["product"][own["grade"] >= RELEVANT].to_numpy()
        first = np.argsort(-np.asarray(system(str(query))), kind="stable")[:CUT]
        shares.append(float((taken[first] & ~np.isin(first, relevant)).mean()))
    return interval(np.array(shares))


def main() -> None:
    """Vary, search, print a table, write the result."""
    encoder, judged = given(__doc__)
    spam, taken = stuffed(judged)
    catalogues = {
        "as they are": judged,
        "without descriptions": without_descriptions(judged),
        "stuffed titles": spam,
    }
    results: dict[str, Any] = {}
    for state, shop in catalogues.items():
        known = systems(shop, encoder)
        for change, vary in QUERIES.items() if state == "as they are" else [("as it is", str)]:
            for name in COMPARED:
                found = figures(lambda query, s=known[name], v=vary: s(v(query)), shop)  # type: ignore[misc]
                row = {figure: interval(found[:, i]) for i, figure in enumerate(FIGURES)}
                if state == "stuffed titles":
                    row["places taken"] = places(known[name], shop, taken)
                results.setdefault(f"products {state}, query {change}", {})[name] = row
    for case, by_system in results.items():
        print(f"\n{case}")
        for name, row in by_system.items():
            cells = (f"{figure} {m:.4f} [{low:.4f} {high:.4f}]" for figure, (m, low, high) in row.items())
            print(f"  {name:30}" + "  ".join(cells))
    write_json(
        RESULT if encoder == DEFAULT_ENCODER else RESULT.with_stem(f"robustness-{Path(encoder).name}"),
        {"encoder": encoder, "cases": results},
    )


if __name__ == "__main__":
    main()
