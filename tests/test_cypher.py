"""Cypher on both stores: the same rows, or the message that docs/cypher.md promises."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cartograph.data import StoreError
from cartograph.kg import load_dataset, open_store
from cartograph.kg.store import ReadSession
from tests.explored import explored_shop
from tools.dialects import EXAMPLES, Example

ALL = [example for examples in EXAMPLES.values() for example in examples]
SAME = [example for example in ALL if not example.message]
REFUSED = [example for example in ALL if example.message]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadSession]:
    with open_store(tmp_path_factory.mktemp("explored") / "graph.lbug") as store:
        load_dataset(store, explored_shop(), progress=False)
        with store.read_only() as session:
            yield session


@pytest.fixture(scope="module")
def server(neo4j_server: str) -> Iterator[ReadSession]:
    with open_store(neo4j_server) as store:
        store.query("MATCH (n) DETACH DELETE n")
        load_dataset(store, explored_shop(), progress=False)
        with store.read_only() as session:
            yield session


def bare(value: Any) -> Any:
    """A value without the keys that only one store knows."""
    if isinstance(value, dict):
        return {k: bare(v) for k, v in sorted(value.items()) if k not in ("_key", "_source", "_target")}
    if isinstance(value, list):
        return [bare(item) for item in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value  # sums depend on the order of rows


def test_there_are_more_than_sixty_statements_that_give_the_same() -> None:
    assert len({example.cypher for example in SAME}) >= 60


@pytest.mark.parametrize("example", SAME, ids=lambda example: example.cypher[:70])
def test_both_stores_give_the_same_columns_and_rows(
    example: Example, embedded: ReadSession, server: ReadSession
) -> None:
    (columns, rows), (their_columns, theirs) = (
        session.table(example.cypher, example.params) for session in (embedded, server)
    )
    assert columns == their_columns
    assert rows, "an example that shows nothing"
    if "ORDER BY" not in example.cypher:
        rows, theirs = (sorted(found, key=lambda row: json.dumps(bare(row))) for found in (rows, theirs))
    assert bare(rows) == bare(theirs)


@pytest.mark.parametrize("example", REFUSED, ids=lambda example: example.cypher[:70])
def test_what_the_embedded_store_refuses_it_says_in_a_sentence(
    example: Example, embedded: ReadSession
) -> None:
    with pytest.raises(StoreError) as refusal:
        embedded.table(example.cypher, example.params)
    assert example.message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_functions_of_the_embedded_store_are_explained_by_neo4j(server: ReadSession) -> None:
    with pytest.raises(
        StoreError, match=r"'label'.*; write type\(r\) for a relationship, .*both stores take"
    ):
        server.table("MATCH ()-[r]->() RETURN label(r)")


def test_what_the_rewriting_makes_up_is_not_shown(embedded: ReadSession) -> None:
    columns, rows = embedded.table("UNWIND [2, 1] AS x WITH x ORDER BY x RETURN *")
    assert (columns, rows) == (["x"], [[1], [2]])
