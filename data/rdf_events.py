"""What a feed says of users and of links between products; both are there in what Cartograph wrote."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from .dataset import Columns
from .product_facts import property_values
from .rows import BadRows, Rows
from .tables import under_titles
from .triples import IntColumn, Triples
from .vocabulary import (
    ACTIONS,
    BOUGHT_TOGETHER,
    EVENT_NUMBER,
    EVENT_VALUE,
    LINKS,
    SCHEMA,
    USER,
    USER_ATTRIBUTE,
)

c = Columns


def user_events(
    triples: Triples, ids: pd.Series, path: Path, bad: BadRows
) -> tuple[pd.DataFrame | None, pd.DataFrame | None, bool]:
    """Events, users, and whether the events have times, from the actions of a feed.

    Args:
        triples: Of the feed.
        ids: The id of each product's node.
        path: Of the feed, for what is said of bad events.
        bad: What becomes of those.
    """
    nodes = np.concatenate([triples.typed(action) for action in ACTIONS.values()])
    kinds = np.concatenate(
        [np.full(len(triples.typed(action)), kind, dtype=object) for kind, action in ACTIONS.items()]
    )
    users = _user_ids(triples, triples.typed(f"cartograph:{USER}"))
    if not len(nodes):
        return None, pd.DataFrame({c.USER: users}) if len(users) else None, True
    order = np.argsort(nodes, kind="stable")
    nodes, kinds = nodes[order], kinds[order]

    text = partial(_texts, triples, nodes)
    agents = triples.first("agent").reindex(nodes)
    names = _user_ids(triples, agents.dropna().unique())
    timed = not len(triples.of("position")) or len(triples.of("endTime")) > 0
    frame = pd.DataFrame(
        {
            c.USER: agents.map(names).fillna("").astype("str").to_numpy(),
            c.PRODUCT: triples.first("object").reindex(nodes).map(ids).fillna("").astype("str").to_numpy(),
            c.TYPE: pd.Series(kinds, dtype="str"),
            c.AT: text("endTime", "startTime") if timed else text("position"),
            c.VALUE: text(f"cartograph:{EVENT_VALUE}"),
            "nth": pd.to_numeric(text(f"cartograph:{EVENT_NUMBER}"), errors="coerce").fillna(0),
        }
    )
    rows = Rows(path, frame, bad, lambda record: record + 1, unit="event")
    rows.ids(c.USER)
    rows.check(rows.frame[c.PRODUCT] == "", c.PRODUCT, "is no product of the feed", "add it, or remove it")
    rows.numbers(c.VALUE)
    if timed:
        rows.times(c.AT)
    else:
        rows.numbers(c.AT)
        rows.check(rows.frame[c.AT].isna(), c.AT, "is no position", "give every event its place in the order")
    events = rows.frame.sort_values([c.AT, "nth"], kind="stable").drop(columns="nth")
    every = pd.concat([users, rows.frame[c.USER]]).drop_duplicates()
    return events, pd.DataFrame({c.USER: every}), timed


def user_reviews(
    triples: Triples, ids: pd.Series, path: Path, bad: BadRows, *, timed: bool
) -> pd.DataFrame | None:
    """The reviews of products that are in the feed; those without an author, a time or words are left out.

    Args:
        triples: Of the feed.
        ids: The id of each product's node.
        path: Of the feed, for what is said of bad reviews.
        bad: What becomes of those.
        timed: Whether the events have times; if not, reviews have positions too.
    """
    nodes = triples.typed("Review")
    if not len(nodes):
        return None
    authors = triples.first("author").reindex(nodes)
    of_product = triples.of("review")
    told = pd.Series(of_product["subject"].to_numpy(), index=of_product["object"].to_numpy())
    products = triples.first("itemReviewed").reindex(nodes)
    products = products.fillna(told[~told.index.duplicated()].reindex(nodes))
    ratings = triples.first("reviewRating").reindex(nodes).map(triples.first("ratingValue"))

    text = partial(_texts, triples, nodes)
    frame = pd.DataFrame(
        {
            c.USER: authors.map(_user_ids(triples, authors.dropna().unique()))
            .fillna("")
            .astype("str")
            .to_numpy(),
            c.PRODUCT: products.map(ids).fillna("").astype("str").to_numpy(),
            c.AT: text("dateCreated", "datePublished") if timed else text("position"),
            c.RATING: triples.text(ratings.reset_index(drop=True)),
            c.TEXT: under_titles(text("name"), text("reviewBody", "description")),
            "nth": pd.to_numeric(text(f"cartograph:{EVENT_NUMBER}"), errors="coerce").fillna(0),
        }
    )
    whole = (frame[[c.USER, c.PRODUCT, c.AT, c.TEXT]] != "").all(axis=1)
    rows = Rows(path, frame[whole].reset_index(drop=True), bad, lambda record: record + 1, unit="review")
    rows.numbers(c.RATING)
    if timed:
        rows.times(c.AT)
    else:
        rows.numbers(c.AT)
    return rows.frame.sort_values([c.AT, "nth"], kind="stable").drop(columns="nth")


def user_attributes(triples: Triples) -> pd.DataFrame:
    """The attributes of users."""
    found = property_values(triples, f"cartograph:{USER_ATTRIBUTE}")
    names = _user_ids(triples, found["subject"].unique())
    return found.assign(**{c.USER: found["subject"].map(names)})[list(c.USER_ATTRIBUTES)].drop_duplicates()


def links(triples: Triples, ids: pd.Series) -> pd.DataFrame:
    """The links between products that both are in the feed."""
    parts = []
    for kind, address in LINKS.items():
        name = address.removeprefix(SCHEMA) if address.startswith(SCHEMA) else f"cartograph:{BOUGHT_TOGETHER}"
        found = triples.of(name)
        parts.append(
            pd.DataFrame(
                {c.SOURCE: found["subject"].map(ids), c.TARGET: found["object"].map(ids), c.TYPE: kind}
            )
        )
    return pd.concat(parts).dropna().drop_duplicates(ignore_index=True)


def _texts(triples: Triples, nodes: IntColumn, *names: str) -> pd.Series:
    """The text of each node's first property of these names, `""` where it has none."""
    return triples.text(triples.first(*names).reindex(nodes).reset_index(drop=True))


def _user_ids(triples: Triples, nodes: object) -> pd.Series:
    """The id of each node of a user: its identifier, its name, or its address."""
    numbers = pd.Series(np.asarray(nodes, dtype=np.int64), index=np.asarray(nodes, dtype=np.int64))
    named = numbers.map(triples.first("identifier", "name"))
    return triples.text(named.fillna(numbers))
