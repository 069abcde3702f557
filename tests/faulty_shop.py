"""A shop with planted faults: every finding of the quality report has something to find."""

import numpy as np
import pandas as pd

from cartograph.data import Dataset
from cartograph.kg import GraphStore, load_dataset

NOW = 1_700_000_000
"""When the report is written, seconds since epoch."""

BRANDS = ("OPI", "Essie", "Revlon", "Maybelline", "Simple", "Burt's Bees", "Olay", "Neutrogena")
KINDS = ("nail lacquer", "hand cream", "lip balm", "face serum", "hair mask")
COLOURS = ("coral", "indigo", "amber", "jade", "ruby", "ivory", "teal", "plum", "sand", "rust")


def many_products(n: int = 800, unbranded: float = 0.2, seed: int = 0) -> tuple[Dataset, dict[str, str]]:
    """A catalogue in which a share of the products lacks its brand, and what brands these would have.

    Nine in ten titles begin with the brand's name; "simple" is also a word of other brands' titles.
    """
    rng = np.random.default_rng(seed)
    rows, truth = [], {}
    for number in range(n):
        brand, kind = rng.choice(BRANDS), rng.choice(KINDS)
        words = [brand] if rng.random() < 0.9 else []
        words += [str(rng.choice(COLOURS)), str(kind)]
        if brand != "Simple" and rng.random() < 0.3:
            words.insert(-1, "simple")
        name = f"m{number:04d}"
        known = rng.random() >= unbranded
        if not known:
            truth[name] = str(brand)
        rows.append(
            {
                "product_id": name,
                "title": " ".join(words) + f" {number} ml",
                "brand": brand if known else "",
                "category": ("beauty", str(kind)),
                "price": float(np.round(np.exp(rng.normal(2.5, 0.2)), 2)),
            }
        )
    return Dataset.of("many", pd.DataFrame(rows)), truth


def load_faults(store: GraphStore) -> None:
    """Fill an empty store with products of which a few are wrong."""
    dataset, _ = many_products()
    extra = pd.DataFrame(
        [
            ("d1", "Essie Nail Lacquer, Mint Candy Apple 13 ml", "Essie", 9.0),
            ("d2", "essie nail lacquer mint candy-apple 13 ml", "Essie", 9.5),
            ("d3", "Mint Candy Apple Nail Laquer by Essie 13 ml", "Essie", 9.0),  # a slip, another order
            ("d4", "Essie Nail Lacquer, Mint Candy Apple 15 ml", "Essie", 9.0),  # another size
            ("d5", "Essie Nail Lacquer, Mint Candy Apple 13 ml", "OPI", 9.0),  # another brand
            ("b1", "Bordeaux topcoat", "O.P.I.", 12.0),
            ("b2", "Lincoln topcoat", "O P I", 12.0),
            ("b3", "Serum for the night", "Nuetrogena", 12.0),
            ("z1", "Free sample", "Olay", 0.0),
            ("z2", "Golden cream", "Olay", 9_000.0),
        ],
        columns=["product_id", "title", "brand", "price"],
    )
    kinds = {"b3": "face serum", "z2": "hand cream"}
    extra["category"] = [("beauty", kinds.get(name, "nail lacquer")) for name in extra["product_id"]]
    events = pd.DataFrame(
        [("u1", "d1", "purchase", NOW - 50, -3.0), ("u1", "d2", "view", NOW + 500, np.nan)]
        + [("u2", "d3", "view", NOW - 9_000, np.nan)] * 2,
        columns=["user_id", "product_id", "type", "at", "value"],
    )
    serums = [
        row.product_id for row in dataset.products.itertuples() if row.category == ("beauty", "face serum")
    ]
    facts = [(name, "skin", "dry") for name in serums] + [(serums[0], "skin", "oily")]
    facts += [("d1", "colour", "Mint"), ("d2", "colour", "mint")]
    attributes = pd.DataFrame(facts, columns=["product_id", "key", "value"])
    products = pd.concat([dataset.products, extra], ignore_index=True)
    load_dataset(store, Dataset.of("faulty", products, events, product_attributes=attributes), progress=False)
    two = pd.DataFrame({"source": ["d1"], "target": ["Revlon"]})
    store.write_relationships("MADE_BY", ("Product", "Brand"), two)
    two = pd.DataFrame({"source": ["d4"], "target": ["beauty > lip balm"]})
    store.write_relationships("IN_CATEGORY", ("Product", "Category"), two)
    two = pd.DataFrame({"source": ["beauty > lip balm"], "target": ["beauty > hair mask"]})
    store.write_relationships("SUBCATEGORY_OF", ("Category", "Category"), two)
    store.write_nodes("Product", pd.DataFrame({"id": ["alone"]}))
    store.write_nodes("Brand", pd.DataFrame({"id": ["Nobody's"], "name": ["Nobody's"]}))
    store.write_nodes("Category", pd.DataFrame({"id": ["empty"], "name": ["empty"]}))
    store.write_nodes("Attribute", pd.DataFrame({"id": ["a=b"], "key": ["a"], "value": ["b"]}))
    store.write_nodes("User", pd.DataFrame({"id": ["idle"]}))
