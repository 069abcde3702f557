"""Facets with counts: what the found products are of, and what they cost."""

import numpy as np
import numpy.typing as npt

from ...data.dataset import BoolArray, IntArray
from .facts import Facts
from .results import Facet

MOST = {"brand": 20, "category": 40, "attribute": 60}
"""How many facets of a kind are told."""

BANDS = 5
"""Price bands, roughly of equally many products."""

Prices = npt.NDArray[np.float64]


def facets(facts: Facts, prices: Prices, match: BoolArray) -> tuple[Facet, ...]:
    """The brands, categories, attributes and price bands of the matched products.

    Args:
        facts: Of all products.
        prices: Of all products, NaN where unknown, `(n,)`.
        match: Which products match, `(n,)`.
    """
    counts = facts.counts(match)
    out: list[Facet] = []
    for kind, most in MOST.items():
        own = np.flatnonzero((counts > 0) & facts.of_kind[kind])
        if len(own) > most:  # of equal counts, ids decide, whatever the nodes' order
            own = own[counts[own] >= np.partition(counts[own], len(own) - most)[len(own) - most]]
        best = sorted(own.tolist(), key=lambda i: (-counts[i], facts.nodes[i].id))[:most]
        out += [
            Facet(facts.nodes[i].kind, facts.nodes[i].id, facts.nodes[i].name, int(counts[i])) for i in best
        ]
    return (*out, *price_bands(prices[match]))


def price_bands(prices: Prices) -> tuple[Facet, ...]:
    """Bands between round prices that hold roughly equally many products; empty ones are left out.

    Args:
        prices: Of some products, NaN where unknown.

    >>> [(band.name, band.count) for band in price_bands(np.array([3.5, 4, 9, 18, 40, 41, np.nan]))]
    [('0 – 4', 1), ('4 – 9', 1), ('9 – 20', 2), ('40 –', 2)]
    """
    known = prices[np.isfinite(prices)]
    if not len(known):
        return ()
    inner = np.quantile(known, np.arange(1, BANDS) / BANDS)
    edges = sorted({_round(value) for value in inner.tolist()} - {0.0})
    band: IntArray = np.searchsorted(np.array(edges), known, side="right").astype(np.int64)
    bounds: list[float | None] = [0.0, *edges, None]
    out = []
    for number, count in enumerate(np.bincount(band, minlength=len(edges) + 1).tolist()):
        low, high = bounds[number] or 0.0, bounds[number + 1]
        name = f"{low:g} –" if high is None else f"{low:g} – {high:g}"
        if count:
            out.append(
                Facet("price", f"{low:g}-{'' if high is None else f'{high:g}'}", name, count, low, high)
            )
    return tuple(out)


def _round(value: float) -> float:
    """The nearest price of one leading digit.

    >>> _round(0.037), _round(18.2), _round(449.0)
    (0.04, 20.0, 400.0)
    """
    if value <= 0:
        return 0.0
    return float(f"{value:.0e}")
