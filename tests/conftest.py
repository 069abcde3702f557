"""What all tests share: a planted shop, a real Neo4j server, and where real datasets lie."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cartograph.data import Dataset

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from neo4j_server import PASSWORD, Server, free_port, missing_tools  # noqa: E402


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Neo4j server: the one of `$NEO4J_URI`, else one started for this run and ended with it."""
    given = os.environ.get("NEO4J_URI")
    if given:
        yield given
        return
    if missing := missing_tools():
        reason = "; ".join(missing)
        if os.environ.get("CI"):
            pytest.fail(f"in CI the Neo4j tests must run: {reason}")
        pytest.skip(reason)
    home = tmp_path_factory.mktemp("neo4j")
    server = Server(home / "server", ROOT / ".neo4j" / "lib", free_port(), free_port())
    server.start()
    os.environ["NEO4J_PASSWORD"] = PASSWORD
    try:
        yield server.uri
    finally:
        server.stop()
        del os.environ["NEO4J_PASSWORD"]


def planted_shop(n_users: int = 60, n_groups: int = 4, per_group: int = 8, seed: int = 0) -> Dataset:
    """A shop whose users stay within one group of products, which has a brand, a category and words of its own.

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


@pytest.fixture
def shop() -> Dataset:
    """The planted shop."""
    return planted_shop()
