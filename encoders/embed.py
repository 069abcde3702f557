"""Vectors for every node that has a text."""

from ..data.dataset import FloatArray
from ..kg import GraphArrays
from .cache import EmbeddingCache
from .encoder import TextEncoder
from .texts import DEFAULT_TEMPLATE, node_texts


def embed_graph(
    arrays: GraphArrays,
    encoder: TextEncoder,
    cache: EmbeddingCache,
    *,
    template: str = DEFAULT_TEMPLATE,
    progress: bool = True,
) -> dict[str, FloatArray]:
    """Unit vectors by label, in node order, each `(n_nodes, d)`.

    Args:
        arrays: The exported graph.
        encoder: Computes what the cache lacks.
        cache: Keeps what was computed.
        template: How a product reads, see `node_texts`.
        progress: Whether to show a bar on stderr.
    """
    texts = node_texts(arrays, template)
    flat = [text for label in texts for text in texts[label]]
    vectors = cache.encode(encoder, flat, progress=progress)
    out, start = {}, 0
    for label, own in texts.items():
        out[label] = vectors[start : start + len(own)]
        start += len(own)
    return out
