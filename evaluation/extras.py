"""Libraries that only some baselines take; imported at first use."""

from importlib import import_module
from typing import Any

from ..data import CartographError


def import_extra(module: str) -> Any:
    """The module, which comes with the extra `baselines`.

    Raises:
        CartographError: It is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise CartographError(
            f"this baseline takes {module.split('.')[0]!r}, which is not installed; "
            'run pip install "cartograph-recommender[baselines]"'
        ) from error
