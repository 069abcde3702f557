"""A small shop with structure that every model must find."""

import numpy as np
import pandas as pd

from cartograph.data import Dataset


def planted_shop(n_users: int = 60, n_groups: int = 4, per_group: int = 8, seed: int = 0) -> Dataset:
    """A shop whose users stay within one group of products with a brand, category and words of its own.

    The last product of every group is never bought: it can only be found by its facts and text.
    """
    rng = np.random.default_rng(seed)
    words = ("garden spade", "running shoe", "espresso cup", "piano score")
    products = pd.DataFrame(
        [
            {
                "product_id": f"p{group}{number}",
                "title": f"{words[group]} number {number}",
                "brand": f"brand {group}",
                "category": ("shop", words[group]),
                "price": 1.5 + number,
            }
            for group in range(n_groups)
            for number in range(per_group)
        ]
    )
    events = pd.DataFrame(
        [
            {"user_id": f"u{user}", "product_id": f"p{user % n_groups}{product}", "at": 1000 * step + user}
            for user in range(n_users)
            for step, product in enumerate(rng.permutation(per_group - 1)[:5])
        ]
    )
    attributes = pd.DataFrame(
        {
            "product_id": products["product_id"],
            "key": "colour",
            "value": ["red", "blue"] * (len(products) // 2),
        }
    )
    return Dataset.of("planted", products, events, product_attributes=attributes)
