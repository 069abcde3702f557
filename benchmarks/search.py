"""Search on Crowdflower: re-ranking what was judged, and finding it among all products.

    python benchmarks/search.py [--encoder NAME]

The data are looked for under `$CARTOGRAPH_DATASETS`, else beside the repository. Queries are halved by a
hash of their text: settings were chosen on one half (`chosen on`), the other (`held out`) is only read.
All settings are the defaults of `SearchConfig`. Products are distinct pairs of title and description, without
HTML tags.

- Re-ranking: NDCG@10 over the judged products of a query, once with gain 2^grade - 1 for grades 1 to 4, once
  with grades from 0, where irrelevant products gain nothing.
- Finding: recall@10 among all products; relevant is what was judged 3 or 4 for the query, every title once;
  products that were not judged for it count as irrelevant.

Intervals are 95 % by resampling queries. The result is `benchmarks/results/search.json`.
"""

import argparse
import hashlib
import html
import re
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import numpy.typing as npt
import pandas as pd

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from cartograph.data.dataset import BoolArray  # noqa: E402
from cartograph.data.words import words  # noqa: E402
from cartograph.encoders import DEFAULT_ENCODER, EmbeddingCache, load_encoder  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402
from cartograph.evaluation.bootstrap import draws  # noqa: E402
from cartograph.serving.catalogue import Catalogue  # noqa: E402
from cartograph.serving.search.config import SearchConfig  # noqa: E402
from cartograph.serving.search.product_search import ProductSearch  # noqa: E402
from cartograph.serving.search.terms import terms  # noqa: E402

RESULT = RESULTS / "search.json"
CUT = 10
RELEVANT = 3
"""The least grade of a product that counts as found."""

Scores = npt.NDArray[np.float64]
System = Callable[[str], npt.NDArray[Any]]
"""A query to the score of every product."""

FIGURES = ("NDCG@10", "NDCG@10, grades from 0", "recall@10")
PARTS = ("chosen on", "held out", "all")


@dataclass(frozen=True)
class Judged:
    """Queries, products, and how well they go together."""

    products: pd.DataFrame
    """Columns `title`, `description`; distinct."""
    grades: pd.DataFrame
    """Columns `query`, `product` (row), `grade` (1 to 4), as in the file."""

    @property
    def queries(self) -> list[str]:
        """Each once."""
        return sorted(self.grades["query"].unique())


def read(folder: Path) -> Judged:
    """The judgements of a folder that has Crowdflower's `train.csv.zip`."""
    with zipfile.ZipFile(folder / "train.csv.zip") as archive, archive.open("train.csv") as file:
        table = pd.read_csv(file).fillna({"product_description": ""})
    plain = pd.DataFrame(
        {name: table[f"product_{name}"].map(without_tags) for name in ("title", "description")}
    )
    products = plain.drop_duplicates().reset_index(drop=True)
    rows = pd.MultiIndex.from_frame(products).get_indexer(pd.MultiIndex.from_frame(plain))
    grades = pd.DataFrame({"query": table["query"], "product": rows, "grade": table["median_relevance"]})
    return Judged(products, grades)


def without_tags(text: str) -> str:
    """Text of HTML, spaces single.

    >>> without_tags("<b>Salt</b> &amp;  pepper")
    'Salt & pepper'
    """
    bare = re.sub(r"<[^>]+>", " ", re.sub(r"(?is)<(style|script).*?</\1>", " ", html.unescape(text)))
    return re.sub(r"\s+", " ", bare).strip()


def held_out(query: str) -> bool:
    """Whether a query is in the half that nothing is chosen on."""
    return int(hashlib.sha256(query.encode()).hexdigest(), 16) % 2 == 1


def halves(queries: list[str]) -> dict[str, BoolArray]:
    """Which queries are in each of `PARTS`."""
    later = np.array([held_out(query) for query in queries])
    return dict(zip(PARTS, (~later, later, np.ones(len(queries), dtype=np.bool_)), strict=True))


def ndcg(scores: npt.NDArray[Any], gains: Scores) -> float:
    """NDCG@10; of equal scores the product that comes first in the file comes first."""
    discounts = 1 / np.log2(np.arange(2, CUT + 2))
    found = gains[np.argsort(-scores, kind="stable")[:CUT]]
    best = np.sort(gains)[::-1][:CUT]
    ideal = float(best @ discounts[: len(best)])
    return float(found @ discounts[: len(found)]) / ideal if ideal else np.nan


def figures(system: System, judged: Judged) -> Scores:
    """The `FIGURES` of every query, `(n_queries, 3)`; NaN where nothing is relevant."""
    title = pd.factorize(judged.products["title"])[0]
    out = []
    for query, own in judged.grades.groupby("query"):
        scores = np.asarray(system(str(query)))
        rows, grade = own["product"].to_numpy(), own["grade"].to_numpy(np.float64)
        relevant = np.unique(title[rows[grade >= RELEVANT]])
        ranking = list(dict.fromkeys(title[np.argsort(-scores, kind="stable")[: 10 * CUT]].tolist()))[:CUT]
        recall = np.isin(ranking, relevant).sum() / len(relevant) if len(relevant) else np.nan
        out.append((ndcg(scores[rows], 2**grade - 1), ndcg(scores[rows], 2 ** (grade - 1) - 1), recall))
    return np.array(out)


def interval(values: Scores) -> list[float]:
    """Mean over the queries that have a value, and its interval."""
    known = values[np.isfinite(values)]
    means = np.concatenate([known @ counts / len(known) for counts in draws(len(known))])
    return with_interval(known.mean(), means)


