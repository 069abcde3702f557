"""Keeping transformers' notices and bars off the terminal."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """While a model is read or written."""
    from transformers.utils import logging as notices

    logger = logging.getLogger("transformers")
    level, bars = logger.level, notices.is_progress_bar_enabled()
    logger.setLevel(logging.ERROR)
    notices.disable_progress_bar()
    try:
        yield
    finally:
        logger.setLevel(level)
        if bars:
            notices.enable_progress_bar()
