"""Cartograph: the product-graph recommender.

>>> from cartograph import Recommender, load  # heavy parts are imported at first use
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .data import Dataset as Dataset
    from .data import load as load
    from .kg import open_store as open_store
    from .serving.filters import Filter as Filter
    from .serving.live import Event as Event
    from .serving.live import NewProduct as NewProduct
    from .serving.policy import Boost as Boost
    from .serving.policy import Cap as Cap
    from .serving.policy import Pin as Pin
    from .serving.policy import Policy as Policy
    from .serving.recommender import Recommender as Recommender

__version__ = "0.1.0"

_PUBLIC = {
    "Boost": "cartograph.serving.policy",
    "Cap": "cartograph.serving.policy",
    "Dataset": "cartograph.data",
    "Event": "cartograph.serving.live",
    "Filter": "cartograph.serving.filters",
    "NewProduct": "cartograph.serving.live",
    "Pin": "cartograph.serving.policy",
    "Policy": "cartograph.serving.policy",
    "Recommender": "cartograph.serving.recommender",
    "load": "cartograph.data",
    "open_store": "cartograph.kg",
}

__all__ = [
    "Boost",
    "Cap",
    "Dataset",
    "Event",
    "Filter",
    "NewProduct",
    "Pin",
    "Policy",
    "Recommender",
    "load",
    "open_store",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'cartograph' has no attribute {name!r}; it has {', '.join(__all__)}")
