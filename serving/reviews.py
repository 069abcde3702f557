"""Judging what users wrote: learned from the reviews that come with a rating, told of all of them."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data import RunError
from ..encoders.sentiment import Agreement, SentimentClassifier, SentimentConfig
from ..kg.aspects import AT_LEAST, clauses, find_aspects
from ..kg.reviews import PRAISE, product_names, read_reviews, write_judgement
from .run import Run

HIGH = 0.75
"""From this part of the scale on, as from 4 of 1 to 5, a rating is praise …"""
LOW = 0.25
"""… and up to this one, as up to 2 of 1 to 5, it is blame."""


@dataclass(frozen=True)
class Judged:
    """What `review_stage` did."""

    reviews: int
    rated: int
    """How many of them have a rating that is praise or blame."""
    praise: float
    """Share of all that is praise."""
    agreement: Agreement
    """How it agrees with the ratings of reviews that it had not seen."""
    aspects: int
    """How many there are, of all products."""


def review_stage(
    run: Run, config: SentimentConfig = SentimentConfig(), *, device: str = "auto", progress: bool = True
) -> Judged:
    """Judge every review of the run's graph, and find what products are praised and blamed for.

    Both are written into the graph. Killed on the way, it is completed by being called again.

    Args:
        run: With a loaded graph.
        config: How the encoder learns.
        device: Where to compute.
        progress: Whether to show bars on stderr.

    Raises:
        RunError: There are no reviews.
        EncoderError: Too few of them are rated high, or low.
    """
    with run.open() as graph:
        reviews = read_reviews(graph)
        if reviews.empty:
            raise RunError(
                f"no reviews in {run.folder}; load them with a table `reviews` "
                "(docs/folder-format.md), or with `cartograph load --reviews`"
            )
        texts = reviews["text"].to_numpy(object)
        scale = scaled(reviews["rating"].to_numpy(np.float64))
        taught = np.flatnonzero((scale >= HIGH) | (scale <= LOW))
        encoder = run.encoder(device=device)
        classifier, agreement = SentimentClassifier.fit(
            encoder,
            texts[taught].tolist(),
            scale[taught] >= HIGH,
            config,
            states=run.judging,
            progress=progress,
        )
        sentiment = classifier(texts.tolist(), progress=progress)
        said = list(_said(reviews, classifier, progress=progress))
        aspects = find_aspects(said, product_names(graph))
        model = f"{encoder.name}, {config.layers} layers and words tuned on {len(taught)} ratings"
        write_judgement(graph, reviews, sentiment, aspects, model=model)
    shutil.rmtree(run.judging)
    share = float((sentiment >= PRAISE).mean())
    return Judged(len(reviews), len(taught), share, agreement, len(aspects))


def scaled(ratings: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ratings from 0, the lowest that anybody gave, to 1, the highest; NaN where there is none.

    >>> scaled(np.array([1.0, 5.0, np.nan, 4.0])).tolist()
    [0.0, 1.0, nan, 0.75]
    """
    known = ratings[np.isfinite(ratings)]
    lowest, highest = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    out: npt.NDArray[np.float64] = (ratings - lowest) / (highest - lowest if highest > lowest else np.nan)
    return out


def _said(
    reviews: pd.DataFrame, classifier: SentimentClassifier, *, progress: bool
) -> Iterator[tuple[str, Iterable[tuple[str, bool]]]]:
    """The product of each review, its clauses, and which of them are praise."""
    counts = reviews["target"].map(reviews["target"].value_counts())
    several = reviews[counts >= AT_LEAST]
    parts = several["text"].map(clauses)
    flat = [clause for own in parts for clause in own]
    praise = iter(classifier(flat, progress=progress) >= PRAISE)
    for product, own in zip(several["target"], parts, strict=True):
        yield product, [(clause, bool(next(praise))) for clause in own]
