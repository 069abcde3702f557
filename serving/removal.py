"""What scores would be without each event of a history, and which event and channel that singles out.

An event that contributes much need not be one that a score hinges on: the cosine divides by the query's
length, and events before a removed one move up. So what is named first is found by removing, exactly.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..data.dataset import FloatArray, IntArray
from ..data.matrices import PATH_DECAY, PATH_EVENTS, entries, unit
from .index import Index
from .ranker import one_user
from .second_stage import SecondStage, best_candidates

CHANNEL_NAMES = {"id": "collaborative", "paths": "bought in turn"}
"""What a channel is called in front of users, where it differs; spectral vectors are collaborative too."""

TRIED = 32
"""The last events, at most so many, are removed one by one where the second stage has to score each time."""

POOL = 3
"""Of how many times the second stage's candidates the candidates are chosen anew."""


def channel_names(index: Index) -> tuple[str, ...]:
    """The channels through which events act on a score, as shown to users.

    Collaborative and text are always among them: besides the network's channels they are scores of their own.
    """
    own = (CHANNEL_NAMES.get(name, name) for name in index.channels)
    return tuple(dict.fromkeys([*own, CHANNEL_NAMES["paths"], CHANNEL_NAMES["id"], "text"]))


def n_counted(index: Index, events: IntArray) -> int:
    """How many of the last events have a part in the first stage's scores."""
    return min(len(events), max(index.max_history, PATH_EVENTS))


def drops(index: Index, events: IntArray, rows: IntArray) -> npt.NDArray[np.float64]:
    """What the first stage's scores lose without each event, all others staying.

    Exactly the difference of two scores: older events move up, the lengths of the query and of the taste
    change, and an event that was too old may come in. Without the only event nothing is left but the prior.

    Args:
        index: The trained index.
        events: Product rows of the user's history, oldest first.
        rows: Product rows, `(n_rows,)`.

    Returns:
        `(n_counted, n_rows)`, for the last events, latest last; negative where an event stands in the way.
    """
    without = _Without(index, events, rows)
    return without.scores[:1] - without.scores[1:]


def strongest(index: Index, events: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """The event that the first stage's score of each product hinges on most, and through which channel.

    Args:
        index: The trained index.
        events: Product rows of the user's history, oldest first, at least one.
        rows: Product rows, `(n_rows,)`.

    Returns:
        Positions in `events`, and in `channel_names(index)`, each `(n_rows,)`.
    """
    without = _Without(index, events, rows)
    first = without.scores[1:].argmin(axis=0)
    channels = without.channel_drops(first)
    return first + len(events) - len(without.scores) + 1, channels.argmax(axis=1)


def ranking_drops(index: Index, second: SecondStage, events: IntArray, row: int) -> npt.NDArray[np.float64]:
    """What a product's score in the second stage loses without each event, by asking for it anew each time.

    What competes for being candidates is what the first stage ranks best for the whole history, which takes
    the same time however large the catalogue is.

    Args:
        index: The trained index.
        second: What orders its best products anew.
        events: Product rows of the user's history, oldest first, at least two.
        row: Product row.

    Returns:
        For the last `TRIED` events or fewer, latest last; negative where an event stands in the way.
    """
    best = best_candidates(index.parts(one_user(events)), POOL * second.candidates)[0]
    pool = np.unique(np.concatenate([best, events, [row]]))
    place = int(np.searchsorted(pool, row))
    tried = range(len(events) - min(len(events), TRIED), len(events))
    histories = [events, *(np.delete(events, event) for event in tried)]
    scores = np.array([second.scores(index.parts(one_user(h), pool))[0, place] for h in histories])
    out: npt.NDArray[np.float64] = (scores[:1] - scores[1:]).astype(np.float64)
    return out


class _Without:
    """The scores of some products for one history, whole and without each of its events."""

    def __init__(self, index: Index, events: IntArray, rows: IntArray) -> None:
        limit = max(index.max_history, PATH_EVENTS)
        recent = events[-limit - 1 :]  # without one of the last, one more comes in
        n, n_scores = len(recent), n_counted(index, events) + 1
        self._index, self._rows = index, rows
        # The first row has all events, the others lack one each, the oldest that counts first.
        keep = np.r_[0, np.arange(n - n_scores + 2, n + 1)]
        vectors = index.vectors[recent].astype(np.float32, copy=False)
        sums = [_weights(n, float(decay), index.max_history)[keep] @ vectors for decay in index.decay]
        self._queries = unit(np.hstack(sums) @ index.query.T)  # (n_scores, d)
        self.scores = self._queries @ index.unit[rows].T
        self._taste = self._leaning = self._paths = np.zeros_like(self.scores)  # (n_scores, n_rows)
        fusion = index.fusion

        def cosines(vectors: FloatArray, decay: float) -> FloatArray:
            weights = _weights(n, decay, index.max_history)[keep]
            out: FloatArray = unit(weights @ vectors[recent].astype(np.float32, copy=False)) @ vectors[rows].T
            return out

        if index.text_weights.any():
            self._taste = index.text_weights[rows] * cosines(index.text, fusion.text_decay)
        if fusion.spectral_weight:
            self._leaning = np.float32(fusion.spectral_weight) * cosines(index.spectral, 0.0)
        if fusion.path_weight:
            strengths = _weights(n, PATH_DECAY, PATH_EVENTS)[keep] @ entries(index.leads_to, recent, rows)
            self._paths = fusion.path_weight * np.sqrt(strengths)
        self.scores = (self.scores + self._taste + self._leaning + self._paths).astype(np.float64)

    def channel_drops(self, events: IntArray) -> FloatArray:
        """What each product loses through every channel without the event that is given for it.

        Args:
            events: Number of the event that is left out, `(n_rows,)`.

        Returns:
            `(n_rows, n_channels)`; with all queries at unit length they add up to the drop.
        """
        index, column = self._index, np.arange(len(self._rows))
        moved = self._queries[0] - self._queries[events + 1]  # (n_rows, d)
        length = np.maximum(np.linalg.norm(index.vectors[self._rows], axis=1), 1e-12)
        amounts = {
            CHANNEL_NAMES.get(name, name): np.einsum("rd,rd->r", moved, channel[self._rows]) / length
            for name, channel in index.channels.items()
        }
        for name, own in (("paths", self._paths), ("id", self._leaning), ("text", self._taste)):
            name = CHANNEL_NAMES.get(name, name)
            amounts[name] = amounts.get(name, 0.0) + own[0] - own[events + 1, column]
        return np.stack([amounts[name] for name in channel_names(index)], axis=1).astype(np.float32)


@lru_cache(maxsize=1024)
def _weights(n: int, decay: float, most: int) -> FloatArray:
    """`exp(-decay · age)` of `n` events, latest last, of which the last `most` count, `(n + 1, n)`.

    The first row is of all events; row `1 + i` is without event `i`.
    """
    left_out, event = np.arange(-1, n)[:, None], np.arange(n)
    age = n - 1 - event - (left_out > event)
    counts = (age < most) & (left_out != event)
    out: FloatArray = np.where(counts, np.exp(-decay * age), 0).astype(np.float32)
    out.flags.writeable = False
    return out
