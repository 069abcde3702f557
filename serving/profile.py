"""What the graph knows of a user: brands, kinds, attributes, prices, how they change, and the evidence."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import EVENT_TYPES
from ..data.dataset import IntArray
from ..kg.schema import CATEGORY_SEPARATOR
from .catalogue import Catalogue

HALF_LIFE = 50
"""Events after which an event counts half."""

MOST = 10
"""Tastes of one kind, at most."""

EVIDENCE = 5
"""Products that are shown for a taste, at most."""

PERIODS = 4
"""Into how many parts of as many events each the history is cut to show how it changed, at most."""

KINDS = ("brands", "departments", "categories", "attributes")
"""Kinds of facts that tastes are about."""


@dataclass(frozen=True)
class Taste:
    """How much of what a user did was about one fact."""

    name: str
    """Id of the fact in the graph: a brand, the path of a category, an attribute such as `colour=red`."""
    share: float
    """Of the user's events, recent ones counting more, in [0, 1]."""
    lift: float
    """The share over the fact's share of the catalogue: above 1 for what the user prefers."""
    evidence: tuple[str, ...]
    """Ids of the products that speak for it, latest first."""


@dataclass(frozen=True)
class PriceBand:
    """What the products cost that a user was about, in the shop's currency."""

    low: float
    """A quarter of the events was about products at this price or less, recent events counting more."""
    middle: float
    """Half of the events likewise."""
    high: float
    """Three quarters."""
    catalogue: float
    """The middle of all prices in the catalogue."""


@dataclass(frozen=True)
class Period:
    """A part of a history."""

    start: int
    """Time of its first event: seconds since epoch, UTC, or a position where events have no times."""
    end: int
    """Time of its last event."""
    events: int
    """How many."""
    departments: Mapping[str, float]
    """The share of each department of the profile, in the profile's order; all events count alike."""


@dataclass(frozen=True)
class Profile:
    """What a user is about.

    The most telling tastes come first: those that a large share speaks for, larger than in the catalogue.
    Somebody without events has a profile in which everything is empty.
    """

    events: int
    """How many it is made of."""
    types: Mapping[str, int]
    """Events by type."""
    brands: tuple[Taste, ...]
    departments: tuple[Taste, ...]
    """Categories at the root."""
    categories: tuple[Taste, ...]
    """Categories that products are in, by path."""
    attributes: tuple[Taste, ...]
    prices: PriceBand | None
    """None where no price is known."""
    trend: tuple[Period, ...]
    """Oldest first."""

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class CatalogueShares:
    """How common each fact is among all products, which shares of users are compared with."""

    counts: Mapping[str, Mapping[str, int]]
    """Products by fact, for each of `KINDS`."""
    n_products: int
    price: float
    """The middle of all prices, NaN where none is known."""

    @classmethod
    def of(cls, catalogue: Catalogue) -> "CatalogueShares":
        """Count the facts of a catalogue."""
        counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        for row in range(len(catalogue.ids)):
            for kind, facts in _facts(catalogue, row).items():
                counts[kind].update(facts)
        known = catalogue.prices[~np.isnan(catalogue.prices)]
        return cls(counts, len(catalogue.ids), float(np.median(known)) if len(known) else float("nan"))


def profile_of(
    catalogue: Catalogue, shares: CatalogueShares, events: IntArray, types: IntArray, at: IntArray
) -> Profile:
    """What a user is about.

    Args:
        catalogue: Of the shop.
        shares: Of the same catalogue.
        events: Product rows of the user's history, oldest first, `(n_events,)`; may be empty.
        types: Positions in `EVENT_TYPES`, `(n_events,)`.
        at: Seconds since epoch, UTC, or positions, `(n_events,)`.
    """
    weights = 0.5 ** (np.arange(len(events))[::-1] / HALF_LIFE)
    latest_first = list(dict.fromkeys(events[::-1].tolist()))
    facts = {row: _facts(catalogue, row) for row in latest_first}
    weight = dict(zip(latest_first, _sums(events, weights, latest_first), strict=True))
    tastes = {kind: _tastes(kind, catalogue, shares, facts, weight) for kind in KINDS}
    names = [EVENT_TYPES[kind] for kind in types.tolist()]
    return Profile(
        len(events),
        {kind: names.count(kind) for kind in EVENT_TYPES if kind in names},
        **tastes,
        prices=_prices(catalogue.prices[events], weights, shares.price),
        trend=_trend(catalogue, events, at, [taste.name for taste in tastes["departments"]]),
    )


def _facts(catalogue: Catalogue, row: int) -> dict[str, Iterable[str]]:
    """The facts of a product by kind."""
    brand, category = catalogue.brands[row], catalogue.categories[row]
    return {
        "brands": (brand,) if brand else (),
        "departments": (_department(category),) if category else (),
        "categories": (category,) if category else (),
        "attributes": catalogue.attributes[row],
    }


def _department(category: str) -> str:
    return category.split(CATEGORY_SEPARATOR, 1)[0]


def _sums(events: IntArray, weights: npt.NDArray[np.float64], rows: list[int]) -> list[float]:
    """The weight of all events of each product."""
    products, number = np.unique(events, return_inverse=True)
    sums: list[float] = np.bincount(number, weights=weights)[np.searchsorted(products, rows)].tolist()
    return sums


def _tastes(
    kind: str,
    catalogue: Catalogue,
    shares: CatalogueShares,
    facts: Mapping[int, Mapping[str, Iterable[str]]],
    weight: Mapping[int, float],
) -> tuple[Taste, ...]:
    """The most telling tastes of one kind: what adds most to the divergence from the catalogue."""
    products: dict[str, list[int]] = {}
    for row, known in facts.items():
        for fact in known[kind]:
            products.setdefault(fact, []).append(row)
    total = sum(weight.values())
    out = []
    for fact, rows in products.items():
        share = sum(weight[row] for row in rows) / total
        lift = share * shares.n_products / shares.counts[kind][fact]
        out.append(Taste(fact, share, lift, tuple(catalogue.ids[row] for row in rows[:EVIDENCE])))
    out.sort(key=lambda taste: (-taste.share * np.log(taste.lift), taste.name))
    return tuple(out[:MOST])


def _prices(
    prices: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], catalogue: float
) -> PriceBand | None:
    known = ~np.isnan(prices)
    if not known.any():
        return None
    low, middle, high = np.quantile(
        prices[known], [0.25, 0.5, 0.75], weights=weights[known], method="inverted_cdf"
    )
    return PriceBand(float(low), float(middle), float(high), catalogue)


def _trend(
    catalogue: Catalogue, events: IntArray, at: IntArray, departments: list[str]
) -> tuple[Period, ...]:
    parts = np.array_split(np.arange(len(events)), min(PERIODS, len(events))) if len(events) else []
    out = []
    for part in parts:
        counts = Counter(_department(catalogue.categories[row]) for row in events[part].tolist())
        share = {name: counts[name] / len(part) for name in departments}
        out.append(Period(int(at[part[0]]), int(at[part[-1]]), len(part), share))
    return tuple(out)