def with_interval(value: float, resampled: Scores) -> list[float]:
    """A figure, and the ends of its 95 % interval."""
    return [round(float(x), 4) for x in (value, *np.quantile(resampled, (0.025, 0.975)))]


def bm25(documents: list[list[str]], tokens: Callable[[str], list[str]]) -> System:
    """BM25 in Lucene's form, by the library `bm25s` with its defaults."""
    index = bm25s.BM25(method="lucene")
    index.index(documents, show_progress=False)

    def scores(query: str) -> npt.NDArray[Any]:
        known = [word for word in tokens(query) if word in index.vocab_dict]
        found: npt.NDArray[Any] = index.get_scores(known) if known else np.zeros(len(documents))
        return found

    return scores


def reciprocal_ranks(*systems: System) -> System:
    """Reciprocal rank fusion (Cormack et al. 2009, eq. 1, k = 60) of the first 200 of each."""

    def scores(query: str) -> npt.NDArray[Any]:
        fused: npt.NDArray[Any] = np.zeros(1)
        for system in systems:
            found = system(query)
            rank = np.empty(len(found))
            rank[np.argsort(-found, kind="stable")] = np.arange(1, len(found) + 1)
            fused = fused + np.where((rank <= 200) & (found > 0), 1 / (60 + rank), 0)
        return fused

    return scores


def systems(judged: Judged, encoder_name: str) -> Mapping[str, System]:
    """What is compared, by name."""
    titles, descriptions = judged.products["title"].tolist(), judged.products["description"].tolist()
    n = len(titles)
    ids = [str(row) for row in range(n)]
    unknown = np.full(n, np.nan)
    catalogue = Catalogue(
        ids=ids,
        rows={name: row for row, name in enumerate(ids)},
        titles=titles,
        descriptions=descriptions,
        images=[""] * n,
        prices=unknown,
        stocks=unknown,
        brands=[""] * n,
        categories=[""] * n,
        attributes=[frozenset()] * n,
        facts={},
    )
    texts = [f"{title}. {text}".strip(" .") for title, text in zip(titles, descriptions, strict=True)]
    encoder = load_encoder(encoder_name)
    vectors = EmbeddingCache().encode(encoder, texts, progress=True)
    product = ProductSearch.of(catalogue, texts, vectors, encoder)

    def varied(config: SearchConfig) -> System:
        search = replace(product, config=config)
        return lambda query: search.scored(query).scores

    def by_words(query: str) -> npt.NDArray[Any]:
        return product.lexical.match(terms(query)).scores

    def by_meaning(query: str) -> npt.NDArray[Any]:
        cosines: npt.NDArray[Any] = vectors @ encoder.encode([query], role="query")[0]
        return cosines

    return {
        "BM25 (titles)": bm25([words(title) for title in titles], words),
        "BM25 (title and description)": bm25([words(text) for text in texts], words),
        "BM25F (ours: fields, stems)": by_words,
        "cosine": by_meaning,
        "reciprocal rank fusion": reciprocal_ranks(by_words, by_meaning),
        "hybrid without feedback": varied(SearchConfig(feedback_weight=0.0)),
        "hybrid without words": varied(SearchConfig(lexical_weight=0.0)),
        "hybrid": varied(SearchConfig()),
    }


def report(found: Mapping[str, Scores], queries: list[str]) -> dict[str, Any]:
    """Means and intervals by part, figure and system, and of the difference to BM25 over titles."""
    base = found["BM25 (titles)"]
    return {
        part: {
            name: {
                figure: {
                    "mean": interval(values[own, i]),
                    "minus BM25 (titles)": interval(values[own, i] - base[own, i]),
                }
                for i, figure in enumerate(FIGURES)
            }
            for name, values in found.items()
        }
        for part, own in halves(queries).items()
    }


def judgements() -> Judged:
    """What was judged; without the file the process ends."""
    folder = DATASETS / "crowdflower"
    if not folder.is_dir():
        sys.exit(f"no {folder}; put Crowdflower's train.csv.zip there, or set CARTOGRAPH_DATASETS")
    return read(folder)


def given(about: str | None) -> tuple[str, Judged]:
    """The encoder that the command line names, and the judgements; without them the process ends."""
    options = argparse.ArgumentParser(description=about, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    encoder: str = options.parse_args().encoder
    return encoder, judgements()


def main() -> None:
    """Run all, print a table a part, write the result."""
    encoder, judged = given(__doc__)
    found = {name: figures(system, judged) for name, system in systems(judged, encoder).items()}
    rng = np.random.default_rng(0)
    shuffles = [figures(lambda _: rng.random(len(judged.products)), judged) for _ in range(10)]
    found = {"random order": np.mean(shuffles, axis=0)} | found
    parts = report(found, judged.queries)
    for part, by_system in parts.items():
        print(f"\n{part:32}" + "".join(f"{figure:>32}" for figure in FIGURES))
        for name, by_figure in by_system.items():
            cells = [by_figure[figure]["mean"] for figure in FIGURES]
            print(
                f"{name:32}" + "".join(f"{f'{m:.4f} [{low:.4f}, {high:.4f}]':>32}" for m, low, high in cells)
            )
    write_json(
        RESULT if encoder == DEFAULT_ENCODER else RESULT.with_stem(f"search-{Path(encoder).name}"),
        {
            "encoder": encoder,
            "queries": len(judged.queries),
            "products": len(judged.products),
            "pairs": len(judged.grades),
            "parts": parts,
        },
    )


if __name__ == "__main__":
    main()
