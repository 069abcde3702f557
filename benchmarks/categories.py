"""Which leaf category a product of an unknown brand belongs to, told by its text alone.

    python benchmarks/categories.py

Beauty's brands are dealt in two: a fifth of them, with all their products, are asked about and nothing of
them is learned from; a product without a brand is a brand of its own. Beside `CategoryClassifier`, with its
defaults, stands logistic regression on TF-IDF of words or of characters, the better of these and its strength
chosen on a fifth of the other brands. Both read title, brand and description. Confidences come from products
whose brand the classifier did not know (`Calibration`); the calibration error is the mean distance between
confidence and accuracy in ten bins of equal width (Guo et al. 2017, eq. 3). Intervals are 95 % by resampling
brands. The result is `benchmarks/results/categories.json`.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from benchmarks.search import with_interval  # noqa: E402
from cartograph.data import Columns, Dataset, load  # noqa: E402
from cartograph.data.dataset import BoolArray, IntArray, StrArray  # noqa: E402
from cartograph.data.words import words  # noqa: E402
from cartograph.encoders import DEFAULT_ENCODER, load_encoder  # noqa: E402
from cartograph.encoders.texts import product_texts  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402
from cartograph.evaluation.bootstrap import draws  # noqa: E402
from cartograph.kg.quality import CategoryClassifier, TextVectors  # noqa: E402
from cartograph.kg.quality.calibration import Calibration, Numbers  # noqa: E402
from cartograph.kg.quality.likeness import product_terms  # noqa: E402
from cartograph.kg.schema import CATEGORY_SEPARATOR  # noqa: E402
from cartograph.serving.quality import WITHOUT_CATEGORY  # noqa: E402

RESULT = RESULTS / "categories.json"
WITHHELD = 0.2
ANALYZERS = ("word", (1, 2)), ("char_wb", (2, 5))
STRENGTHS = 1.0, 10.0, 50.0
BINS = 10


def dealt(brands: StrArray, rng: np.random.Generator) -> BoolArray:
    """Which products are of the brands that are withheld, `(n,)`."""
    names = np.unique(brands)
    rng.shuffle(names)
    out: BoolArray = np.isin(brands, names[rng.random(len(names)) < WITHHELD])
    return out


def regression(
    texts: StrArray, target: IntArray, brands: StrArray, asked: BoolArray
) -> tuple[dict[str, float], BoolArray]:
    """What validation finds of every setting, and whether the best is right about each product asked."""
    checked = np.zeros(len(texts), dtype=bool)
    checked[~asked] = dealt(brands[~asked], np.random.default_rng(1))

    def right(
        settings: tuple[tuple[str, tuple[int, int]], float], known: BoolArray, new: BoolArray
    ) -> BoolArray:
        (analyzer, lengths), strength = settings
        vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, min_df=2, sublinear_tf=True)
        rows = vectorizer.fit_transform(texts[known])
        model = LogisticRegression(C=strength, max_iter=300).fit(rows, target[known])
        out: BoolArray = model.predict(vectorizer.transform(texts[new])) == target[new]
        return out

    grid = list(product(ANALYZERS, STRENGTHS))
    shares = [float(right(settings, ~asked & ~checked, checked).mean()) for settings in grid]
    named = {f"{analyzer}, C={c:g}": round(s, 4) for ((analyzer, _), c), s in zip(grid, shares, strict=True)}
    return named, right(grid[int(np.argmax(shares))], ~asked, asked)


def ours(
    dataset: Dataset,
    texts: list[str],
    leaves: list[str],
    target: IntArray,
    brands: StrArray,
    asked: BoolArray,
) -> tuple[BoolArray, Numbers]:
    """Whether the classifier is right about each product that is asked, and its confidence."""
    encoder = load_encoder(DEFAULT_ENCODER)
    vectors, names = encoder.encode(texts, progress=True), encoder.encode(leaves)
    columns = (dataset.products[name] for name in (Columns.TITLE, Columns.DESCRIPTION, Columns.BRAND))
    terms = [
        product_terms(words(title), description, f"brand:{brand}")
        for title, description, brand in zip(*columns, strict=True)
    ]
    known, new = np.flatnonzero(~asked), np.flatnonzero(asked)
    classifier, held_out = CategoryClassifier.fit(
        [terms[row] for row in known],
        target[known],
        np.unique(brands[known], return_inverse=True)[1],
        TextVectors(vectors[known], names),
    )
    best = classifier.leaves[held_out.argmax(axis=1)]
    calibration = Calibration.of(held_out.max(axis=1), best == target[known])
    found = classifier([terms[row] for row in new], vectors[new])
    print("exponents:", classifier.exponents.round(2))
    right: BoolArray = classifier.leaves[found.argmax(axis=1)] == target[new]
    return right, calibration(found.max(axis=1))


def calibration_error(confidences: Numbers, right: Numbers) -> float:
    """Guo et al. 2017, "On calibration of modern neural networks", eq. 3.

    >>> round(calibration_error(np.array([0.9, 0.9, 0.2]), np.array([1.0, 0.0, 0.0])), 4)
    0.3333
    """
    place = np.minimum((confidences * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(place, weights=right - confidences, minlength=BINS)
    return float(np.abs(gaps).sum() / len(right))


def main() -> None:
    """Split, learn, answer, print, write the result."""
    folder = DATASETS / "amz14_beauty"
    if not folder.is_dir():
        sys.exit(f"no {folder}; set CARTOGRAPH_DATASETS")
    dataset = load(str(folder))
    products = dataset.products
    own = np.array([f"#{row}" for row in range(len(products))])
    brands = np.where(products[Columns.BRAND] == "", own, products[Columns.BRAND].to_numpy(str))
    names = (Columns.TITLE, Columns.BRAND, Columns.DESCRIPTION)
    rows = zip(*(products[name] for name in names), strict=True)
    texts = product_texts((dict(zip(names, row, strict=True)) for row in rows), WITHOUT_CATEGORY)
    paths = products[Columns.CATEGORY].map(CATEGORY_SEPARATOR.join).to_numpy(str)
    leaves, target = np.unique(paths, return_inverse=True)
    asked = dealt(brands, np.random.default_rng(0))
    validation, theirs = regression(np.array(texts), target, brands, asked)
    right, confidences = ours(dataset, texts, leaves.tolist(), target, brands, asked)

    brand = np.unique(brands[asked], return_inverse=True)[1]
    sums = np.stack([np.bincount(brand, weights=w) for w in (right, theirs, np.ones(len(brand)))])
    drawn = np.concatenate([(sums @ counts).T for counts in draws(sums.shape[1])])
    accuracies = drawn[:, :2] / drawn[:, 2:]
    document = {
        "products": int(asked.sum()),
        "brands": int(sums.shape[1]),
        "categories": len(leaves),
        "validation": validation,
        "ours": with_interval(right.mean(), accuracies[:, 0]),
        "regression": with_interval(theirs.mean(), accuracies[:, 1]),
        "ours minus regression": with_interval(
            right.mean() - theirs.mean(), accuracies[:, 0] - accuracies[:, 1]
        ),
        "calibration error": round(calibration_error(confidences, right.astype(np.float64)), 4),
    }
    for name, value in document.items():
        print(f"{name:24}{value}")
    write_json(RESULT, document)


if __name__ == "__main__":
    main()
