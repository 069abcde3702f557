"""Whether a Chinese shop review is praise, told by its text alone.

    python benchmarks/sentiment.py

The reviews of `online_shopping_10_cats`, each text once. A tenth, by the hash of the text, is the test part
and read once; another tenth is for choosing settings. `SentimentClassifier`, with its defaults and the
packaged multilingual encoder, learns from all the rest, and so does logistic regression on TF-IDF of
characters, whose lengths and strength are chosen on the second tenth. Intervals are 95 % by resampling
reviews. The result is `benchmarks/results/sentiment.json`; training takes forty minutes on a core that
computes in bfloat16.
"""

import hashlib
import sys
import tempfile
import time
import zipfile
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from benchmarks.search import with_interval  # noqa: E402
from cartograph.data.dataset import BoolArray, StrArray  # noqa: E402
from cartograph.encoders import MULTILINGUAL_ENCODER, load_encoder  # noqa: E402
from cartograph.encoders.sentiment import SentimentClassifier  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402
from cartograph.evaluation.bootstrap import draws  # noqa: E402
from cartograph.kg.reviews import PRAISE  # noqa: E402

SOURCE = DATASETS / "online_shopping_10_cats" / "online_shopping_10_cats.zip"
RESULT = RESULTS / "sentiment.json"
LENGTHS = (1, 2), (1, 3), (1, 4)
STRENGTHS = 3.0, 10.0, 30.0


def read() -> pd.DataFrame:
    """The reviews, each text once; the program ends where they are absent."""
    if not SOURCE.exists():
        sys.exit(f"no {SOURCE}; set CARTOGRAPH_DATASETS")
    with zipfile.ZipFile(SOURCE) as archive, archive.open(archive.namelist()[0]) as file:
        table = pd.read_csv(file).dropna(subset=["review"])
    table["review"] = table["review"].astype(str).str.strip()
    return table[table["review"] != ""].drop_duplicates("review", ignore_index=True)


def parts(texts: StrArray) -> StrArray:
    """`test`, `validation` or `train` for each text, by its hash."""
    tenths = [int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100 // 10 for text in texts]
    return np.array([{0: "test", 1: "validation"}.get(tenth, "train") for tenth in tenths], dtype=object)


def regression(
    texts: StrArray, praise: BoolArray, known: BoolArray, asked: BoolArray, lengths: tuple[int, int], c: float
) -> BoolArray:
    """Whether logistic regression on TF-IDF of characters is right about each text that is asked."""
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=lengths, min_df=2, sublinear_tf=True)
    model = LogisticRegression(C=c, solver="liblinear").fit(
        vectorizer.fit_transform(texts[known]), praise[known]
    )
    out: BoolArray = model.predict(vectorizer.transform(texts[asked])) == praise[asked]
    return out


def main() -> None:
    """Split, learn, answer, print, write the result."""
    table = read()
    texts, praise = table["review"].to_numpy(object), table["label"].to_numpy() == 1
    part = parts(texts)
    train, validation, test = (part == name for name in ("train", "validation", "test"))
    grid = list(product(LENGTHS, STRENGTHS))
    shares = [float(regression(texts, praise, train, validation, *settings).mean()) for settings in grid]
    theirs = regression(texts, praise, train, test, *grid[int(np.argmax(shares))])

    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        classifier, _ = SentimentClassifier.fit(
            load_encoder(MULTILINGUAL_ENCODER),
            texts[train].tolist(),
            praise[train],
            states=Path(folder) / "states",
        )
    seconds = time.perf_counter() - begun
    ours, held = (
        (classifier(texts[rows].tolist(), progress=True) >= PRAISE) == praise[rows]
        for rows in (test, validation)
    )
    right = np.stack([ours, theirs]).astype(np.float64)
    drawn = np.concatenate([(right @ counts).T for counts in draws(right.shape[1])]) / right.shape[1]
    document = {
        "reviews": {name: int((part == name).sum()) for name in ("train", "validation", "test")},
        "validation": {
            **{
                f"characters {a}–{b}, C={c:g}": round(s, 4)
                for ((a, b), c), s in zip(grid, shares, strict=True)
            },
            "ours": round(float(held.mean()), 4),
        },
        "ours": with_interval(ours.mean(), drawn[:, 0]),
        "regression": with_interval(theirs.mean(), drawn[:, 1]),
        "ours minus regression": with_interval(ours.mean() - theirs.mean(), drawn[:, 0] - drawn[:, 1]),
        "seconds of training": round(seconds),
    }
    for name, value in document.items():
        print(f"{name:24}{value}")
    write_json(RESULT, document)


if __name__ == "__main__":
    main()
