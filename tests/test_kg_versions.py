"""Graphs of other versions: older ones are brought up to date, newer ones refused."""

import subprocess
import sys
from pathlib import Path

import ladybug
import pytest

from cartograph.data import StoreError
from cartograph.kg import NODES, RELATIONS, export, open_store
from cartograph.kg.quality.proposals import RELATIONS as PROPOSED
from cartograph.kg.schema import PROVENANCE
from cartograph.kg.versions import CHANGES, SCHEMA_VERSION


def old_graph(path: Path) -> None:
    """A graph as the first version left it: no stock, no provenance, and no word of its version."""
    with ladybug.Database(str(path)) as database, ladybug.Connection(database) as connection:
        for node in NODES.values():
            columns = "".join(
                f", `{name}` {kind}" for name, kind in node.properties.items() if name != "stock"
            )
            connection.execute(f"CREATE NODE TABLE `{node.label}`(id STRING PRIMARY KEY{columns})")
        for relation in RELATIONS.values():
            ends = ", ".join(f"FROM `{source}` TO `{target}`" for source, target in relation.ends)
            own = {name: kind for name, kind in relation.properties.items() if name not in PROVENANCE}
            columns = "".join(f", `{name}` {kind}" for name, kind in own.items())
            connection.execute(f"CREATE REL TABLE `{relation.name}`({ends}{columns})")
        connection.execute("CREATE (:Product {id: 'p', title: 'Tea'})-[:MADE_BY]->(:Brand {id: 'Ito'})")


@pytest.mark.parametrize("read_only", [True, False])
def test_an_old_graph_is_brought_up_to_date_when_it_is_opened(tmp_path: Path, read_only: bool) -> None:
    old_graph(tmp_path / "graph.lbug")
    with open_store(tmp_path / "graph.lbug", read_only=read_only) as store:
        arrays = export(store)
        assert arrays.nodes["Product"]["title"].tolist() == ["Tea"]
        assert arrays.edges["Product", "MADE_BY", "Brand"].properties["run"].tolist() == [""]
        assert store.query("MATCH (s:Schema) RETURN s.version AS version") == [{"version": SCHEMA_VERSION}]


def test_a_migration_that_was_killed_is_made_again(tmp_path: Path) -> None:
    old_graph(tmp_path / "graph.lbug")
    with (
        ladybug.Database(str(tmp_path / "graph.lbug")) as database,
        ladybug.Connection(database) as connection,
    ):
        connection.execute("ALTER TABLE `MADE_BY` ADD `run` STRING")
        connection.execute("CREATE NODE TABLE `Schema`(id STRING PRIMARY KEY, version INT64)")
    with open_store(tmp_path / "graph.lbug", read_only=True) as store:
        assert set(export(store).edges["Product", "MADE_BY", "Brand"].properties) == set(PROVENANCE)
        assert store.query("MATCH (s:Schema) RETURN s.version AS version") == [{"version": SCHEMA_VERSION}]


def test_an_old_graph_that_is_in_use_says_what_to_do(tmp_path: Path) -> None:
    old_graph(tmp_path / "graph.lbug")
    hold = (
        "import sys, ladybug; d = ladybug.Database(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(tmp_path / "graph.lbug")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreError, match="must be writable and in no use|is in use by another process"):
            open_store(tmp_path / "graph.lbug", read_only=True)
        process.kill()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_graph_is_refused_in_one_sentence(tmp_path: Path, read_only: bool) -> None:
    with open_store(tmp_path / "graph.lbug") as store:
        store.execute("MATCH (s:Schema) SET s.version = 99")
    with pytest.raises(
        StoreError,
        match=rf"has version 99 of the schema, this Cartograph knows up to {SCHEMA_VERSION}; install",
    ):
        open_store(tmp_path / "graph.lbug", read_only=read_only)
    with (  # and it lets go of it
        ladybug.Database(str(tmp_path / "graph.lbug")) as database,
        ladybug.Connection(database) as connection,
    ):
        connection.execute(f"MATCH (s:Schema) SET s.version = {SCHEMA_VERSION}")
    open_store(tmp_path / "graph.lbug").close()


def test_neo4j_migrates_and_refuses_likewise(neo4j_server: str) -> None:
    with open_store(neo4j_server) as store:
        store.query("MATCH (n) DETACH DELETE n")
        store.query("CREATE (:Product {id: 'p', title: 'Tea'})-[:MADE_BY]->(:Brand {id: 'Ito', name: 'Ito'})")
        try:
            with open_store(neo4j_server) as again:
                assert again.query("MATCH (s:Schema) RETURN s.version AS version") == [
                    {"version": SCHEMA_VERSION}
                ]
                assert export(again).edges["Product", "MADE_BY", "Brand"].properties["run"].tolist() == [""]
            store.query("MATCH (s:Schema) SET s.version = 99")
            with pytest.raises(StoreError, match="has version 99 of the schema, this Cartograph knows up to"):
                open_store(neo4j_server)
        finally:
            store.query("MATCH (n) DETACH DELETE n")


def test_every_relationship_that_is_derived_says_where_it_comes_from() -> None:
    derived = {
        name for name, relation in RELATIONS.items() if PROVENANCE.items() <= relation.properties.items()
    }
    assert derived == set(PROPOSED)


def test_every_version_says_what_it_brought() -> None:
    assert list(CHANGES) == list(range(1, SCHEMA_VERSION + 1))
