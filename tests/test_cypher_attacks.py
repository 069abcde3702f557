"""Strangers may ask the graph anything, and can only read it, in bounded time and memory."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import load_dataset, open_store
from cartograph.kg.neo4j_store import Neo4jStore
from cartograph.kg.questions import QUESTIONS
from cartograph.kg.reader import PROCESSES, BoundedReader, QueryTimeoutError
from tests.conftest import started_server
from tests.cypher_attacks import (
    EXHAUSTION,
    EXHAUSTION_EMBEDDED,
    FILES,
    PROCEDURES,
    SCHEMA,
    WRITES,
    disguised,
)
from tests.planted import planted_shop

MEMORY = 192 << 20
USERS = "MATCH (u:User) RETURN count(*) AS n"
EXAMPLES = {"Product": "p00", "Brand": "brand 0", "Category": "shop", "User": "u0", "date": 0}
ALLOWED = 5.0
"""Seconds within which every statement is answered."""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("attacked") / "graph.lbug"
    with open_store(file) as store:
        load_dataset(store, planted_shop(), progress=False)
    return file


@pytest.fixture(scope="module")
def reader(graph: Path) -> Iterator[BoundedReader]:
    with BoundedReader(graph, memory=MEMORY) as reader:
        reader.table("RETURN 1 AS one", timeout=60)
        yield reader


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def refused(reader: BoundedReader, statement: str, params: dict[str, object] | None = None) -> bool:
    start = time.monotonic()
    message = ""
    try:
        reader.table(statement, params, timeout=1.5)
    except StoreError as error:
        message = str(error)
        if not message or "\n" in message:
            pytest.fail(f"not one sentence: {message!r}")
    assert time.monotonic() - start < ALLOWED
    return bool(message)


FORBIDDEN = [*WRITES, *SCHEMA, *FILES, *PROCEDURES, *disguised()]


def test_there_are_more_than_two_hundred_attacks() -> None:
    assert len(set(FORBIDDEN + EXHAUSTION + EXHAUSTION_EMBEDDED)) >= 350


def test_no_attack_writes_loads_or_calls_anything(reader: BoundedReader, graph: Path) -> None:
    before = fingerprint(graph.parent)
    through = [
        attack
        for attack in FORBIDDEN
        if not refused(reader, attack.replace("{folder}", str(graph.parent)), {"rows": [{"id": "x"}]})
    ]
    assert through == []
    assert fingerprint(graph.parent) == before


@pytest.mark.slow
@pytest.mark.parametrize("statement", EXHAUSTION + EXHAUSTION_EMBEDDED, ids=lambda text: text[:40])
def test_no_statement_takes_all_time_or_memory(reader: BoundedReader, graph: Path, statement: str) -> None:
    before = fingerprint(graph.parent)
    refused(reader, statement)
    assert all(peak < 4 * MEMORY for peak in reader.peaks())
    assert fingerprint(graph.parent) == before


@pytest.mark.slow
def test_a_good_question_is_answered_after_and_between_the_bad_ones(reader: BoundedReader) -> None:
    with ThreadPoolExecutor(4) as threads:
        bad = [threads.submit(refused, reader, statement) for statement in EXHAUSTION[:3]]
        assert reader.table("MATCH (p:Product) RETURN count(*) AS n", timeout=20).rows == [[32]]
        assert all(future.done() or future.result() in (True, False) for future in bad)
    assert reader.table("MATCH (p:Product) RETURN count(*) AS n", timeout=20).rows == [[32]]


@pytest.mark.skipif(sys.platform != "linux", reason="the limits of a process are Linux's")
@pytest.mark.parametrize("statement", [*WRITES[:3], *FILES[:4], *FILES[9:13], "INSTALL httpfs", "CHECKPOINT"])
def test_the_process_could_not_do_it_even_if_the_guard_slept(graph: Path, statement: str) -> None:
    before = fingerprint(graph.parent)
    script = (
        "import sys, resource\n"
        "from cartograph.kg.reader_worker import Graph\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        f"graph = Graph({str(graph)!r}, {MEMORY})\n"
        "store = graph.current()\n"
        "with graph.locked_up():\n"
        "    rows = store.query(sys.argv[1])\n"
        "print(len(rows))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, statement.replace("{folder}", str(graph.parent))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0 or done.stdout.strip() in ("0", "1")
    assert "root:" not in done.stdout
    found = fingerprint(graph.parent)
    assert {name: digest for name, digest in found.items() if name in before} == before
    assert all((graph.parent / name).stat().st_size == 0 for name in set(found) - set(before))
    for name in set(found) - set(before):
        (graph.parent / name).unlink()


@pytest.mark.parametrize(
    "params",
    [
        {"x": 10**400},
        {"x": -(2**63) - 1},
        {"x": "\0"},
        {"x": [[[[[[1]]]]]]},
        {"x": [1, "a", None]},
        {"x": {"key": [1], "value": [2]}},
        {"": 1},
        {"x": "a" * 1_000_000},
        {"x": list(range(100_000))},
        {"SET n.id = 'x'": 1},
        {"x": float("nan")},
        {"x": object()},
    ],
    ids=lambda params: str(params)[:20],
)
def test_odd_parameters_are_values_or_refused(reader: BoundedReader, params: dict[str, object]) -> None:
    refused(reader, "RETURN $x AS x", params)
    assert reader.table("MATCH (p:Product) RETURN count(*) AS n").rows == [[32]]


def test_parameters_are_never_code(reader: BoundedReader) -> None:
    evil = "') CREATE (:User {id: 'x'}) //"
    found = reader.table("RETURN $x AS x", {"x": evil})
    assert found.rows == [[evil]]


def test_rows_are_cut_at_the_limit_and_it_says_so(reader: BoundedReader) -> None:
    found = reader.table("MATCH (p:Product) RETURN p.id AS id ORDER BY id", limit=3)
    assert found.rows == [["p00"], ["p01"], ["p02"]]
    assert found.truncated
    assert not reader.table("MATCH (p:Product) RETURN p.id AS id", limit=32).truncated


def test_columns_have_names_even_without_rows(reader: BoundedReader) -> None:
    found = reader.table("MATCH (p:Product {id: 'none'}) RETURN p.id AS id, p.title AS title")
    assert (found.columns, found.rows) == (["id", "title"], [])


def test_a_slow_statement_is_ended_and_says_so(reader: BoundedReader) -> None:
    start = time.monotonic()
    with pytest.raises(QueryTimeoutError, match="longer than 1 s; narrow it"):
        reader.table(
            "UNWIND range(1, 3000000) AS x UNWIND range(1, 3000000) AS y RETURN max(x % y)", timeout=1
        )
    assert time.monotonic() - start < 3


def test_what_is_written_meanwhile_is_read_at_once(tmp_path: Path, shop: Dataset) -> None:
    file = tmp_path / "graph.lbug"
    with open_store(file) as store:
        load_dataset(store, shop, progress=False)
        with BoundedReader(file, memory=MEMORY) as reader:
            assert reader.table(USERS, timeout=60).rows == [[60]]
            for n in range(61, 66):
                store.query(f"CREATE (:User {{id: 'new {n}'}})")
                assert reader.table(USERS, timeout=20).rows == [[n]]


@contextmanager
def all_reading(file: Path, shop: Dataset) -> Iterator[tuple[BoundedReader, ThreadPoolExecutor]]:
    """A reader of a shop's graph all of whose processes have answered, and threads to ask it from."""
    with open_store(file) as store:
        load_dataset(store, shop, progress=False)
    with BoundedReader(file, memory=MEMORY) as reader, ThreadPoolExecutor() as threads:
        for asked in [threads.submit(reader.table, USERS, timeout=60) for _ in range(PROCESSES)]:
            assert asked.result().rows == [[60]]
        yield reader, threads


