"""Products as their text, read by BERT: what content-kNN compares."""

from pathlib import Path

import pandas as pd

from ..data import Dataset
from ..data.dataset import FloatArray
from ..encoders import DEFAULT_ENCODER, DEFAULT_TEMPLATE, EmbeddingCache, load_encoder, node_texts
from ..gnn.graph import centred
from ..kg import exported

TEMPLATES = {"title": "{title}", "all": DEFAULT_TEMPLATE}
"""How a product reads, by the names that content-kNN chooses from."""


def text_vectors(
    dataset: Dataset,
    text: str,
    *,
    encoder: str = DEFAULT_ENCODER,
    device: str = "auto",
    cache: Path | None = None,
    progress: bool = True,
) -> FloatArray:
    """The products' centred text vectors at unit length, `(n_products, d)`.

    Args:
        dataset: Whose products.
        text: One of `TEMPLATES`.
        encoder: Name or folder of the text encoder.
        device: Where to compute.
        cache: Where text vectors are kept; `~/.cache/cartograph` when absent.
        progress: Whether to show bars on stderr.
    """
    arrays = exported(dataset.with_events(dataset.events.iloc[:0]), progress=progress)
    texts = node_texts(arrays, TEMPLATES[text])["Product"]
    vectors = EmbeddingCache(cache).encode(load_encoder(encoder, device=device), texts, progress=progress)
    rows = pd.Index(arrays.nodes["Product"]["id"]).get_indexer(dataset.product_index)
    return centred(vectors[rows])
