"""What all tests share: a planted shop, a real Neo4j server, and where real datasets lie."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cartograph.data import Dataset
from tests.planted import planted_shop
from tools.neo4j_server import PASSWORD, Server, free_port, missing_tools

ROOT = Path(__file__).parent.parent


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


@pytest.fixture
def shop() -> Dataset:
    """The planted shop."""
    return planted_shop()