def test_a_merge_under_way_is_waited_for_and_left_alone(tmp_path: Path, shop: Dataset) -> None:
    file = tmp_path / "graph.lbug"
    with all_reading(file, shop) as (reader, threads):
        file.touch()  # changed, so it is opened anew
        merging = tmp_path / "graph.lbug.shadow"  # there while a writer merges its log into the graph
        merging.touch()
        before = fingerprint(tmp_path)
        with pytest.raises(StoreError, match="being merged with its log"):
            reader.table(USERS, timeout=1)
        assert fingerprint(tmp_path) == before
        asked = threads.submit(reader.table, USERS, timeout=20)
        time.sleep(0.5)
        merging.unlink()
        assert asked.result().rows == [[60]]


def test_an_older_graph_is_not_brought_up_where_nothing_may_be_written(tmp_path: Path, shop: Dataset) -> None:
    file = tmp_path / "graph.lbug"
    with all_reading(file, shop) as (reader, _):
        with open_store(file) as store:
            store.execute("MATCH (s:Schema) SET s.version = 3")
        before = fingerprint(tmp_path)
        with pytest.raises(StoreError, match="has version 3 of the schema .* only read"):
            reader.table(USERS, timeout=1)
        assert fingerprint(tmp_path) == before


def test_the_named_questions_pass_the_guard_and_run(reader: BoundedReader) -> None:
    for question in QUESTIONS:
        params = {p.name: EXAMPLES.get(p.kind, p.default) for p in question.parameters}
        found = reader.table(question.cypher, params)
        assert found.columns, question.name


@pytest.fixture(scope="module")
def server_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jStore]:
    """A server of its own: what exhausts it may go on there for a while after it was given up."""
    with (
        started_server(tmp_path_factory.mktemp("attacked")) as address,
        open_store(address) as store,
    ):
        assert isinstance(store, Neo4jStore)
        store.query("MATCH (n) DETACH DELETE n")
        load_dataset(store, planted_shop(), progress=False)
        yield store


@pytest.fixture(scope="module")
def server_reader(server_store: Neo4jStore) -> Iterator[BoundedReader]:
    with BoundedReader(server_store.address, memory=MEMORY) as reader:
        reader.table("RETURN 1 AS one", timeout=60)
        yield reader


def test_no_attack_gets_through_to_neo4j(server_store: Neo4jStore, server_reader: BoundedReader) -> None:
    before = server_store.counts()
    through = [attack for attack in FORBIDDEN if not refused(server_reader, attack, {"rows": []})]
    assert through == []
    assert server_store.counts() == before


def test_neo4j_refuses_to_write_even_if_the_guard_slept(server_store: Neo4jStore) -> None:
    before = server_store.counts()
    for attack in WRITES:
        with pytest.raises(StoreError):
            server_store.read(attack, {}, 5.0, 10)
    assert server_store.counts() == before


@pytest.mark.slow
def test_no_statement_takes_all_time_of_neo4j(server_reader: BoundedReader) -> None:
    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(partial(refused, server_reader), EXHAUSTION))
    assert all(peak < 4 * MEMORY for peak in server_reader.peaks())
