"""Many threads use a thing at once, but for moments in which one exchanges it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Shared by readers, who may nest, or held alone by one thread that itself reads nothing."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sharing = 0
        self._taken = False
        self._own = threading.local()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Use the thing until the end of the block; waits while it is exchanged."""
        depth = getattr(self._own, "depth", 0)
        if not depth:
            with self._changed:
                self._changed.wait_for(lambda: not self._taken)
                self._sharing += 1
        self._own.depth = depth + 1
        try:
            yield
        finally:
            self._own.depth = depth
            if not depth:
                with self._changed:
                    self._sharing -= 1
                    self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Exchange the thing: those who use it end first, those who come wait."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken)
            self._taken = True
            self._changed.wait_for(lambda: not self._sharing)
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
