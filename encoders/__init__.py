"""Which text a node has, and BERT vectors for it. Knows nothing of users or ranking."""

from .cache import EmbeddingCache
from .embed import embed_graph
from .encoder import Precision, TextEncoder
from .texts import DEFAULT_TEMPLATE, node_texts, product_texts
from .tune import TuneConfig, tune
from .weights import DEFAULT_ENCODER, MULTILINGUAL_ENCODER, load_encoder

__all__ = [
    "DEFAULT_ENCODER",
    "DEFAULT_TEMPLATE",
    "MULTILINGUAL_ENCODER",
    "EmbeddingCache",
    "Precision",
    "TextEncoder",
    "TuneConfig",
    "embed_graph",
    "load_encoder",
    "node_texts",
    "product_texts",
    "tune",
]
