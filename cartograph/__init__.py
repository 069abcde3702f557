"""Cartograph: the product-graph recommender.

>>> from cartograph import Recommender, load  # heavy parts are imported at first use
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .data import Dataset as Dataset
    from .data import load as load
    from .kg import open_store as open_store
    from .serving.recommender import Recommender as Recommender

__version__ = "0.1.0"

_PUBLIC = {
    "Dataset": "cartograph.data",
    "Recommender": "cartograph.serving.recommender",
    "load": "cartograph.data",
    "open_store": "cartograph.kg",
}

__all__ = ["Dataset", "Recommender", "load", "open_store"]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'cartograph' has no attribute {name!r}; it has {', '.join(__all__)}")
