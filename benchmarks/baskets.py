"""Leave one product out of a basket and ask which is missing, on a year of grocery receipts.

    python benchmarks/baskets.py [SOURCE]

The last tenth of the events is the test window, the tenth before it the validation window. From each basket
of a window one product is taken out at random; what is known is what was bought before the window. Settings
are chosen on the validation window, the test window is read once. Ours is compared with popularity, with how
often products were bought together, and with the cosine of that. Besides, how many of the ten recommended
products could replace one of the basket, being of the same leaf category. Intervals: users are drawn anew.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cartograph.data import Columns, Histories, load
from cartograph.data.dataset import FloatArray, IntArray, StrArray
from cartograph.data.matrices import Matrix
from cartograph.encoders import EmbeddingCache, load_encoder
from cartograph.evaluation.bootstrap import draws, interval, p_value
from cartograph.gnn.graph import centred
from cartograph.serving.baskets import BasketConfig, Baskets, basket_products

RESULT = Path(__file__).parent / "results" / "baskets.json"
K = 10
FIGURES = ("recall@10", "ndcg@10", "same leaf@10")
VALIDATED, TESTED = 2000, 5000
"""Baskets that are drawn from each window."""

TRIED = {
    "size_discount": (0.0, 0.5, 1.0),
    "damping": (5.0, 20.0, 80.0),
    "popularity_discount": (0.15, 0.25, 0.35),
}
"""What is tried for each setting, one after the other."""

SUBSTITUTES = (0.0, 0.5, 1.0)
"""The dial is the shop's choice, so several positions are shown."""

Scorer = Callable[[IntArray], FloatArray]


@dataclass(frozen=True)
class Products:
    """What ours knows of the products."""

    ids: StrArray
    text: FloatArray
    leaf: IntArray
    popularity: FloatArray


@dataclass(frozen=True)
class Question:
    """A basket without one of its products."""

    user: int
    basket: IntArray
    missing: int


def main(source: str) -> None:
    """Run the benchmark."""
    dataset = load(source)
    histories, leaf = dataset.histories(), leaves(dataset.products[Columns.CATEGORY].tolist())
    titles = dataset.products[Columns.TITLE].tolist()
    text = centred(EmbeddingCache().encode(load_encoder(device="cpu"), titles))
    first, last = (int(np.quantile(histories.at, part)) for part in (0.8, 0.9))

    def known(end: int) -> tuple[Histories, Products]:
        past = histories.select(histories.at < end)
        counts = np.bincount(past.products, minlength=len(leaf)).astype(np.float32)
        return past, Products(dataset.product_index.to_numpy(object), text, leaf, counts / counts.max())

    past, products = known(first)
    asked = questions(histories.select((histories.at >= first) & (histories.at < last)), len(leaf))
    chosen = choose(past, products, sample(asked, VALIDATED))
    past, products = known(last)
    asked = sample(questions(histories.select(histories.at >= last), len(leaf)), TESTED)
    begun = time.perf_counter()
    ours = Baskets.of(past, leaf, timed=True, config=chosen)
    built = time.perf_counter() - begun
    scorers = baselines(past, len(leaf))
    for dial in SUBSTITUTES:
        scorers[f"ours, substitutes {dial:g}"] = _completing(
            ours.with_config(replace(chosen, substitutes=dial)), products
        )
    values = {name: figures(scorer, asked, leaf) for name, scorer in scorers.items()}
    users = np.unique([question.user for question in asked], return_inverse=True)[1]
    results = report(values, users)
    print(
        f"{len(asked):,} baskets of {users.max() + 1:,} users, counted in {built:.0f} s; "
        f"settings {asdict(chosen)}"
    )
    RESULT.write_text(
        json.dumps(
            {"source": source, "baskets": len(asked), "settings": asdict(chosen), "results": results},
            indent=2,
        )
        + "\n"
    )


def _completing(model: Baskets, products: Products) -> Scorer:
    return lambda rows: model.complete(rows, products)


def choose(past: Histories, products: Products, asked: Sequence[Question]) -> BasketConfig:
    """The settings with the best NDCG, chosen one after the other, substitutes aside."""
    config = BasketConfig(substitutes=0.0)
    baskets = Baskets.of(past, products.leaf, timed=True, config=config)
    for name, tried in TRIED.items():
        found = []
        for value in tried:
            model = baskets.with_config(BasketConfig(**asdict(config) | {name: value}))
            if name == "size_discount":
                model = Baskets.of(past, products.leaf, timed=True, config=model.config)
            mean = figures(_completing(model, products), asked, products.leaf).mean(axis=0)
            found.append((mean[1], model))
            print(f"validation: {name} {value:g}  " + figure_line(mean), flush=True)
        baskets = max(found, key=lambda pair: pair[0])[1]
        config = baskets.config
    return config


