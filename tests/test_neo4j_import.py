"""Files for Neo4j's import tool, imported by it: the server then holds what the embedded graph holds."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import NODES, GraphArrays, export, load_dataset, open_store
from cartograph.kg.learned import publish, shown
from cartograph.kg.neo4j_import import export_neo4j_import
from cartograph.kg.reviews import read_reviews
from cartograph.kg.store import Params
from cartograph.serving.cli import main
from cartograph.serving.loading import load_stage
from cartograph.serving.run import Run
from tests.conftest import ROOT, requires_neo4j
from tools.neo4j_server import PASSWORD, Server, ServerError, free_port

AWKWARD = [
    'a "quoted" title, with a comma',
    "two\nlines\r\nand three",
    r"ends with a backslash \\",
    "陶瓷咖啡杯 ☕",
    " spaces around ",
    "'; DROP",
    "",
]


def awkward_shop() -> Dataset:
    """Products whose ids and texts no CSV likes, absent values, twins among the events."""
    products = pd.DataFrame(
        {
            "product_id": AWKWARD[:-1],
            "title": AWKWARD[1:],
            "price": [1.5, np.nan, 1e-7, 1e22, 0.1, -0.0],
            "brand": ["O'Brien", "", "b,1", 'b"2', "b", "b"],
            "category": [("a", "b > c"), ("a",), (), ("a",), ("d\ne",), ()],
        }
    )
    events = pd.DataFrame(
        {
            "user_id": ["u,1", "u,1", "u,1", 'u"2'],
            "product_id": [AWKWARD[0], AWKWARD[0], AWKWARD[1], AWKWARD[3]],
            "type": ["view", "view", "purchase", "rating"],
            "at": [5, 5, 2**40, -1],
            "value": [np.nan, np.nan, 2.5, 4.0],
        }
    )
    reviews = pd.DataFrame(
        {
            "user_id": "u,1",
            "product_id": AWKWARD[0],
            "at": 7,
            "rating": [1.5, *[np.nan] * 5],
            "text": AWKWARD[1:],
        }
    )
    return Dataset.of("awkward", products, events, reviews=reviews)


def assert_same(one: GraphArrays, other: GraphArrays) -> None:
    """Both hold the same nodes and relationships, with the same properties."""
    for label, frame in one.nodes.items():
        pd.testing.assert_frame_equal(frame, other.nodes[label])
    for triple, edges in one.edges.items():
        theirs = other.edges[triple]
        np.testing.assert_array_equal(edges.source, theirs.source)
        np.testing.assert_array_equal(edges.target, theirs.target)
        for name, values in edges.properties.items():
            np.testing.assert_array_equal(values, theirs.properties[name])


@pytest.fixture
def loaded(tmp_path: Path) -> Run:
    """The awkward shop in an embedded graph."""
    run = Run(tmp_path / "run")
    load_stage(run, awkward_shop(), progress=False)
    return run


def test_an_import_holds_what_the_embedded_graph_holds_and_goes_on_from_there(
    loaded: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    requires_neo4j()
    with loaded.open() as store:
        similar = pd.DataFrame({"source": [AWKWARD[0]], "target": [AWKWARD[1]], "score": [0.5], "rank": [1]})
        run = publish(store, {"SIMILAR_TO": similar}, model="test")
        here, counts, reviews = export(store), store.counts(), read_reviews(store)
    out = tmp_path / "files"
    assert main(["export", "neo4j-import", "--run", str(loaded.folder), "--out", str(out), "--json"]) == 0
    n_edges = sum(len(edges.source) for edges in here.edges.values()) + len(reviews) + 1
    assert f'"relationships": {n_edges}' in capsys.readouterr().out

    server = Server(tmp_path / "server", ROOT / ".neo4j" / "lib", free_port(), free_port())
    server.import_folder(out)
    server.start()
    monkeypatch.setenv("NEO4J_PASSWORD", PASSWORD)
    try:
        with pytest.raises(ServerError, match="the server runs; stop it before an import"):
            server.import_folder(out)
        with open_store(server.uri) as store:
            assert store.counts() == counts
            assert_same(export(store), here)
            pd.testing.assert_frame_equal(read_reviews(store), reviews)
            assert store.query("MATCH ()-[r:SIMILAR_TO]->() RETURN r.run AS run") == [{"run": run}]
            assert shown(store) == run
            (row,) = store.query("SHOW CONSTRAINTS YIELD labelsOrTypes AS l RETURN count(*) AS n")
            assert row["n"] == len(NODES)
            (schema,) = store.query("MATCH (s:Schema) RETURN count(*) AS n, max(s.version) AS v")
            assert schema["n"] == 1
            load_dataset(store, awkward_shop(), progress=False)  # finds all of it there
            assert store.counts() == counts
            again = export_neo4j_import(store, tmp_path / "again")
        assert asdict(again) == {"nodes": sum(map(len, here.nodes.values())), "relationships": n_edges}
        for file in sorted(out.iterdir()):
            lines = (tmp_path / "again" / file.name).read_bytes()
            assert sorted(lines.splitlines()) == sorted(file.read_bytes().splitlines()), file.name
    finally:
        server.stop(patience=5)


def test_a_folder_that_holds_something_is_left_alone(loaded: Run, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with loaded.open(read_only=True) as store:
        for there in (tmp_path / "full", tmp_path / "full" / "mine"):
            with pytest.raises(StoreError, match="is there and not an empty folder; give another one"):
                export_neo4j_import(store, there)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]


def test_an_export_that_fails_leaves_nothing(
    loaded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loaded.open(read_only=True) as store:
        read = store.frame

        def refuses_users(cypher: str, params: Params | None = None) -> pd.DataFrame:
            if "(n:`User`)" in cypher:
                raise StoreError("gone")
            return read(cypher, params)

        monkeypatch.setattr(store, "frame", refuses_users)
        with pytest.raises(StoreError, match="gone"):
            export_neo4j_import(store, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def test_an_import_says_what_it_needs(tmp_path: Path) -> None:
    server = Server(tmp_path / "server", ROOT / ".neo4j" / "lib")
    with pytest.raises(ServerError, match=r"has no arguments.txt; write it with `cartograph export"):
        server.import_folder(tmp_path)
