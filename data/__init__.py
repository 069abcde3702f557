"""Tables in, validated `Dataset` out; splits for evaluation. Knows nothing of graphs or models."""

from .cold_splits import item_cold, user_cold
from .dataset import EVENT_TYPES, LINK_TYPES, Columns, Dataset, Histories
from .errors import (
    CartographError,
    DataError,
    EncoderError,
    RunError,
    StoreError,
    UnknownIdError,
    UnknownProductError,
    UnknownUserError,
)
from .files import atomically
from .k_core import k_core
from .load import datasets, load
from .protocols import PROTOCOLS, split
from .sources import Source
from .splits import Cases, Exam, Split, leave_one_out, time_split

__all__ = [
    "EVENT_TYPES",
    "LINK_TYPES",
    "PROTOCOLS",
    "CartographError",
    "Cases",
    "Columns",
    "DataError",
    "Dataset",
    "EncoderError",
    "Exam",
    "Histories",
    "RunError",
    "Source",
    "Split",
    "StoreError",
    "UnknownIdError",
    "UnknownProductError",
    "UnknownUserError",
    "atomically",
    "datasets",
    "item_cold",
    "k_core",
    "leave_one_out",
    "load",
    "split",
    "time_split",
    "user_cold",
]