def baselines(past: Histories, n_products: int) -> dict[str, Scorer]:
    """Popularity, co-occurrence, and its cosine."""
    baskets = basket_products(past, n_products, timed=True)
    counts = np.asarray(baskets.sum(axis=0), dtype=np.float32).ravel()
    together = Matrix(baskets.T @ baskets)
    length = np.sqrt(np.maximum(counts, 1))
    ties = (counts / counts.max() * 1e-6).astype(np.float32)
    return {
        "popularity": lambda rows: counts.copy(),
        "co-occurrence": lambda rows: np.ones(len(rows), np.float32) @ together[rows] + ties,
        "cosine": lambda rows: (1 / length[rows]) @ together[rows] / length + ties,
    }


def questions(histories: Histories, n_products: int) -> list[Question]:
    """One for each basket of a window."""
    rng = np.random.default_rng(0)
    out = []
    for user in range(len(histories)):
        baskets = basket_products(histories.take([user]), n_products, timed=True)
        for basket in range(baskets.shape[0]):
            rows = baskets.indices[baskets.indptr[basket] : baskets.indptr[basket + 1]].astype(np.int64)
            missing = int(rng.integers(len(rows)))
            out.append(Question(user, np.delete(rows, missing), int(rows[missing])))
    return out


def sample(asked: Sequence[Question], n: int) -> list[Question]:
    """At most `n`, drawn at random."""
    rng = np.random.default_rng(0)
    return [asked[i] for i in np.sort(rng.choice(len(asked), min(n, len(asked)), replace=False))]


def figures(scorer: Scorer, asked: Sequence[Question], leaf: IntArray) -> npt.NDArray[np.float64]:
    """Recall, NDCG and the share of same-leaf products among the first ten, `(n_questions, 3)`."""
    out = np.zeros((len(asked), 3))
    for i, question in enumerate(asked):
        scores = scorer(question.basket)
        scores[question.basket] = -np.inf
        rank = int((scores >= scores[question.missing]).sum()) - 1
        best = np.argpartition(-scores, K - 1)[:K]
        out[i] = rank < K, (rank < K) / np.log2(rank + 2), np.isin(leaf[best], leaf[question.basket]).mean()
    return out


def report(
    values: dict[str, npt.NDArray[np.float64]], users: IntArray
) -> dict[str, dict[str, dict[str, float]]]:
    """Means with intervals, and the difference from co-occurrence, printed and returned."""
    n_users = int(users.max()) + 1
    baskets = np.bincount(users)
    sums = {
        name: np.stack([np.bincount(users, weights=column) for column in value.T], axis=1)
        for name, value in values.items()
    }
    resampled: dict[str, list[npt.NDArray[np.float64]]] = {name: [] for name in values}
    for counts in draws(n_users):
        for name, total in sums.items():
            resampled[name].append(counts.T @ total / (counts.T @ baskets)[:, None])
    drawn = {name: np.concatenate(parts) for name, parts in resampled.items()}
    out: dict[str, dict[str, dict[str, float]]] = {}
    for name, value in values.items():
        mean, (low, high) = value.mean(axis=0), interval(drawn[name])
        out[name] = {}
        for i, figure in enumerate(FIGURES):
            against: dict[str, float] = {}
            for other in ("co-occurrence", "cosine"):
                gap = drawn[name][:, i] - drawn[other][:, i]
                ends = interval(gap[:, None])[:, 0]
                difference = float(mean[i] - values[other].mean(axis=0)[i])
                against |= {
                    f"minus {other}": difference,
                    f"minus {other}, low": float(ends[0]),
                    f"minus {other}, high": float(ends[1]),
                    f"p against {other}": p_value(difference, gap),
                }
            out[name][figure] = {
                "mean": float(mean[i]),
                "low": float(low[i]),
                "high": float(high[i]),
                **against,
            }
        row = "  ".join(
            f"{figure} {out[name][figure]['mean']:.4f} "
            f"[{out[name][figure]['low']:.4f} {out[name][figure]['high']:.4f}]"
            for figure in FIGURES
        )
        ndcg = out[name]["ndcg@10"]
        print(
            f"{name:22s} {row}  ndcg minus co-occurrence {ndcg['minus co-occurrence']:+.4f} "
            f"[{ndcg['minus co-occurrence, low']:+.4f} {ndcg['minus co-occurrence, high']:+.4f}]"
        )
    return out


def figure_line(mean: npt.NDArray[np.float64]) -> str:
    """Means as text."""
    return "  ".join(f"{name} {value:.4f}" for name, value in zip(FIGURES, mean, strict=True))


def leaves(paths: Sequence[tuple[str, ...]]) -> IntArray:
    """Number of each category path, -1 for the empty one."""
    numbers: dict[tuple[str, ...], int] = {}
    return np.array([numbers.setdefault(path, len(numbers)) if path else -1 for path in paths], np.int64)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "completejourney")
