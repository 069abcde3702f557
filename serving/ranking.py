"""From what a user did, what may be shown and what the shop wants to a ranking."""

import os
import threading
from collections.abc import Sequence

import numpy as np

from ..data import UnknownUserError
from ..data.dataset import BoolArray, FloatArray, IntArray
from .filters import Filter
from .past import Happening
from .policy import Candidates, Policy, arrange
from .ranker import one_user, top
from .reasons import reasons
from .results import Recommendation, Recommendations
from .snapshot import Snapshot

AT_ONCE = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) // 2))
"""Rankings at once. More take the interpreter from each other, and from what reads and writes requests: with
two cores, three at once answer 4 to 9 % fewer requests in a second."""

POOL = 100
"""A policy chooses from at least so many of the best products, and from as many of those that it moves up."""


def recommend(
    now: Snapshot, events: IntArray, k: int, where: Filter, policy: Policy, *, exclude_seen: bool
) -> Recommendations:
    """The `k` best products after some events.

    Args:
        now: What answers.
        events: Product rows of a history, oldest first; may be empty.
        k: How many; fewer where fewer are left.
        where: Which products may be shown.
        policy: Rules, diversity and room for new products.
        exclude_seen: Whether to leave out what is in the history.
    """
    check_k(k)
    with AT_ONCE:
        rows, scores = _best(now, events, k, where, policy, exclude_seen=exclude_seen)
        return ranking(now, rows, scores, reasons(now.ranker.index, now.catalogue, events, rows))


def similar(now: Snapshot, row: int, k: int, where: Filter, policy: Policy) -> Recommendations:
    """The `k` products most like one; arguments as of `choose`."""
    with AT_ONCE:
        scores = now.ranker.index.likeness(np.array([row]))[0]
        rows, found = choose(now, scores, k, where, policy)
        return ranking(now, rows, found, [", ".join(now.catalogue.shared(row, other)) for other in rows])


def complete(now: Snapshot, basket: IntArray, k: int, where: Filter, policy: Policy) -> Recommendations:
    """The `k` products that go best with those of a basket; arguments as of `choose`."""
    rows, found = choose(now, now.baskets.complete(basket, now.ranker.index), k, where, policy)
    if not len(basket):
        return ranking(now, rows, found)
    partners = now.baskets.partners(basket, rows)
    titles = ["" if at < 0 else now.catalogue.title(int(basket[at])) for at in partners]
    return ranking(now, rows, found, [f"often bought with {title!r}" if title else "" for title in titles])


def choose(
    now: Snapshot, scores: FloatArray, k: int, where: Filter, policy: Policy
) -> tuple[IntArray, FloatArray]:
    """The `k` best products by scores that are there already, and their scores with what the policy moves.

    Args:
        now: What answers.
        scores: Of every product, minus infinity for what is never shown, `(n_products,)`.
        k: How many; fewer where fewer are left.
        where: Which products may be shown.
        policy: Rules, diversity and room for new products.
    """
    check_k(k)
    mask = allowed(now, where)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    if policy.empty:
        rows = top(scores, k)
        return rows, scores[rows]
    pool = _pool(now, scores, k, policy)
    return _arranged(now, pool, scores[pool], k, policy)


def ranking(
    now: Snapshot, rows: IntArray, scores: FloatArray, why: Sequence[str] | None = None
) -> Recommendations:
    """Products as they are shown, first to last; without reasons where none are given."""
    items = (
        Recommendation(score=score, reason=reason, **now.catalogue.shown(row))
        for row, score, reason in zip(rows.tolist(), scores.tolist(), why or [""] * len(rows), strict=True)
    )
    return Recommendations(tuple(items))


def allowed(now: Snapshot, where: Filter) -> BoolArray | None:
    """Which products a filter lets through, `(n_products,)`; None where it is all of them."""
    return None if where.empty else now.catalogue.matches(where)


