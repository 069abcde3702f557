"""The dense core of a dataset: users and products with enough events among each other."""

from dataclasses import replace

import numpy as np
import pandas as pd

from .dataset import Columns, Dataset
from .errors import DataError
from .lookup import positions


def k_core(dataset: Dataset, k: int) -> Dataset:
    """The largest part of a dataset in which every user and every product has at least `k` events.

    Users and products with fewer are dropped with their events, again and again until none is left (Seidman
    1983, on the bipartite graph of events). Repeated events count each. What is known of the others goes
    with them: attributes, and links with an end outside. Published "5-core" files were cut the same way.

    Args:
        dataset: What to cut; its name gets the ending ` K-core`.
        k: At least 1, which drops those without any event.

    Raises:
        DataError: Nothing is left.
    """
    if k < 1:
        raise ValueError(f"k of the k-core is {k}; it must be 1 or more")
    c = Columns
    users, user_ids = pd.factorize(dataset.events[c.USER])
    products, product_ids = pd.factorize(dataset.events[c.PRODUCT])
    kept = np.ones(len(users), dtype=bool)
    while True:
        of_user = np.bincount(users[kept], minlength=len(user_ids))
        of_product = np.bincount(products[kept], minlength=len(product_ids))
        enough = kept & (of_user[users] >= k) & (of_product[products] >= k)
        if np.count_nonzero(enough) == np.count_nonzero(kept):
            break
        kept = enough
    if not kept.any():
        raise DataError(f"{dataset.name}: no user and product have {k} events among each other; lower k")
    user_ids, product_ids = user_ids[of_user > 0], product_ids[of_product > 0]
    return replace(
        dataset,
        name=f"{dataset.name} {k}-core",
        products=_among(dataset.products, product_ids, c.PRODUCT),
        events=dataset.events[kept].reset_index(drop=True),
        users=_among(dataset.users, user_ids, c.USER),
        product_attributes=_among(dataset.product_attributes, product_ids, c.PRODUCT),
        user_attributes=_among(dataset.user_attributes, user_ids, c.USER),
        links=_among(_among(dataset.links, product_ids, c.SOURCE), product_ids, c.TARGET),
        reviews=_among(_among(dataset.reviews, product_ids, c.PRODUCT), user_ids, c.USER),
    )


def _among(table: pd.DataFrame, ids: "pd.Index[str]", column: str) -> pd.DataFrame:
    return table[positions(table[column], ids) >= 0].reset_index(drop=True)
