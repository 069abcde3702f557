"""Facts that cannot all be true: of products, prices, categories and events."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...data.dataset import IntArray
from ..schema import EVENT_RELATIONS
from .facts import Facts
from .findings import SHOWN, Finding, Statement

FEWEST = 20
"""Products that a category needs before what is usual in it is known."""

SINGLE = 0.95
"""Share of a category's products with one value of an attribute from which on two are a contradiction."""

OUTLIER = 3.5
"""Modified z-score beyond which a price is an outlier (Iglewicz and Hoaglin 1993)."""

_DID = "|".join(EVENT_RELATIONS.values())


def contradictions(facts: Facts, now: int, *, timed: bool) -> list[Finding]:
    """What contradicts itself, or what is usual in the category.

    Args:
        facts: The catalogue and its events.
        now: Seconds since epoch, UTC.
        timed: Whether events have times.
    """
    found = [
        _several(facts, "brands", "MADE_BY", "Brand"),
        _several(facts, "categories", "IN_CATEGORY", "Category"),
        _two_values(facts),
        _wrong_numbers(facts),
        _outliers(facts),
        _parents(facts),
        _negative_events(facts),
        _repeated_events(facts),
    ]
    return [*found, _future_events(facts, now)] if timed else found


def _several(facts: Facts, what: str, relation: str, label: str) -> Finding:
    edges, names = facts.edges(relation, label), facts.names(label)
    counts = np.bincount(edges.source, minlength=len(facts))
    twice = np.flatnonzero(counts > 1)
    of = {row: [names[target] for target in edges.target[edges.source == row]] for row in twice[:SHOWN]}
    return Finding(
        f"several-{what}",
        f"Products with several {what}",
        f"A product has one of the {what}; filters, caps and training take one of them.",
        len(twice),
        len(facts),
        ("product", "title", what),
        [(facts.ids[row], facts.titles[row], " | ".join(found)) for row, found in of.items()],
        Statement(
            f"MATCH (p:Product)-[r:{relation}]->(n:{label})\n"
            "WITH p, collect(n.id) AS several, count(*) AS n WHERE n > 1\n"
            f"RETURN p.id AS product, p.title AS title, several ORDER BY product LIMIT {SHOWN}"
        ),
    )


def _two_values(facts: Facts) -> Finding:
    table = facts.attributes.drop_duplicates()
    table = table.assign(leaf=facts.leaf[table["product"]])
    table = table[table["leaf"] >= 0]
    counts = table.groupby(["leaf", "key", "product"])["value"].agg(n="size", values=" | ".join).reset_index()
    usual = counts.groupby(["leaf", "key"])["n"].agg(single=lambda n: (n == 1).mean(), known="size")
    joined = counts.join(usual, on=["leaf", "key"])
    odd = joined[(joined["n"] > 1) & (joined["single"] >= SINGLE) & (joined["known"] >= FEWEST)]
    odd = odd.sort_values(["single", "product"], ascending=[False, True])
    shown = odd.head(SHOWN)
    categories = facts.names("Category")
    return Finding(
        "two-values",
        "Products with two values of an attribute that has one in its category",
        f"In the category, {SINGLE:.0%} or more of the products that have it have one value of it.",
        len(odd),
        len(counts),
        ("product", "title", "attribute", "values", "category"),
        [
            (facts.ids[product], facts.titles[product], key, values, categories[leaf])
            for product, key, values, leaf in shown[["product", "key", "values", "leaf"]].to_numpy().tolist()
        ],
        Statement(
            "MATCH (p:Product)-[:HAS_ATTRIBUTE]->(a:Attribute)\n"
            "WHERE p.id IN $products AND a.key IN $keys\n"
            "WITH p, a.key AS key, collect(a.value) AS values, count(*) AS n WHERE n > 1\n"
            "RETURN p.id AS product, p.title AS title, key, values ORDER BY product, key",
            {
                "products": list(dict.fromkeys(facts.ids[shown["product"]])),
                "keys": sorted(set(shown["key"])),
            },
        ),
    )


def _wrong_numbers(facts: Facts) -> Finding:
    stock = facts.arrays.nodes["Product"]["stock"].to_numpy(np.float64)
    wrong = np.flatnonzero((facts.prices <= 0) | (stock < 0))
    return Finding(
        "wrong-numbers",
        "Products whose price is 0 or less, or whose stock is less",
        "Nothing is sold for nothing: such a price stands for one that is not known.",
        len(wrong),
        len(facts),
        ("product", "title", "price", "stock"),
        [
            (facts.ids[row], facts.titles[row], _number(facts.prices[row]), _number(stock[row]))
            for row in wrong[:SHOWN]
        ],
        Statement(
            "MATCH (p:Product) WHERE p.price <= 0 OR p.stock < 0\n"
            "RETURN p.id AS product, p.title AS title, p.price AS price, p.stock AS stock "
            f"ORDER BY product LIMIT {SHOWN}"
        ),
    )