def check_k(k: int) -> None:
    """Refuse to rank fewer products than one.

    Raises:
        ValueError: `k` is not positive.
    """
    if k < 1:
        raise ValueError(f"k is {k}; it must be at least 1")


def history(now: Snapshot, who: str | Sequence[str], *, known: bool = True) -> IntArray:
    """Product rows of what somebody did, oldest first.

    Args:
        now: What answers.
        who: A user id, or product ids.
        known: Whether a user that the graph does not know is an error; else nothing was done.

    Raises:
        UnknownIdError: The user is not known, or a product is not in the index.
    """
    return _done(now, who, known)[1]


def timeline(now: Snapshot, who: str | Sequence[str]) -> tuple[IntArray, IntArray, IntArray]:
    """Product rows of what somebody did, oldest first, its types and its times; of ids alone, their places.

    Args:
        now: What answers.
        who: A user id, or product ids.

    Raises:
        UnknownIdError: As for `history`.
    """
    found, events = _done(now, who, known=True)
    if not isinstance(who, str):
        return events, np.zeros(len(events), dtype=np.int64), np.arange(len(events))
    at, types = np.array([event[:2] for event in found], dtype=np.int64).reshape(-1, 2).T
    return events, types, at


def _done(now: Snapshot, who: str | Sequence[str], known: bool) -> tuple[tuple[Happening, ...], IntArray]:
    """A user's events, none for ids alone, and the product rows; arguments as of `history`."""
    if not isinstance(who, str):
        return (), np.array([now.catalogue.row(product) for product in who], dtype=np.int64)
    found, rows = now.past.of(who, now.catalogue.rows)
    if not found and known and not now.past.knows(who):
        raise UnknownUserError(
            f"no user {who!r} in {now.run.folder}; give an id from the events, or a list of products"
        )
    return found, rows


def _best(
    now: Snapshot, events: IntArray, k: int, where: Filter, policy: Policy, *, exclude_seen: bool
) -> tuple[IntArray, FloatArray]:
    """Product rows and scores; arguments as of `recommend`."""
    mask = allowed(now, where)
    among = None if mask is None else np.flatnonzero(mask)
    if policy.empty:
        return now.ranker.best(events, k, among=among, new=exclude_seen)
    parts = now.ranker.index.parts(one_user(events), among)
    first = np.full(len(now.catalogue.ids), -np.inf, dtype=np.float32)
    first[parts.rows] = (parts.scores_of_new if exclude_seen else parts.scores)[0]
    pool = _pool(now, first, k, policy)
    return _arranged(now, pool, now.ranker.among(events, pool), k, policy)


def _pool(now: Snapshot, scores: FloatArray, k: int, policy: Policy) -> IntArray:
    """Rows that a policy may show, ascending: the best, the best of what it moves up, and what it pins."""
    up = [np.ones(len(scores), dtype=bool)]
    up += [now.catalogue.matches(boost.where) for boost in policy.boosts if boost.by > 0]
    if policy.fresh > 0:
        up.append(now.ranker.index.n_events == 0)
    best = [top(np.where(mask, scores, -np.inf), max(POOL, 5 * k)) for mask in up]
    pinned = np.array([now.catalogue.row(pin.product_id) for pin in policy.pins], dtype=np.int64)
    return np.unique(np.concatenate([*best, pinned[np.isfinite(scores[pinned])]]))


def _arranged(
    now: Snapshot, pool: IntArray, scores: FloatArray, k: int, policy: Policy
) -> tuple[IntArray, FloatArray]:
    place = {int(row): at for at, row in enumerate(pool)}
    pinned = {
        pin.position - 1: place[row]
        for pin in policy.pins
        if (row := now.catalogue.row(pin.product_id)) in place
    }
    found = Candidates(
        scores,
        now.ranker.index.unit[pool],
        now.ranker.index.n_events[pool],
        {name: numbers[pool] for name, numbers in now.catalogue.groups.items()},
    )
    order, moved = arrange(found, policy, k, pinned, lambda where: now.catalogue.matches(where)[pool])
    return pool[order], moved
