"""`kill -9` in the middle of load, encode and train: the same command again gives the same result."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cartograph.data import load
from cartograph.kg import export, load_dataset, open_store
from cartograph.serving.ranker import Ranker
from cartograph.serving.run import Run
from tests.planted import planted_shop


def cartograph(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cartograph.serving.cli", *arguments]


def kill_when(command: list[str], ready: Callable[[], bool], patience: float = 120.0) -> None:
    """Start a command and kill it as soon as `ready`; it must not have ended by itself."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + patience
    while not ready():
        assert process.poll() is None, "the command ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


def write_folder(folder: Path, n_users: int) -> None:
    shop = planted_shop(n_users)
    folder.mkdir()
    products = shop.products.assign(category=shop.products["category"].map(" > ".join))
    products.to_csv(folder / "products.csv", index=False)
    shop.events.drop(columns="value").to_csv(folder / "events.csv", index=False)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1 << 16, 1 << 20, 3 << 20])
def test_a_killed_load_is_completed_by_the_same_command(tmp_path: Path, size: int) -> None:
    run = Run(tmp_path / "run")
    command = cartograph("load", "sample", "--run", str(run.folder))
    log = run.graph.with_name(run.graph.name + ".wal")

    def written() -> bool:
        return sum(f.stat().st_size for f in (run.graph, log) if f.exists()) >= size

    kill_when(command, written)
    subprocess.run(command, check=True, capture_output=True)
    with open_store(run.graph, read_only=True) as killed, open_store(tmp_path / "whole.lbug") as whole:
        counts = load_dataset(whole, load("sample"), progress=False)
        assert killed.counts() == counts
        ours, theirs = export(killed), export(whole)
    for key, edges in ours.edges.items():
        np.testing.assert_array_equal(edges.source, theirs.edges[key].source)
        np.testing.assert_array_equal(edges.target, theirs.edges[key].target)


MERGE = """
import sys, ladybug
connection = ladybug.Connection(ladybug.Database(sys.argv[1]))
for n in range(1_000_000):
    connection.execute("CREATE (:User {id: $id})", {"id": str(n)})
    connection.execute("CHECKPOINT")
"""


def test_a_graph_whose_writer_was_killed_while_it_merged_the_log_can_be_read(tmp_path: Path) -> None:
    for attempt in range(100):
        path = tmp_path / f"{attempt}.lbug"
        unmerged = path.with_name(path.name + ".shadow")
        open_store(path).close()
        kill_when([sys.executable, "-c", MERGE, str(path)], unmerged.exists)
        if unmerged.exists():
            break
    assert unmerged.exists()
    with open_store(path, read_only=True) as store:
        users = store.counts()["User"]
        assert store.query("MATCH (u:User) WHERE u.id >= '0' RETURN count(*) AS n") == [{"n": users}]
    assert not unmerged.exists()


@pytest.mark.slow
def test_a_killed_load_into_neo4j_is_completed_by_the_same_command(tmp_path: Path, neo4j_server: str) -> None:
    with open_store(neo4j_server) as store:
        store.query("MATCH (n) DETACH DELETE n")
        write_folder(tmp_path / "shop", n_users=4000)
        command = cartograph(
            "load", str(tmp_path / "shop"), "--run", str(tmp_path / "run"), "--store", neo4j_server
        )
        kill_when(command, lambda: store.counts()["PURCHASED"] > 0)
        assert store.counts()["PURCHASED"] < 20_000
        done = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
        assert json.loads(done.stdout)["PURCHASED"] == store.counts()["PURCHASED"] == 20_000


@pytest.mark.slow
def test_a_killed_encode_goes_on_and_gives_the_same_vectors(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    again = Run(tmp_path / "again")
    shop = tmp_path / "shop"
    shop.mkdir()
    products = pd.DataFrame({"product_id": [f"p{n}" for n in range(2500)]})  # in two chunks
    products["title"] = products["product_id"].str.replace("p", "lamp ")
    products.to_csv(shop / "products.csv", index=False)
    subprocess.run(cartograph("load", str(shop), "--run", str(run.folder)), check=True, capture_output=True)
    shutil.copytree(run.folder, again.folder)
    command = cartograph("encode", "--run", str(run.folder))
    kill_when(command, lambda: len(list(run.embeddings.rglob("*.npz"))) >= 1)
    kept = list(run.embeddings.rglob("*.npz"))
    times = {file: file.stat().st_mtime_ns for file in kept}
    subprocess.run(command, check=True, capture_output=True)
    assert {file: file.stat().st_mtime_ns for file in kept} == times, "finished chunks were encoded again"
    with np.load(kept[0]) as first:
        vectors = first["vectors"]
    kill_when(cartograph("encode", "--run", str(again.folder)), lambda: any(again.embeddings.rglob("*.npz")))
    with np.load(again.embeddings / kept[0].relative_to(run.embeddings)) as other:
        np.testing.assert_array_equal(other["vectors"], vectors)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A shop that only has to be trained."""
    folder = tmp_path_factory.mktemp("encoded")
    write_folder(folder / "shop", n_users=2000)
    run = Run(folder / "run")
    for verb in (("load", str(folder / "shop")), ("encode",)):
        subprocess.run(cartograph(*verb, "--run", str(run.folder)), check=True, capture_output=True)
    return run


@pytest.fixture(scope="module")
def whole(encoded: Run, tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    """What a training comes to that nobody killed."""
    return Ranker.load(trained_copy(encoded, tmp_path_factory.mktemp("whole") / "run").index)


def trained_copy(encoded: Run, folder: Path, state: str | None = None) -> Run:
    """A copy that was trained, and killed before, as soon as it had kept a state, where one is named."""
    shutil.copytree(encoded.folder, folder)
    run, command = Run(folder), cartograph("train", "--run", str(folder))
    if state is not None:
        kill_when(command, (run.training / state).exists)
        assert not run.index.exists()
    subprocess.run(command, check=True, capture_output=True)
    assert not run.training.exists()
    return run


@pytest.mark.slow
@pytest.mark.parametrize("state", ["past.pt", "network.pt"])
def test_a_killed_training_goes_on_to_the_same_result(
    encoded: Run, whole: Ranker, tmp_path: Path, state: str
) -> None:
    killed = Ranker.load(trained_copy(encoded, tmp_path / "killed", state).index)
    np.testing.assert_array_equal(killed.index.vectors, whole.index.vectors)
    assert killed.index.fusion == whole.index.fusion
    histories = planted_shop(2000).histories()
    np.testing.assert_array_equal(killed.scores(histories), whole.scores(histories))
