"""The splits by name."""

from collections.abc import Callable
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from .cold_splits import item_cold, user_cold
from .dataset import Dataset
from .splits import Exam, leave_one_out, time_split

PROTOCOLS: MappingProxyType[str, Callable[..., Exam]] = MappingProxyType(
    {
        "leave-one-out": leave_one_out,
        "time": time_split,
        "item-cold": item_cold,
        "user-cold": user_cold,
    }
)


def split(dataset: Dataset, protocol: str, **settings: Any) -> Exam:
    """The dataset, cut by the protocol of that name.

    Args:
        dataset: What to cut.
        protocol: One of `PROTOCOLS`.
        settings: What the protocol's function takes besides the dataset.

    Raises:
        ValueError: There is no such protocol.
        DataError: The dataset does not do for it.
    """
    if protocol not in PROTOCOLS:
        near = get_close_matches(protocol, PROTOCOLS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"protocol is {protocol!r}; it must be one of {', '.join(PROTOCOLS)}{hint}")
    return PROTOCOLS[protocol](dataset, **settings)