def _outliers(facts: Facts) -> Finding:
    scores, middles = price_scores(facts.prices, facts.leaf)
    found = np.flatnonzero(np.abs(scores) > OUTLIER)
    found = found[np.argsort(-np.abs(scores[found]), kind="stable")]
    categories = facts.names("Category")
    return Finding(
        "price-outliers",
        "Products whose price is out of the ordinary in its category",
        f"The modified z-score of the price's logarithm is beyond {OUTLIER:g}, "
        f"in categories of {FEWEST} prices and more.",
        len(found),
        int(np.isfinite(scores).sum()),
        ("product", "title", "price", "median", "category"),
        [
            (
                facts.ids[row],
                facts.titles[row],
                _number(facts.prices[row]),
                _number(middles[row]),
                categories[facts.leaf[row]],
            )
            for row in found[:SHOWN]
        ],
        Statement(
            "MATCH (p:Product)-[:IN_CATEGORY]->(c:Category) WHERE p.id IN $products\n"
            "RETURN p.id AS product, p.title AS title, p.price AS price, c.id AS category "
            "ORDER BY category, price",
            {"products": list(facts.ids[found[:SHOWN]])},
        ),
    )


def price_scores(
    prices: npt.NDArray[np.float64], kinds: IntArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Modified z-scores of the logarithms of prices, `0.6745 · (x - median) / MAD`, by kind.

    Args:
        prices: NaN for unknown, `(n,)`; those of 0 and less have no score.
        kinds: -1 for none, `(n,)`.

    Returns:
        The scores, NaN where there is none, and the median price of the kind, both `(n,)`.
    """
    usable = (prices > 0) & (kinds >= 0)
    table = pd.DataFrame({"kind": kinds[usable], "log": np.log(prices[usable])})
    by_kind = table.groupby("kind")["log"]
    middle = by_kind.transform("median")
    spread = (table["log"] - middle).abs().groupby(table["kind"]).transform("median")
    enough = (by_kind.transform("size") >= FEWEST) & (spread > 0)
    scores, medians = np.full(len(prices), np.nan), np.full(len(prices), np.nan)
    found = 0.6745 * (table["log"] - middle) / spread.where(enough)
    scores[usable], medians[usable] = found.to_numpy(), np.exp(middle.to_numpy())
    return scores, medians


def _parents(facts: Facts) -> Finding:
    edges = facts.arrays.edges["Category", "SUBCATEGORY_OF", "Category"]
    names = facts.names("Category")
    wrong = np.flatnonzero(np.bincount(edges.source, minlength=len(names)) > 1)
    return Finding(
        "several-parents",
        "Categories below several others",
        "A category's id is its path from the root, so it has one parent.",
        len(wrong),
        len(names),
        ("category", "parents"),
        [
            (names[row], " | ".join(names[target] for target in edges.target[edges.source == row]))
            for row in wrong[:SHOWN]
        ],
        Statement(
            "MATCH (c:Category)-[:SUBCATEGORY_OF]->(parent:Category)\n"
            "WITH c, collect(parent.id) AS parents, count(*) AS n WHERE n > 1\n"
            f"RETURN c.id AS category, parents ORDER BY category LIMIT {SHOWN}"
        ),
    )


def _events(
    facts: Facts,
    name: str,
    heading: str,
    meaning: str,
    which: Callable[[pd.DataFrame], "pd.Series[bool]"],
    condition: str,
    params: Mapping[str, object] = {},
) -> Finding:
    """Events of which something is odd."""
    events = facts.events
    odd = events[which(events)].sort_values(["at", "user", "product"], ascending=[False, True, True])
    users, columns = facts.names("User"), ["user", "product", "at", "value"]
    return Finding(
        name,
        heading,
        meaning,
        len(odd),
        len(events),
        ("user", "product", "at", "value"),
        [
            (users[user], facts.ids[product], at, _number(value))
            for user, product, at, value in odd[columns].head(SHOWN).to_numpy(object).tolist()
        ],
        Statement(
            f"MATCH (u:User)-[r:{_DID}]->(p:Product) WHERE {condition}\n"
            "RETURN u.id AS user, p.id AS product, r.at AS at, r.value AS value "
            f"ORDER BY at DESC, user, product LIMIT {SHOWN}",
            params,
        ),
    )


def _negative_events(facts: Facts) -> Finding:
    return _events(
        facts,
        "negative-events",
        "Events with a negative value",
        "Amounts and ratings are not negative; a return is no purchase.",
        lambda events: events["value"] < 0,
        "r.value < 0",
    )


def _repeated_events(facts: Facts) -> Finding:
    return _events(
        facts,
        "repeated-events",
        "Events that are told several times",
        "User, product, type and time are the same.",
        lambda events: events["nth"] > 0,
        "r.nth > 0",
    )


def _future_events(facts: Facts, now: int) -> Finding:
    return _events(
        facts,
        "future-events",
        "Events in the future",
        f"They are later than {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC, when this was written.",
        lambda events: events["at"] > now,
        "r.at > $now",
        {"now": now},
    )


def _number(value: float) -> float | None:
    """For JSON: a number, None where there is none.

    >>> _number(float("nan"))
    """
    return round(float(value), 2) if np.isfinite(value) else None
