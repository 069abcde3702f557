"""Deleting a user: nothing of them is left in the graph, its files, the run folder and the answers."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cartograph.data import Dataset, StoreError, UnknownUserError
from cartograph.data.rows import Rejected
from cartograph.kg import GraphStore, export, load_dataset, open_store
from cartograph.kg.forgetting import forget_users, known_users
from cartograph.serving.cli import main
from cartograph.serving.http import HttpConfig
from cartograph.serving.http.keys import KeyFile, new_key
from cartograph.serving.live import Event
from cartograph.serving.loading import load_stage
from cartograph.serving.recommender import Recommender
from cartograph.serving.run import Run
from cartograph.serving.stages import train_stage
from tests.conftest import PLANTED
from tests.http_server import check_error, client_of
from tests.planted import planted_shop

SECRET = "somebody-4f1c0d7e@shop.example"
TOWN = "town=Unterwössen-9b2e"
"""An attribute that only they have."""


def with_secret(shop: Dataset) -> Dataset:
    """The shop with one of its users under another name, and with attributes of users."""
    events = shop.events.assign(user_id=shop.events["user_id"].replace("u7", SECRET))
    known = [(user, "age", "30") for user in ("u1", "u2", SECRET)]
    facts = pd.DataFrame([*known, (SECRET, *TOWN.split("="))], columns=["user_id", "key", "value"])
    return Dataset.of(
        "secret", shop.products, events, product_attributes=shop.product_attributes, user_attributes=facts
    )


@pytest.fixture(scope="module")
def trained_with(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A trained run with the user. Copy it before writing to it."""
    run = Run(tmp_path_factory.mktemp("runs") / "secret")
    load_stage(run, with_secret(planted_shop()), progress=False)
    train_stage(run, replace(PLANTED, second_stage=None), device="cpu", progress=False)
    return run


@pytest.fixture
def run(trained_with: Run, tmp_path: Path) -> Run:
    """The same with a row that was rejected and a training that was killed."""
    run = Run(tmp_path / "run")
    subprocess.run(["cp", "-r", trained_with.folder, run.folder], check=True)
    run.training.mkdir()
    (run.training / "network.pt").write_bytes(b"weights so far")
    rows = [
        Rejected("events.csv", 3, "at", "no time", f"{SECRET},p00,view,never"),
        Rejected("events.csv", 4, "at", "no time", f"x{SECRET},p00,view,never"),
    ]
    with (run.folder / "rejected.csv").open("w", newline="") as file:
        csv.writer(file).writerows([Rejected._fields, *rows])
    return run


def mentions(folder: Path, text: str) -> list[str]:
    """Files under a folder that hold a text, as it is or as JSON writes it."""
    forms = {text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")}
    forms.add(json.dumps(json.dumps(text))[3:-3].encode())
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if any(form in path.read_bytes() for form in forms))


def test_the_search_finds_what_is_there_before(run: Run) -> None:
    assert mentions(run.folder, SECRET) == ["graph.lbug", "rejected.csv"]
    assert mentions(run.folder, TOWN) == ["checkpoint.safetensors", "graph.lbug", "index.safetensors"]


