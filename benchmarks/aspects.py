"""Whether what Chinese reviews praise and blame is told in words, and not in pieces of them.

    pip install jieba
    python benchmarks/aspects.py

The training part of `online_shopping_10_cats`, as `benchmarks/sentiment.py` splits it: the reviews of a
category in the file's order, twenty that praise and twenty that blame as one product. Of every aspect that
`find_aspects` (`kg/aspects.py`) names, jieba, which segments by a dictionary, is asked whether it begins and
ends where words do, in most of the product's clauses that have it. The result is
`benchmarks/results/aspects.json`.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import RESULTS  # noqa: E402
from benchmarks.sentiment import parts, read  # noqa: E402
from cartograph.data.words import has_cjk  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402
from cartograph.kg.aspects import clauses, find_aspects  # noqa: E402

RESULT = RESULTS / "aspects.json"
TOGETHER = 20


def products() -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """The product of each review, and its clauses with whether they are praise."""
    table = read()
    table = table[parts(table["review"].to_numpy(object)) == "train"]
    for (category, label), own in table.groupby(["cat", "label"]):
        for number, text in enumerate(own["review"]):
            yield f"{category} {number // TOGETHER}", [(clause, label == 1) for clause in clauses(text)]


def edges(clause: str) -> set[int]:
    """Where words begin and end, by jieba."""
    import jieba

    return {0, *(end for _, _, end in jieba.tokenize(clause))}


def share_of_words(term: str, said: list[str]) -> float:
    """In how many of the places where a term is it begins and ends as words do."""
    places = words = 0
    for clause in said:
        start = clause.find(term)
        own = edges(clause) if start >= 0 else set()
        while start >= 0:
            places += 1
            words += {start, start + len(term)} <= own
            start = clause.find(term, start + 1)
    return words / places if places else 0.0


def main() -> None:
    """Find, ask, print, write the result."""
    try:
        import jieba
    except ImportError:
        sys.exit("jieba segments what is found: pip install jieba")
    jieba.setLogLevel("ERROR")
    reviews = list(products())
    said: defaultdict[str, list[str]] = defaultdict(list)
    for product, own in reviews:
        said[product] += [clause.lower() for clause, _ in own]
    found = [aspect for aspect in find_aspects(reviews, {}) if has_cjk(aspect.term)]
    words = [share_of_words(aspect.term, said[aspect.product]) > 0.5 for aspect in found]
    document = {
        "products": len(said),
        "reviews": len(reviews),
        "aspects": len(found),
        "share of them that are words": round(sum(words) / len(words), 4),
    }
    for name, value in document.items():
        print(f"{name:32}{value}")
    write_json(RESULT, document)


if __name__ == "__main__":
    main()
