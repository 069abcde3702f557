"""A shop in which every kind of node, relationship and gap occurs, for questions to the graph."""

import numpy as np
import pandas as pd

from cartograph.data import Dataset

START = 1_672_531_200
"""2023-01-01, the first day of its events."""
DAY = 86_400


def explored_shop(n_users: int = 24, seed: int = 1) -> Dataset:
    """24 users who visit weekly for 60 weeks, view, buy baskets and come back; 30 products in five kinds.

    The last product of a kind is never touched; some products lack brand, category or price, one costs far
    too much. Ice is bought in summer.
    """
    rng = np.random.default_rng(seed)
    kinds = (("food", "tea"), ("food", "ice"), ("home", "lamp"), ("home", "rug"), ("toys", "kite"))
    products = pd.DataFrame(
        [
            {
                "product_id": f"{kind[1]}{number}",
                "title": f"{kind[1]} number {number}",
                "brand": "" if number == 4 else f"brand {(place + number) % 3}",
                "category": () if (place, number) == (4, 3) else kind,
                "price": None
                if number == 2
                else 90.0
                if (place, number) == (0, 1)
                else 1.0 + place + number / 2,
            }
            for place, kind in enumerate(kinds)
            for number in range(6)
        ]
    )
    touched = products.loc[products["product_id"].str[-1] != "5", "product_id"].to_numpy(object)
    rows: list[dict[str, object]] = []
    for user in range(n_users):
        liked = rng.choice(touched, size=9, replace=False)
        for week in range(60):
            at = START + (7 * week + user % 7) * DAY + 3_600 * (user % 12)
            basket = rng.choice(liked, size=3, replace=False)
            summer = 20 < week % 52 < 36
            for product in basket:
                if product.startswith("ice") and not summer:
                    continue
                rows += [
                    {"user_id": f"u{user:02}", "product_id": product, "type": done, "at": at}
                    for done in ("view", *(("cart", "purchase") if (user + week) % 3 else ()))
                ]
    ratings = [
        {
            "user_id": f"u{user:02}",
            "product_id": "tea0",
            "type": "rating",
            "at": START,
            "value": 1.0 + user % 5,
        }
        for user in range(5)
    ]
    events = pd.DataFrame([*rows, *ratings])
    attributes = pd.DataFrame(
        {"product_id": products["product_id"], "key": "colour", "value": ["red", "blue", "green"] * 10}
    )
    users = pd.DataFrame({"user_id": [f"u{user:02}" for user in range(n_users)]})
    living = users.assign(key="household", value=["one", "two"] * (n_users // 2))
    links = pd.DataFrame(
        {
            "source_id": ["tea0", "tea0", "lamp1"],
            "target_id": ["tea1", "rug0", "rug1"],
            "type": ["also_bought"] * 3,
        }
    )
    return Dataset.of(
        "explored",
        products,
        events,
        users=users,
        product_attributes=attributes[attributes["product_id"] != "rug5"],
        user_attributes=living,
        links=links,
    )
