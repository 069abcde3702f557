"""What users did, read from the graph when it is asked for."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from ..data import EVENT_TYPES
from ..data.dataset import IntArray
from ..kg import EVENT_RELATIONS, GraphStore

MOST_USERS = 100_000
"""The events of so many users are remembered, of those who were asked for last."""

_EVENTS = " UNION ALL ".join(
    f"MATCH (u:User {{id: $user}})-[r:{relation}]->(p:Product) "
    f"RETURN r.at AS at, {EVENT_TYPES.index(kind)} AS type, p.id AS id"
    for kind, relation in EVENT_RELATIONS.items()
)
"""One statement, since each is a round trip to a server."""


class Happening(NamedTuple):
    """One event; sorted they are in the order of training."""

    at: int
    type: int
    """Position in `EVENT_TYPES`."""
    product_id: str


class Past:
    """Users' events, oldest first; several threads may ask.

    They are remembered where nobody else can write to the graph, since then all that is new comes through
    `forget`. That saves the queries, which take longer than a ranking.
    """

    def __init__(self, store: GraphStore, *, remember: bool) -> None:
        self._store = store
        self._remember = remember
        self._known: OrderedDict[str, tuple[tuple[Happening, ...], IntArray]] = OrderedDict()
        self._lock = threading.Lock()
        self._written = 0

    def of(self, user_id: str, rows: Mapping[str, int]) -> tuple[tuple[Happening, ...], IntArray]:
        """A user's events, oldest first, and their product rows; none for a user that the graph lacks.

        Args:
            user_id: Whose.
            rows: Row of every product; events of others are left out.
        """
        with self._lock:
            if user_id in self._known:
                self._known.move_to_end(user_id)
                return self._known[user_id]
            written = self._written
        events = self._read(user_id)
        known = tuple(event for event in events if event.product_id in rows)
        found = known, np.array([rows[event.product_id] for event in known], dtype=np.int64)
        with self._lock:  # what came after we read, or is newer than `rows`, is read again
            if self._remember and written == self._written and len(known) == len(events):
                self._known[user_id] = found
                if len(self._known) > MOST_USERS:
                    self._known.popitem(last=False)
        return found

    def knows(self, user_id: str) -> bool:
        """Whether the graph has such a user."""
        return bool(self._store.query("MATCH (u:User {id: $user}) RETURN u.id AS id", {"user": user_id}))

    def users(self, prefix: str, k: int) -> list[str]:
        """The first `k` user ids that begin so."""
        found = self._store.query(
            f"MATCH (u:User) WHERE u.id STARTS WITH $prefix RETURN u.id AS id ORDER BY id LIMIT {int(k)}",
            {"prefix": prefix},
        )
        return [row["id"] for row in found]

    def forget(self, user_ids: Iterable[str]) -> None:
        """Read these users' events anew when they are asked for again."""
        with self._lock:
            self._written += 1
            for user_id in user_ids:
                self._known.pop(user_id, None)

    def _read(self, user_id: str) -> tuple[Happening, ...]:
        found = self._store.query(_EVENTS, {"user": user_id})
        return tuple(sorted(Happening(row["at"], row["type"], row["id"]) for row in found))
