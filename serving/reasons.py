"""One line on why each product of a ranking stands there."""

from ..data.dataset import IntArray
from .catalogue import Catalogue
from .index import Index
from .removal import channel_names, strongest

_WHY = {
    "collaborative": "often chosen by the same people",
    "bought in turn": "often chosen after it",
    "brand": "brands that go together",
    "category": "kinds that go together",
    "attribute": "attributes that go together",
    "word": "words that go together",
    "text": "described alike",
}
"""What it means that a channel contributes most."""

_OF_EVENTS = {"collaborative", "bought in turn"}
"""Channels that are a reason only where both products have been chosen."""


def reasons(index: Index, catalogue: Catalogue, events: IntArray, rows: IntArray) -> list[str]:
    """Why these products are recommended after these events: the event that a score hinges on, and how.

    Without events it is that they are popular. Nothing is said to be chosen that nobody has chosen yet.

    Args:
        index: What ranked.
        catalogue: Of the same products.
        events: Product rows of the user's history, oldest first.
        rows: Product rows.
    """
    if not len(events):
        return ["popular now" if index.popularity[row] > 0 else "" for row in rows]
    names = channel_names(index)
    out = []
    for row, place, channel in zip(rows, *strongest(index, events, rows), strict=True):
        carrier = int(events[place])
        why = catalogue.shared(carrier, row)
        if not why and (names[channel] not in _OF_EVENTS or index.n_events[[carrier, row]].all()):
            why = [_WHY[names[channel]]]
        out.append(f"because of {catalogue.title(carrier)!r}: {', '.join(why)}" if why else "")
    return out
