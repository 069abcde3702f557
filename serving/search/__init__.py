"""Search: words, meaning and the graph; facets, corrections and suggestions."""

from .config import SearchConfig
from .lexical import Field
from .product_search import Found, ProductSearch
from .results import Expansion, Facet, SearchResult, Suggestion

__all__ = [
    "Expansion",
    "Facet",
    "Field",
    "Found",
    "ProductSearch",
    "SearchConfig",
    "SearchResult",
    "Suggestion",
]
