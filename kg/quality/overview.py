"""The graph in figures: how much, how it hangs together, what is known, what is cold, how it grew."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from ...data.dataset import BoolArray, IntArray
from ..export import GraphArrays
from ..schema import EVENT_RELATIONS
from .facts import Facts
from .gaps import NUMBERS, TEXTS, lacks

MOST_KEYS = 12
"""Attributes whose coverage is told, those of most products."""

MOST_DEPARTMENTS = 25
"""Departments whose coverage is told, the largest."""

FEW_EVENTS = 3
"""A product or user with less events is nearly cold."""

PERIODS = 24
"""Parts of equal length that the time of the events is cut into."""


def counts(arrays: GraphArrays) -> dict[str, int]:
    """Nodes by label and relationships by type, those that there are."""
    out = {label: len(nodes) for label, nodes in arrays.nodes.items()}
    for (_, relation, _), edges in arrays.edges.items():
        out[relation] = out.get(relation, 0) + len(edges.source)
    return {name: n for name, n in out.items() if n}


def degrees(facts: Facts) -> dict[str, IntArray]:
    """How many of the one each of the other has, `(n_nodes,)` each."""
    arrays = facts.arrays
    kinds = {
        "events of a product": facts.n_events,
        "events of a user": _count(facts.events["user"].to_numpy(), len(arrays.nodes["User"])),
        "products of a brand": _count(facts.edges("MADE_BY", "Brand").target, len(arrays.nodes["Brand"])),
        "products of a category": _count(facts.leaf[facts.leaf >= 0], len(arrays.nodes["Category"])),
        "products of an attribute": _count(
            facts.edges("HAS_ATTRIBUTE", "Attribute").target, len(arrays.nodes["Attribute"])
        ),
        "attributes of a product": _count(facts.edges("HAS_ATTRIBUTE", "Attribute").source, len(facts)),
    }
    return {name: degree for name, degree in kinds.items() if len(degree) and degree.any()}


def summary(degree: IntArray) -> dict[str, float]:
    """A distribution in six figures."""
    low, middle, high = np.quantile(degree, (0.1, 0.5, 0.9)).tolist()
    return {
        "none": int((degree == 0).sum()),
        "mean": float(degree.mean()),
        "p10": low,
        "median": middle,
        "p90": high,
        "most": int(degree.max()),
    }


def components(arrays: GraphArrays) -> dict[str, dict[str, int]]:
    """Into how many pieces the graph falls, with and without what users did.

    Returns:
        By "whole graph" and "facts only": `pieces`, `largest` and `alone` (nodes that nothing is connected
        with), counted in nodes.
    """
    event = set(EVENT_RELATIONS.values())
    return {
        "whole graph": _components(arrays, set(arrays.nodes), set()),
        "facts only": _components(arrays, {label for label in arrays.nodes if label != "User"}, event),
    }


def _components(arrays: GraphArrays, labels: set[str], without: set[str]) -> dict[str, int]:
    starts, n = {}, 0
    for label, nodes in arrays.nodes.items():
        if label in labels:
            starts[label], n = n, n + len(nodes)
    ends = [
        (edges.source + starts[source], edges.target + starts[target])
        for (source, relation, target), edges in arrays.edges.items()
        if source in starts and target in starts and relation not in without
    ]
    left, right = (np.concatenate(side) for side in zip(*ends, strict=True))
    joined = sp.coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    pieces, of = connected_components(joined, directed=False)
    sizes = np.bincount(of, minlength=max(pieces, 1))
    return {"pieces": int(pieces), "largest": int(sizes.max(initial=0)), "alone": int((sizes == 1).sum())}


def coverage(facts: Facts) -> dict[str, Any]:
    """Which share of the products has each fact, overall and by department.

    Returns:
        `facts` (names), `overall` (a share each), and `departments`: `name`, `products`, and a share each.
    """
    known: dict[str, BoolArray] = {name: ~lacks(facts, name) for name in (*TEXTS, *NUMBERS)}
    known |= {"brand": facts.brand >= 0, "category": facts.leaf >= 0}
    table = facts.attributes
    keys = table.drop_duplicates(["product", "key"])["key"].value_counts(sort=True)
    for key in sorted(keys.index, key=lambda key: (-keys[key], key))[:MOST_KEYS]:
        has = np.zeros(len(facts), dtype=bool)
        has[table.loc[table["key"] == key, "product"]] = True
        known[str(key)] = has
    frame = pd.DataFrame(known)
    by = frame.groupby(facts.department)
    shares, sizes = by.mean(), by.size()
    order = sorted(sizes.index, key=lambda name: (-sizes[name], name))[:MOST_DEPARTMENTS]
    return {
        "facts": list(known),
        "overall": [float(share) for share in frame.mean()],
        "departments": [
            {
                "name": name or "(no category)",
                "products": int(sizes[name]),
                "shares": [float(share) for share in shares.loc[name]],
            }
            for name in order
        ],
    }


def cold(facts: Facts) -> dict[str, float]:
    """Shares of products and users with no event, and with less than `FEW_EVENTS`."""
    users = _count(facts.events["user"].to_numpy(), len(facts.arrays.nodes["User"]))
    return {
        "products without events": _share(facts.n_events == 0),
        f"products with less than {FEW_EVENTS}": _share(facts.n_events < FEW_EVENTS),
        "users without events": _share(users == 0),
        f"users with less than {FEW_EVENTS}": _share(users < FEW_EVENTS),
    }


def growth(facts: Facts) -> list[Mapping[str, int]]:
    """What came when, in `PERIODS` of equal length: `end` (seconds since epoch, UTC), `events` in the period,
    and `products` and `users` that had their first event by its end.
    """
    events = facts.events
    if not len(events):
        return []
    at = events["at"].to_numpy()
    edges = np.linspace(at.min(), at.max() + 1, PERIODS + 1)
    firsts = {name: events.groupby(name)["at"].min().to_numpy() for name in ("product", "user")}
    happened = np.histogram(at, edges)[0]
    return [
        {
            "end": int(edges[i + 1]),
            "events": int(happened[i]),
            "products": int((firsts["product"] < edges[i + 1]).sum()),
            "users": int((firsts["user"] < edges[i + 1]).sum()),
        }
        for i in range(PERIODS)
    ]


def _count(rows: npt.NDArray[np.int64], n: int) -> IntArray:
    return np.bincount(rows, minlength=n).astype(np.int64)


def _share(which: BoolArray) -> float:
    return float(which.mean()) if len(which) else 0.0
