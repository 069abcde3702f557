"""Why a product has its score: what each event and channel contributed, and what it hinges on, exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data.dataset import FloatArray, IntArray
from ..data.matrices import PATH_DECAY, PATH_EVENTS, entries
from ..kg import Session
from ..kg.walk import Path
from .catalogue import Catalogue
from .index import Index
from .paths import paths_between
from .ranker import Ranker, one_user
from .removal import CHANNEL_NAMES, channel_names, drops, n_counted, ranking_drops

CARRIERS = 3
"""From the products of so many events, the first of an explanation, paths are shown."""


@dataclass(frozen=True)
class Contribution:
    """What one event of the user's history did for a score."""

    product_id: str
    """The product of the event."""
    title: str
    """Its title."""
    steps_ago: int
    """0 for the latest event."""
    amount: float
    """What it added to the first stage's score: the sum over the channels."""
    channels: dict[str, float]
    """The amount by channel."""
    drop: float | None = None
    """What the score that ranking uses loses when this event alone had not been, negative where the event
    stands in the way; None for an event of a long history that was not tried."""


@dataclass(frozen=True)
class Explanation:
    """A score taken apart.

    The contributions of the events and the prior add up to the first stage's score. Where there is a second
    stage, its parts add up to the score; for a product that it did not order, first stage and part do.

    The event named first is the one that the score hinges on: without it, all others staying, the score that
    ranking uses would lose most. That is another question than how much an event added, as an event may add
    much and still pull the query away from the product, and it is answered by removing each event.
    """

    product_id: str
    title: str
    score: float
    """The score that ranking uses."""
    contributions: tuple[Contribution, ...]
    """One an event: by drop, largest first, then those that were not tried, by amount."""
    prior: float
    """What the product got whoever asks: for its popularity, and for having few events."""
    first_stage: float
    """The score of the first stage, which is the score where there is no second."""
    second_stage: Mapping[str, float] = field(default_factory=dict)
    """What each group of features adds in the second stage, largest first; empty without one."""
    graph_paths: tuple[Path, ...] = ()
    """Short ways through the graph from the events named first to the product."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The graph paths as text."""
        return tuple(map(str, self.graph_paths))

    def channels(self) -> dict[str, float]:
        """The amount by channel over all events, largest first."""
        totals: dict[str, float] = {}
        for contribution in self.contributions:
            for channel, amount in contribution.channels.items():
                totals[channel] = totals.get(channel, 0.0) + amount
        return dict(sorted(totals.items(), key=lambda item: -item[1]))

    def to_dict(self) -> dict[str, Any]:
        """All of it, with the sums by channel and the paths as text, ready for JSON."""
        return asdict(self) | {"channels": self.channels(), "paths": list(self.paths)}


def explain(
    ranker: Ranker, catalogue: Catalogue, session: Session, events: IntArray, row: int
) -> Explanation:
    """Why a product has its score for a user.

    Args:
        ranker: What ranks.
        catalogue: Of the same products.
        session: Answers Cypher, for paths over users.
        events: Product rows of the user's history, oldest first; may be empty.
        row: Product row.
    """
    index = ranker.index
    history = one_user(events)
    parts = index.parts(history)
    first = score = float(parts.scores[0, row])
    product, title = catalogue.ids[row], catalogue.title(row)
    if not len(events):
        return Explanation(product, title, score, (), score, score)
    second: Mapping[str, float] = {}
    tried = drops(index, events, np.array([row]))[:, 0]
    if ranker.second is not None:
        score = float(ranker.scores(history)[0, row])
        second = ranker.second.contributions(parts, row) or {"not among the candidates": score - first}
        if len(events) > 1:  # without its only event a user is served by popularity, on another scale
            tried = ranking_drops(index, ranker.second, events, row)
    names, amounts = channel_contributions(index, events, row)
    contributions = _contributions(catalogue, events, names, amounts, tried)
    carriers = dict.fromkeys(catalogue.rows[c.product_id] for c in contributions[:CARRIERS])
    paths = [way for carrier in carriers for way in paths_between(catalogue, index, session, carrier, row)]
    prior = float(index.prior[row])
    return Explanation(product, title, score, contributions, prior, first, second, tuple(paths))


def channel_contributions(
    index: Index, events: IntArray, product: int
) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """How much every event adds to a product's score through every channel.

    The query is linear in the events and the product's vector is the sum of its channels, so with both
    lengths held fixed the cosine is a sum over events and channels; the text cosine and the spectral one
    likewise over events.
    The root of the strength of the paths is shared out in proportion to what each event adds to the strength.

    Args:
        index: The trained index.
        events: Product rows of the user's history, oldest first, at least one.
        product: Product row.

    Returns:
        Channel names, and amounts `(n_events, n_channels)` for the last events that count, latest last.
    """
    events = events[-n_counted(index, events) :]
    age = np.arange(len(events))[::-1]
    counts = age < index.max_history
    h = index.vectors[events].astype(np.float64)  # (n_events, d)
    kernels = [(np.exp(-decay * age) * counts)[:, None] * h for decay in index.decay]
    queries = np.hstack(kernels) @ index.query.T  # (n_events, d)
    length = np.linalg.norm(queries.sum(axis=0)) * np.linalg.norm(index.vectors[product])
    parts = np.stack([channel[product] for channel in index.channels.values()])  # (n_channels, d)
    amounts = queries @ parts.T / max(length, 1e-12)

    def cosine(vectors: FloatArray, decay: float) -> npt.NDArray[np.float64]:
        own = (np.exp(-decay * age) * counts)[:, None] * vectors[events].astype(np.float64)
        out: npt.NDArray[np.float64] = own @ vectors[product] / max(np.linalg.norm(own.sum(axis=0)), 1e-12)
        return out

    steps = np.exp(-PATH_DECAY * age) * (age < PATH_EVENTS)
    steps *= entries(index.leads_to, events, np.array([product]))[:, 0]
    paths = index.fusion.path_weight * steps / max(np.sqrt(steps.sum()), 1e-12)
    names = channel_names(index)
    out = np.zeros((len(events), len(names)))
    out[:, : amounts.shape[1]] = amounts
    out[:, names.index(CHANNEL_NAMES["paths"])] = paths
    spectral = index.fusion.spectral_weight * cosine(index.spectral, 0.0)
    out[:, names.index(CHANNEL_NAMES["id"])] += spectral
    out[:, names.index("text")] += index.text_weights[product] * cosine(index.text, index.fusion.text_decay)
    return names, out


def _contributions(
    catalogue: Catalogue,
    events: IntArray,
    names: Sequence[str],
    amounts: npt.NDArray[np.float64],
    tried: npt.NDArray[np.float64],
) -> tuple[Contribution, ...]:
    """One an event, what the score hinges on first; `tried` is of the last events only."""
    counted = events[-len(amounts) :]
    untried = len(counted) - len(tried)
    found = [
        Contribution(
            catalogue.ids[event],
            catalogue.title(event),
            len(counted) - 1 - place,
            float(amounts[place].sum()),
            dict(zip(names, amounts[place].tolist(), strict=True)),
            float(tried[place - untried]) if place >= untried else None,
        )
        for place, event in enumerate(counted)
    ]
    return tuple(sorted(found, key=lambda c: (c.drop is None, -(c.amount if c.drop is None else c.drop))))
