"""What all tests share: a planted shop, a real Neo4j server, and where real datasets lie."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from cartograph.data import Dataset
from cartograph.gnn import NetworkConfig, TrainConfig
from cartograph.serving.fit import FitConfig
from cartograph.serving.loading import load_stage
from cartograph.serving.recommender import Recommender
from cartograph.serving.run import Run
from cartograph.serving.stages import encode_stage, train_stage
from tests.planted import planted_shop
from tools.neo4j_server import PASSWORD, Server, free_port, missing_tools

ROOT = Path(__file__).parent.parent
LIBRARIES = ROOT / ".neo4j" / "lib"
"""Where Maven puts the server's Java libraries, for all tests."""

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def requires_neo4j() -> None:
    """Skip the test where no server can be started; in CI, fail it."""
    if missing := missing_tools():
        reason = "; ".join(missing)
        if os.environ.get("CI"):
            pytest.fail(f"in CI the Neo4j tests must run: {reason}")
        pytest.skip(reason)


@contextmanager
def started_server(home: Path) -> Iterator[str]:
    """Address of a Neo4j server that runs in a folder meanwhile."""
    requires_neo4j()
    server = Server(home / "server", LIBRARIES, free_port(), free_port())
    server.start()
    given = os.environ.get("NEO4J_PASSWORD")
    os.environ["NEO4J_PASSWORD"] = PASSWORD
    try:
        yield server.uri
    finally:
        server.stop(patience=5)
        if given is None:
            del os.environ["NEO4J_PASSWORD"]


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Neo4j server: the one of `$NEO4J_URI`, else one started for this run and ended with it."""
    given = os.environ.get("NEO4J_URI")
    if given:
        yield given
        return
    with started_server(tmp_path_factory.mktemp("neo4j")) as address:
        yield address


@pytest.fixture
def shop() -> Dataset:
    """The planted shop."""
    return planted_shop()


PLANTED = FitConfig(train=TrainConfig(network=NetworkConfig(dimension=16), epochs=6, batch_size=32))
"""How the planted shop is fitted: small, and quick."""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the planted shop, with the packaged MiniLM. Copy it before writing to it."""
    run = Run(tmp_path_factory.mktemp("runs") / "planted")
    load_stage(run, planted_shop(), progress=False)
    encode_stage(run, progress=False)
    train_stage(run, PLANTED, device="cpu", progress=False)
    return run


@pytest.fixture(scope="session")
def recommender(trained: Run) -> Iterator[Recommender]:
    """Answers from the planted shop."""
    with Recommender.load(trained.folder) as loaded:
        yield loaded


@pytest.fixture
def copied(trained: Run, tmp_path: Path) -> Run:
    """A copy of the run that a test may write to."""
    copy = Run(tmp_path / "copy")
    shutil.copytree(trained.folder, copy.folder)
    return copy
