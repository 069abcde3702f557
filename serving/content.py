"""Products as their text, read by BERT: what content-kNN compares."""

import tempfile
from pathlib import Path

import pandas as pd

from ..data import Dataset
from ..data.dataset import FloatArray
from ..encoders import DEFAULT_ENCODER, DEFAULT_TEMPLATE, EmbeddingCache, load_encoder, node_texts
from ..gnn.graph import centred
from ..kg import export, load_dataset, open_store

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
    with (
        tempfile.TemporaryDirectory(prefix="cartograph-") as folder,
        open_store(Path(folder) / "graph.lbug") as graph,
    ):
        load_dataset(graph, dataset.with_events(dataset.events.iloc[:0]), progress=progress)
        arrays = export(graph)
    texts = node_texts(arrays, TEMPLATES[text])["Product"]
    kept = EmbeddingCache(cache or Path.home() / ".cache" / "cartograph" / "embeddings")
    vectors = kept.encode(load_encoder(encoder, device=device), texts, progress=progress)
    rows = pd.Index(arrays.nodes["Product"]["id"]).get_indexer(dataset.product_index)
    return centred(vectors[rows])
