"""Products that read like those in the history."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..data import Dataset, Histories
from ..data.dataset import Columns, FloatArray
from ..data.matrices import incidence
from ..data.splits import Split
from .evaluate import Scorer
from .extras import import_extra
from .matrices import event_counts, filled
from .tuning import Baseline

DECAYS = (0.1, 0.3, 0.6, 1.0)
"""Decays per event of a history that are worth a try."""

_WORD = r"\w+"

Vectors = sp.csr_array | FloatArray


@dataclass(frozen=True)
class ContentConfig:
    """What is compared with what."""

    text: str = ""
    """Which of the given texts is read."""
    decay: float = 0.6
    """Decay per event of the asked user's history."""


def content_knn(texts: Sequence[str], vectors: Callable[[Dataset, str], Vectors]) -> Baseline[ContentConfig]:
    """The model that scores products by the cosine to the decayed sum of a history's products.

    Args:
        texts: What may be read of a product, by names that `vectors` understands.
        vectors: From a dataset and one of `texts` to the products' unit vectors, zero where there is no text,
            `(n_products, d)`.
    """

    def prepare(split: Split) -> Callable[[ContentConfig], Scorer]:
        n_products = len(split.train.products)
        popularity = event_counts(split.train.histories(), n_products)
        by_text = {text: vectors(split.train, text) for text in texts}

        def build(config: ContentConfig) -> Scorer:
            of_products = by_text[config.text]

            def score(asked: Histories) -> FloatArray:
                decayed = incidence(asked, n_products, config.decay)
                if isinstance(of_products, np.ndarray):
                    return filled(decayed @ of_products @ of_products.T, popularity)
                return filled((decayed @ of_products @ of_products.T).toarray(), popularity)

            return score

        return build

    return Baseline(prepare, lambda split: [ContentConfig(text, decay) for text in texts for decay in DECAYS])


def tfidf(dataset: Dataset, text: str) -> sp.csr_array:
    """Unit TF-IDF vectors of the products, with logarithmic term frequencies, `(n_products, n_words)`.

    Args:
        dataset: Whose products.
        text: `"title"`, or `"all"` for title, brand, category, attributes and description.
    """
    products = dataset.products
    titles = products[Columns.TITLE]
    if text == "title":
        return _tfidf(titles)
    attributes = dataset.product_attributes.groupby(Columns.PRODUCT)[Columns.VALUE].agg(" ".join)
    parts = [
        titles,
        products[Columns.BRAND],
        products[Columns.CATEGORY].map(" ".join),
        attributes.reindex(products[Columns.PRODUCT], fill_value="").set_axis(products.index),
        products[Columns.DESCRIPTION],
    ]
    return _tfidf(pd.concat(parts, axis=1).agg(" ".join, axis=1))


def _tfidf(texts: "pd.Series[str]") -> sp.csr_array:
    if not any(re.search(_WORD, text) for text in texts):
        return sp.csr_array(np.zeros((len(texts), 1), dtype=np.float32))
    library = import_extra("sklearn.feature_extraction.text")
    vectorizer = library.TfidfVectorizer(sublinear_tf=True, token_pattern=_WORD, dtype=np.float32)
    return sp.csr_array(vectorizer.fit_transform(texts))
