"""Tables in, validated `Dataset` out; splits for evaluation. Knows nothing of graphs or models."""

from .dataset import EVENT_TYPES, LINK_TYPES, Columns, Dataset, Histories
from .errors import CartographError, DataError, EncoderError, RunError, StoreError
from .load import Source, datasets, load

__all__ = [
    "EVENT_TYPES",
    "LINK_TYPES",
    "CartographError",
    "Columns",
    "DataError",
    "Dataset",
    "EncoderError",
    "Histories",
    "RunError",
    "Source",
    "StoreError",
    "datasets",
    "load",
]
