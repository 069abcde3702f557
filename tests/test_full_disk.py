"""A disk that fills up while a graph is loaded: one sentence, nothing lost, and exact counts afterwards."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import load_dataset, open_store
from tests.conftest import LIBRARIES, requires_neo4j
from tests.test_neo4j_bulk import crowded_shop
from tools.neo4j_server import PASSWORD, Server, free_port


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of six megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"only root can make a small disk here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_named_and_the_same_load_goes_on_once_there_is_room(small_disk: Path) -> None:
    shop = crowded_shop(n_users=20_000, n_products=3_000, n_events=400_000)
    graph = small_disk / "graph.lbug"
    for _ in range(2):  # still full the second time
        with pytest.raises(StoreError, match="the disk with the graph is full; make room and give the same"):
            load_into(graph, shop)
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    load_into(graph, shop)
    with open_store(graph, read_only=True) as store:
        counts = store.counts()
    assert counts["Product"] == 3_000
    assert counts["VIEWED"] + counts["PURCHASED"] == len(shop.events)


@pytest.mark.slow
def test_a_neo4j_server_whose_disk_is_full_is_named_and_the_same_load_goes_on(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires_neo4j()
    monkeypatch.setenv("NEO4J_PASSWORD", PASSWORD)
    shop = crowded_shop(n_users=10_000, n_products=3_000, n_events=200_000)
    logs = {"db.tx_log.rotation.size": "4m"}  # made in advance, as those of 256 MB by default
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    server = Server(small_disk / "server", LIBRARIES, free_port(), free_port(), logs)
    server.start()
    try:
        size = shutil.disk_usage(small_disk).used + 6_000_000
        subprocess.run(["mount", "-o", f"remount,size={size}", str(small_disk)], check=True)
        full = "cannot go on .*; see in its logs why, make room if its disk is full, start it again and give"
        with pytest.raises(StoreError, match=full):
            load_into(server.uri, shop)
        subprocess.run(["mount", "-o", "remount,size=300m", str(small_disk)], check=True)
        server.stop()
        # For a log that ends within an entry: the server names this setting when it will not start.
        cut = {**logs, "internal.dbms.tx_log.fail_on_corrupted_log_files": "false"}
        replace(server, settings=cut).start()
        load_into(server.uri, shop)
        with open_store(server.uri) as store:
            counts = store.counts()
    finally:
        server.stop(patience=5)
    assert (counts["User"], counts["Product"]) == (10_000, 3_000)
    assert counts["VIEWED"] + counts["PURCHASED"] == len(shop.events)


def load_into(graph: Path | str, shop: Dataset) -> None:
    """What `cartograph load` does with a graph."""
    with open_store(graph) as store:
        load_dataset(store, shop, progress=False)
