"""What the endpoints share: the recommender, whether it is ready, and how it is exchanged."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...kg.reader import BoundedReader
from ..recommender import Recommender
from ..run import Run
from .errors import ApiError

_DAY = 86_400
"""Seconds."""


class Service:
    """A recommender that loads in the background and is exchanged without a pause."""

    def __init__(self, run: Path, *, writable: bool = True) -> None:
        self.run = run
        self.writable = writable
        self.failure: Exception | None = None
        self._recommender: Recommender | None = None
        self._readers: list[BoundedReader] = []  # the last one is of the run that is served
        self._reading: Counter[BoundedReader] = Counter()
        self._lock = threading.Lock()
        self._reloading = threading.Lock()
        self._trained_at = 0.0

    def load(self) -> None:
        """Load the run and answer questions, so that the first visitor does not wait for late imports."""
        try:
            recommender = Recommender.load(self.run, writable=self.writable)
            recommender.for_events([], 1)
            recommender.search("a", 1)
            self._readers.append(self._open_reader(self.run))
            self._trained_at = Run(self.run).index.stat().st_mtime
        except Exception as error:
            self.failure = error
            raise
        self._recommender = recommender

    def _open_reader(self, folder: Path) -> BoundedReader:
        run = Run(folder)
        reader = BoundedReader(run.state().store or run.graph)
        reader.table("RETURN 1 AS one", timeout=30.0)
        return reader

    @property
    def ready(self) -> bool:
        """Whether the recommender is loaded."""
        return self._recommender is not None

    @property
    def recommender(self) -> Recommender:
        """The loaded recommender.

        Raises:
            ApiError: It is not loaded yet.
        """
        if self._recommender is None:
            raise ApiError(
                503, "not_ready", "the run is still loading", "GET /ready says when", {"Retry-After": "1"}
            )
        return self._recommender

    def to_write(self) -> Recommender:
        """The recommender, if it may be written to.

        Raises:
            ApiError: It is served for reading only, or not loaded.
        """
        if not self.writable:
            raise ApiError(
                409,
                "read_only",
                "this server only reads its run",
                "start it without --read-only to add events",
            )
        return self.recommender

    def reload(self, run: Path | None) -> None:
        """Load a run folder, then answer from it; until then from the one before.

        Raises:
            ApiError: Another reload is under way.
            RunError: The folder is not a trained run; the one before stays.
        """
        if not self._reloading.acquire(blocking=False):
            raise ApiError(409, "reload_running", "a reload is under way", "wait until it ends")
        try:
            self.recommender.reload(run)
            self.run = run or self.run
            self._trained_at = Run(self.run).index.stat().st_mtime
            reader = self._open_reader(self.run)
            with self._lock:
                self._readers.append(reader)
            self._close_old_readers()
        finally:
            self._reloading.release()

    @property
    def trained_at(self) -> float:
        """When the index that is served was written, seconds since epoch."""
        return self._trained_at

    def facts(self) -> dict[str, Any]:
        """What the run is: its data, how much there is, when it was trained, how good it is."""
        run, recommender = Run(self.run), self.recommender
        state = run.state()
        return {
            "dataset": state.dataset,
            "store": "neo4j" if state.store else "embedded",
            "encoder": state.encoder,
            "trained_at": self._trained_at,
            "writable": self.writable,
            "products": len(recommender.catalogue.ids),
            "counts": recommender.counts(),
            "evaluation": json.loads(run.evaluation.read_text("utf-8")) if run.evaluation.exists() else None,
        }

    @contextmanager
    def reading(self) -> Iterator[BoundedReader]:
        """What asks the graph for strangers, and for walks that may be long; open until the end of the block.

        Raises:
            ApiError: The run is not loaded yet.
        """
        _ = self.recommender
        with self._lock:
            reader = self._readers[-1]
            self._reading[reader] += 1
        try:
            yield reader
        finally:
            with self._lock:
                self._reading[reader] -= 1
            self._close_old_readers()

    def _close_old_readers(self) -> None:
        """End those of runs that are served no more, once nobody reads with them."""
        with self._lock:
            old = [reader for reader in self._readers[:-1] if not self._reading[reader]]
            self._readers = [reader for reader in self._readers if reader not in old]
        for reader in old:
            reader.close()

    def examples(self) -> dict[str, str | int]:
        """A value of this run for each kind of parameter but numbers.

        They are a popular product, its brand and category, a user, and the day 30 days before the user's last
        event, in seconds since epoch.
        """
        users = self.recommender.users("", 1)
        last = next((event.at for event in self.recommender.history(users[0], 1)), 0) if users else 0
        return {
            "date": max(last // _DAY - 30, 0) * _DAY,
            "Product": self._common("product_id"),
            "Brand": self._common("brand"),
            "Category": self._common("category"),
            "User": users[0] if users else "",
        }

    def _common(self, fact: str) -> str:
        """What the most popular product with such a fact has."""
        popular = self.recommender.for_events([], 100)
        return next((value for item in popular if (value := getattr(item, fact))), "")

    def close(self) -> None:
        """Let go of the run."""
        if self._recommender is not None:
            self._recommender.close()
            self._recommender = None
        for reader in self._readers:
            reader.close()
