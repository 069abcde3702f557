"""SPARQL over the graph: what it answers, and what it refuses."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cartograph.data import StoreError
from cartograph.kg import load_dataset, open_store
from cartograph.kg.rdf import RdfConfig, SparqlReader
from cartograph.kg.rdf.sparql_guard import check_sparql
from cartograph.kg.reader import QueryTimeoutError, QueryTooLargeError
from cartograph.serving.cli import main
from cartograph.serving.run import Run, RunState
from tests.planted import planted_shop
from tests.test_rdf_feeds import counting_server

SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(tmp_path_factory.mktemp("runs") / "planted")
    with open_store(run.graph) as store:
        load_dataset(store, planted_shop(), progress=False)
    run.remember(RunState("planted", timed=True))
    return run


@pytest.fixture(scope="module")
def reader(run: Run) -> Iterator[SparqlReader]:
    with run.open(read_only=True) as store:
        reader = SparqlReader(store)
    with reader:
        yield reader


def test_brands_are_counted(reader: SparqlReader) -> None:
    query = """
        SELECT ?brand (COUNT(?product) AS ?n) (MAX(?price) AS ?dearest) {
            ?product a schema:Product ; schema:brand/schema:name ?brand ; schema:offers/schema:price ?price
        } GROUP BY ?brand ORDER BY ?brand"""
    first, *others = reader.query(query)
    assert first == {"brand": "brand 0", "n": 8, "dearest": 8.5}
    assert len(others) == 3


def test_categories_are_climbed(reader: SparqlReader) -> None:
    rows = reader.query("SELECT ?p { ?p schema:category/skos:broader*/schema:name 'shop' }")
    assert len(rows) == 32


def test_every_kind_of_query_gives_rows(reader: SparqlReader) -> None:
    assert reader.query("ASK { ?p schema:sku 'p00' }") == [{"answer": True}]
    (row,) = reader.query("CONSTRUCT { ?p a schema:Thing } WHERE { ?p schema:sku 'p00' }")
    assert row["subject"] == "urn:cartograph:product/p00"
    assert row["object"] == "https://schema.org/Thing"
    assert len(reader.query("DESCRIBE <urn:cartograph:product/p00>")) > 5
    assert reader.query("SELECT ?x { OPTIONAL { ?x schema:sku 'nope' } }") == [{"x": None}]


def test_only_so_many_rows_are_shown(reader: SparqlReader) -> None:
    found = reader.table("SELECT ?p { ?p a schema:Product }", limit=5)
    assert (len(found.rows), found.truncated) == (5, True)
    found = reader.table("SELECT ?p { ?p a schema:Product }", limit=32)
    assert (len(found.rows), found.truncated) == (32, False)


def test_a_slow_query_ends_at_its_limit_and_the_next_one_is_answered(reader: SparqlReader) -> None:
    begun = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"took longer than 0\.5 s; narrow it"):
        reader.table(SLOW, timeout=0.5)
    assert time.monotonic() - begun < 5
    assert reader.query("ASK { ?p schema:sku 'p00' }") == [{"answer": True}]


def test_a_query_that_needs_too_much_memory_ends(run: Run) -> None:
    with run.open(read_only=True) as store, SparqlReader(store, memory=32 << 20) as reader:
        with pytest.raises((QueryTooLargeError, QueryTimeoutError)):
            reader.table("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f", timeout=60)
        assert reader.query("ASK { ?p schema:sku 'p00' }") == [{"answer": True}]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT * { SERVICE <http://a.example> { ?s ?p ?o } }", "SERVICE is not allowed here"),
        ("SELECT * { service silent <http://a.example> { ?s ?p ?o } }", "SERVICE is not allowed here"),
        ("SELECT * { { ?s ?p '}' } UNION {SERVICE ?there {?s ?p ?o}} }", "SERVICE is not allowed here"),
        ("# comment ' \nSELECT * { SERVICE <http://a.example> { ?s ?p ?o } }", "SERVICE is not allowed"),
        ("SELECT * { S\\u0045RVICE <http://a.example> { ?s ?p ?o } }", "an escape such as"),
        ("INSERT DATA { <urn:a> <urn:b> 1 }", "not with INSERT; it can only read"),
        ("PREFIX a: <urn:a> LOAD <http://a.example>", "not with LOAD"),
        ("BASE <urn:a> DELETE WHERE { ?s ?p ?o }", "not with DELETE"),
        ("", "not with nothing"),
        ("SELECT ?p { ?p a schema:Product", "error at"),
        ("SELECT ?p { ?p a nowhere:Product }", "refix"),
        ("SELECT " + "?a " * 10_000, "20,000 are allowed"),
    ],
)
def test_what_is_no_query_of_the_graph_is_refused(reader: SparqlReader, query: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        reader.table(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service schema:name 'SERVICE' }",
        'SELECT * { ?s schema:Service ?p . ?s <urn:SERVICE> """a "SERVICE" b""" } # SERVICE',
        "PREFIX service: <urn:a#> SELECT * { ?s service:x ?o FILTER(?o < 3 && ?o > 1) }",
    ],
)
def test_names_and_texts_called_service_are_let_through(query: str) -> None:
    check_sparql(query)


def test_even_past_the_guard_no_other_server_is_asked(reader: SparqlReader) -> None:
    with counting_server() as (address, asked):
        line = {"sparql": f"SELECT * {{ SERVICE <{address}/sparql> {{ ?s ?p ?o }} }}", "limit": 5}
        assert reader._process is not None
        found = reader._process.ask(json.dumps(line).encode() + b"\n", time.monotonic() + 20)
        assert "error" in found
        assert asked == []


def test_users_are_there_only_where_asked(run: Run, reader: SparqlReader) -> None:
    query = "SELECT (COUNT(?e) AS ?n) { ?e a schema:BuyAction ; schema:agent ?who }"
    assert reader.query(query) == [{"n": 0}]
    with run.open(read_only=True) as store, SparqlReader(store, RdfConfig(events=True)) as private:
        assert private.query(query) == [{"n": 300}]


def test_the_command_prints_a_table_and_json(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--run", str(run.folder)]
    query = "SELECT ?sku ?name { ?p schema:sku ?sku ; schema:name ?name } ORDER BY ?sku"
    assert main(["sparql", query, *folder, "--limit", "1"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "sku  name\np00  garden spade number 0\n"
    assert captured.err == "there are more rows; raise --limit to see them\n"
    assert main(["sparql", query, *folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0] == {"sku": "p00", "name": "garden spade number 0"}
    assert main(["sparql", SLOW, *folder, "--timeout", "0.3"]) == 1
    assert capsys.readouterr().err == "cartograph: the query took longer than 0.3 s; narrow it\n"
    assert main(["sparql", "DROP ALL", *folder]) == 1
    assert capsys.readouterr().err.startswith("cartograph: a query starts with SELECT, ASK")
