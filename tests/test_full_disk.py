"""A disk that fills up while a graph is loaded: one sentence, nothing lost, and exact counts afterwards."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import load_dataset, open_store
from tests.test_neo4j_bulk import crowded_shop


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


def load_into(graph: Path, shop: Dataset) -> None:
    """What `cartograph load` does with a graph."""
    with open_store(graph) as store:
        load_dataset(store, shop, progress=False)
