"""What changes while a run is served: written to the graph first, then in the next snapshot."""

from collections.abc import Sequence

import numpy as np

from ..kg import write_events, write_products
from .forgetting import forget
from .live import Event, NewProduct, check_same_facts, event_frame, product_dataset
from .snapshot import Snapshot


def add_events(now: Snapshot, events: Sequence[Event]) -> Snapshot:
    """The snapshot after some events; raises what `Recommender.add_events` raises."""
    rows = np.array([now.catalogue.row(event.product_id) for event in events], dtype=np.int64)
    if not len(rows):
        return now
    write_events(now.store, event_frame(events))
    now.past.forget(event.user_id for event in events)
    return now.with_events(rows)


def add_products(now: Snapshot, products: Sequence[NewProduct]) -> Snapshot:
    """The snapshot with some products; raises what `Recommender.add_products` raises."""
    if not products:
        return now
    given = [product.to_product() for product in products]
    for product in given:
        row = now.catalogue.rows.get(product.product_id)
        if row is not None:
            check_same_facts(now.catalogue.product(row, 0), product)
    dataset = product_dataset(products)
    after = now.with_products(given)  # may fail; nothing is written then
    write_products(now.store, dataset)
    return after


def forget_user(now: Snapshot, user_id: str) -> Snapshot:
    """The snapshot without a user; raises what `Recommender.forget` raises."""
    try:
        facts = forget(now.run, now.store, [user_id])
    finally:
        now.past.forget([user_id])
    return now.of_run(now.run, writable=True) if facts else now.recounted()