def test_nothing_is_left_of_a_user_that_is_forgotten(run: Run) -> None:
    with run.open(read_only=True) as store:
        before = export(store)
    with Recommender.load(run.folder, writable=True) as recommender:
        recommender.add_events([Event(SECRET, "p05", at=10**9)])
        assert recommender.history(SECRET)
        events = recommender.product("p05").events
        recommender.forget(SECRET)
        assert recommender.history(SECRET) == []
        assert SECRET not in recommender.users("", 1000)
        assert recommender.product("p05").events < events
        with pytest.raises(UnknownUserError):
            recommender.for_user(SECRET, unknown="error")
        assert recommender.for_user(SECRET)[0].reason == "popular now"
        assert not run.training.exists()
        recommender.add_events([Event("u1", "p06", at=10**9)])  # it can still be written to
        assert recommender.for_user("u1")
        graph = run.graph.read_bytes() + run.graph.with_name("graph.lbug.wal").read_bytes()
        assert SECRET.encode() not in graph
        with pytest.raises(UnknownUserError, match=f"no user '{SECRET}' in the graph; nothing of them is in"):
            recommender.forget(SECRET)
    assert mentions(run.folder, SECRET) == ["rejected.csv"]
    with (run.folder / "rejected.csv").open(newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["4"]  # another user's, whose id ends so
    assert mentions(run.folder, TOWN) == mentions(run.folder, TOWN.split("=")[1]) == []
    with run.open(read_only=True) as store:
        after = export(store)
    assert set(before.nodes["User"]["id"]) - set(after.nodes["User"]["id"]) == {SECRET}
    assert set(before.nodes["Attribute"]["id"]) - set(after.nodes["Attribute"]["id"]) == {TOWN}
    for label in ("Product", "Brand", "Category"):
        pd.testing.assert_frame_equal(before.nodes[label], after.nodes[label])
    for key, edges in before.edges.items():
        if "User" not in key:
            np.testing.assert_array_equal(edges.source, after.edges[key].source)
            np.testing.assert_array_equal(edges.target, after.edges[key].target)


def test_the_run_answers_others_as_before(run: Run) -> None:
    with Recommender.load(run.folder) as recommender:
        before = recommender.for_user("u1", 5).product_ids
    assert main(["forget", SECRET, "--run", str(run.folder), "--json"]) == 0
    with Recommender.load(run.folder) as recommender:
        assert recommender.for_user("u1", 5).product_ids == before


def test_a_run_that_is_trained_again_has_not_heard_of_them(run: Run) -> None:
    assert main(["forget", SECRET, "--run", str(run.folder)]) == 0
    train_stage(run, replace(PLANTED, second_stage=None), device="cpu", progress=False)
    assert mentions(run.folder, SECRET) == ["rejected.csv"]
    assert mentions(run.folder, TOWN) == []


def test_an_evaluation_keeps_no_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = with_secret(planted_shop())
    folder = tmp_path / "shop"
    folder.mkdir()
    shop.products.assign(category=shop.products["category"].map(" > ".join)).to_csv(
        folder / "products.csv", index=False
    )
    shop.events[["user_id", "product_id", "at"]].to_csv(folder / "events.csv", index=False)
    kept = tmp_path / "kept"
    command = ["evaluate", str(folder), "--models", "popular,item-knn", "--keep", str(kept)]
    assert main([*command, "--json", str(kept / "evaluation.json"), "--report", str(kept / "r.html")]) == 0
    assert len(list(kept.iterdir())) == 4
    assert mentions(kept, SECRET) == []


def test_a_user_that_nobody_knows_changes_nothing(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    before = run.graph.stat().st_ino
    assert main(["forget", "nobody-1234", "--run", str(run.folder)]) == 1
    assert "no user 'nobody-1234' in the graph; nothing of them is in the run folder" in (
        capsys.readouterr().err
    )
    assert run.graph.stat().st_ino == before
    assert run.training.exists()


def test_what_is_open_for_reading_forgets_nobody(run: Run) -> None:
    with Recommender.load(run.folder) as recommender:
        with pytest.raises(StoreError, match="is open for reading; load it with writable=True"):
            recommender.forget(SECRET)
        assert recommender.history(SECRET)


def test_many_threads_may_ask_while_one_forgets(run: Run) -> None:
    wrong: list[BaseException] = []
    with Recommender.load(run.folder, writable=True) as recommender:
        over = threading.Event()

        def ask(number: int) -> None:
            try:
                while not over.is_set():
                    assert len(recommender.for_user(f"u{number}", 5)) == 5
                    assert recommender.explain(f"u{number}", "p00")
                    assert recommender.cypher("MATCH (u:User) RETURN count(*) AS n").rows[0][0] >= 50
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for user in (SECRET, "u10", "u11", "u12"):
            recommender.forget(user)
        over.set()
        for thread in threads:
            thread.join()
    assert wrong == []


FORGET = """
import sys
from cartograph.serving.recommender import Recommender
with Recommender.load(sys.argv[1], writable=True) as recommender:
    print("loaded", flush=True)
    recommender.forget(sys.argv[2])
    print("forgotten", flush=True)
    sys.stdin.read()
"""


def forgetting(run: Run) -> "subprocess.Popen[str]":
    """A process that forgets, and then waits."""
    command = [sys.executable, "-c", FORGET, str(run.folder), SECRET]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)


def test_a_kill_after_it_returned_brings_nothing_back(run: Run) -> None:
    process = forgetting(run)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["loaded\n", "forgotten\n"]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert mentions(run.folder, SECRET) == ["rejected.csv"]
    assert mentions(run.folder, TOWN) == []
    with run.open(read_only=True) as store:
        assert known_users(store, [SECRET, "u1"]) == {"u1"}
        assert store.counts()["PURCHASED"] == 295


@pytest.mark.slow
def test_a_kill_on_the_way_leaves_a_whole_graph_and_the_next_call_completes_it(
    trained_with: Run, tmp_path: Path
) -> None:
    rng = random.Random(0)
    cut_short = 0
    for attempt in range(8):
        run = Run(tmp_path / f"run{attempt}")
        subprocess.run(["cp", "-r", trained_with.folder, run.folder], check=True)
        process = forgetting(run)
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
        time.sleep(rng.random() * 0.3)
        process.kill()
        rest = process.stdout.read()
        process.wait()
        cut_short += "forgotten" not in rest
        with run.open() as store:
            known = known_users(store, [SECRET])
            assert store.counts()["User"] == 59 + len(known)
            assert store.counts()["PURCHASED"] == 295 + 5 * len(known)
        assert main(["forget", SECRET, "--run", str(run.folder)]) == (0 if known else 1)
        assert mentions(run.folder, SECRET) == []
        assert mentions(run.folder, TOWN) == []
        assert not list(run.folder.glob("*.purged*"))
    assert cut_short


def test_what_a_kill_left_of_the_new_file_is_in_no_way(run: Run) -> None:
    for ending in ("", ".wal", ".wal.checkpoint", ".shadow", ".checkpoint.apply.lock"):
        (run.folder / f"graph.lbug.purged{ending}").write_bytes(b"of another graph")
    assert main(["forget", SECRET, "--run", str(run.folder)]) == 0
    assert mentions(run.folder, SECRET) == ["rejected.csv"]
    assert mentions(run.folder, TOWN) == []
    assert not list(run.folder.glob("*.purged*"))


def test_over_http_it_takes_an_admin(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    keys = {scope: new_key(file, scope, [scope]) for scope in ("read", "write", "admin")}
    address = "/v1/users/somebody-4f1c0d7e%40shop.example"
    with client_of(run.folder, config=HttpConfig(keys=KeyFile(file))) as client:
        for scope in ("read", "write"):
            refused = client.delete(address, headers={"Authorization": f"Bearer {keys[scope]}"})
            check_error(refused, 403, "missing_scope")
        admin = {"Authorization": f"Bearer {keys['admin']}"}
        done = client.delete(address, headers=admin)
        assert (done.status_code, done.json()) == (200, {"status": "forgotten"})
        asked = {"statement": "MATCH (u:User {id: $user}) RETURN u.id AS id", "params": {"user": SECRET}}
        read = {"Authorization": f"Bearer {keys['read']}"}
        assert client.post("/v1/cypher", json=asked, headers=read).json()["rows"] == []
        check_error(client.delete(address, headers=admin), 404, "unknown_user")
    with client_of(run.folder, writable=False) as client:
        check_error(client.delete("/v1/users/u1"), 409, "read_only")


class ForgettingContract:
    """What the stores do; a subclass has a fixture `store`, an empty one."""

    def test_user_events_and_own_attributes_go_and_nothing_else(self, store: GraphStore) -> None:
        before = load_dataset(store, with_secret(planted_shop()), progress=False)
        assert forget_users(store, [SECRET]) == [TOWN]
        store.purge()
        after = store.counts()
        changed = {name: before[name] - after[name] for name in before if before[name] != after[name]}
        assert changed == {"User": 1, "Attribute": 1, "HAS_ATTRIBUTE": 2, "PURCHASED": 5}


class TestEmbeddedForgetting(ForgettingContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        with open_store(tmp_path / "graph.lbug") as store:
            yield store

    def test_a_table_of_somebody_elses_is_not_lost(self, store: GraphStore) -> None:
        store.execute("CREATE NODE TABLE Theirs(id STRING PRIMARY KEY)")
        with pytest.raises(StoreError, match=r"tables of its own \(Theirs\); drop them"):
            store.purge()
        assert store.counts()["User"] == 0


class TestNeo4jForgetting(ForgettingContract):
    @pytest.fixture
    def store(self, neo4j_server: str) -> Iterator[GraphStore]:
        with open_store(neo4j_server) as store:
            store.query("MATCH (n) DETACH DELETE n")
            yield store
