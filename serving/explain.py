"""Why a product has its score: what each event and each channel contributed, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..data.dataset import IntArray
from ..data.matrices import PATH_DECAY, PATH_EVENTS
from .index import Index

CHANNEL_NAMES = {"id": "collaborative", "paths": "bought in turn"}
"""What a channel of the network is called in front of users, where it differs."""


@dataclass(frozen=True)
class Contribution:
    """What one event of the user's history added to a score."""

    product_id: str
    """The product of the event."""
    title: str
    """Its title."""
    steps_ago: int
    """0 for the latest event."""
    amount: float
    """Sum over the channels."""
    channels: dict[str, float]
    """The amount by channel."""


@dataclass(frozen=True)
class Explanation:
    """A score taken apart.

    The contributions of the events and the prior add up to the first stage's score. Where there is a second
    stage, its parts add up to the score; for a product that it did not order, first stage and part do.
    """

    product_id: str
    title: str
    score: float
    """The score that ranking uses."""
    contributions: tuple[Contribution, ...]
    """One an event, largest first."""
    prior: float
    """What the product got whoever asks: for its popularity, and for having few events."""
    first_stage: float
    """The score of the first stage, which is the score where there is no second."""
    second_stage: Mapping[str, float] = field(default_factory=dict)
    """What each group of features adds in the second stage, largest first; empty without one."""
    paths: tuple[str, ...] = ()
    """Short ways through the graph between the product and the events that carried it."""

    def channels(self) -> dict[str, float]:
        """The amount by channel over all events, largest first."""
        totals: dict[str, float] = {}
        for contribution in self.contributions:
            for channel, amount in contribution.channels.items():
                totals[channel] = totals.get(channel, 0.0) + amount
        return dict(sorted(totals.items(), key=lambda item: -item[1]))


def channel_contributions(
    index: Index, events: IntArray, product: int
) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """How much every event adds to a product's score through every channel.

    The query is linear in the events and the product's vector is the sum of its channels, so with both
    lengths held fixed the cosine is a sum over events and channels; the text cosine likewise over events.
    The root of the strength of the paths is shared out in proportion to what each event adds to the strength.

    Args:
        index: The trained index.
        events: Product rows of the user's history, oldest first, at least one.
        product: Product row.

    Returns:
        Channel names, and amounts `(n_events, n_channels)` for the last `max_history` events, latest last.
    """
    events = events[-index.max_history :]
    age = np.arange(len(events))[::-1]
    h = index.vectors[events].astype(np.float64)  # (n_events, d)
    kernels = [np.exp(-decay * age)[:, None] * h for decay in index.decay]
    queries = np.hstack(kernels) @ index.query.T  # (n_events, d)
    length = np.linalg.norm(queries.sum(axis=0)) * np.linalg.norm(index.vectors[product])
    names = [CHANNEL_NAMES.get(name, name) for name in index.channels]
    parts = np.stack([channel[product] for channel in index.channels.values()])  # (n_channels, d)
    amounts = queries @ parts.T / max(length, 1e-12)
    tastes = np.exp(-index.fusion.text_decay * age)[:, None] * index.text[events].astype(np.float64)
    text = index.fusion.text_weight * tastes @ index.text[product]
    text /= max(np.linalg.norm(tastes.sum(axis=0)), 1e-12)
    steps = np.zeros(len(events))
    steps[-PATH_EVENTS:] = np.exp(-PATH_DECAY * age[-PATH_EVENTS:])
    steps *= index.leads_to[events, [product]]
    paths = index.fusion.path_weight * steps / max(np.sqrt(steps.sum()), 1e-12)
    names, amounts = [*names, CHANNEL_NAMES["paths"]], np.column_stack([amounts, paths])
    if "text" in names:
        amounts[:, names.index("text")] += text
        return tuple(names), amounts
    return (*names, "text"), np.column_stack([amounts, text])
