"""Cypher on both stores: the same rows, or the message that docs/cypher.md promises."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cartograph.data import Dataset, StoreError
from cartograph.kg import load_dataset, open_store
from cartograph.kg.question import Question, values
from cartograph.kg.questions import QUESTIONS, question_named
from cartograph.kg.store import ReadSession
from cartograph.kg.subgraph import subgraph
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


def test_both_stores_give_the_same_graph(embedded: ReadSession, server: ReadSession) -> None:
    statement = "MATCH path = (p:Product)-[:MADE_BY]->(:Brand) RETURN path"
    ours, theirs = (subgraph(session.table(statement)[1]) for session in (embedded, server))
    assert dict(ours.nodes(data=True)) == dict(theirs.nodes(data=True))
    assert sorted(ours.edges(data="relation")) == sorted(theirs.edges(data="relation"))
    assert ours.number_of_edges() == 25


def test_functions_of_the_embedded_store_are_explained_by_neo4j(server: ReadSession) -> None:
    with pytest.raises(
        StoreError, match=r"'label'.*; write type\(r\) for a relationship, .*both stores take"
    ):
        server.table("MATCH ()-[r]->() RETURN label(r)")


QUESTION_VALUES = {
    **{"product": "tea0", "other": "rug1", "brand": "brand 0", "category": "food", "user": "u00"},
    **{"since": "2023-06-01", "most": "60", "buyers": "5"},
}
DAYS = {"new-products": "2023-01-02", "lapsed": "2025-01-01"}
"""Days for which a question has an answer there."""


def given_to(question: Question) -> dict[str, str | float]:
    names = {parameter.name for parameter in question.parameters}
    texts = QUESTION_VALUES | {"since": DAYS.get(question.name, QUESTION_VALUES["since"])}
    return values(question, {name: text for name, text in texts.items() if name in names})


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_both_stores_answer_a_named_question_alike(
    question: Question, embedded: ReadSession, server: ReadSession
) -> None:
    params = given_to(question)
    (columns, rows), (their_columns, theirs) = (
        session.table(question.cypher, params) for session in (embedded, server)
    )
    assert columns == their_columns
    assert rows, "a question that the shop does not test"
    if "ORDER BY" not in question.cypher:
        rows, theirs = (sorted(found, key=lambda row: json.dumps(bare(row))) for found in (rows, theirs))
    assert bare(rows) == bare(theirs)


def test_names_of_questions_are_unique_and_a_wrong_one_is_explained() -> None:
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS) >= 30
    with pytest.raises(ValueError, match="no question 'jurney'; did you mean 'journey'"):
        question_named("jurney")


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("journey", {}, "journey needs user: a user's id; give it as user=VALUE"),
        ("baskets", {"x": "1"}, "baskets has no parameter 'x'; it has none"),
        ("cold-products", {"most": "few"}, "most is 'few'; it must be a number, such as 20"),
        ("lapsed", {"since": "May"}, "since is 'May'; it must be a day, such as 2024-05-31"),
    ],
)
def test_a_wrong_parameter_is_one_sentence(name: str, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        values(question_named(name), given)


def test_the_answers_are_what_the_shop_was_built_with(embedded: ReadSession) -> None:
    def ask(name: str) -> list[list[Any]]:
        question = question_named(name)
        return embedded.table(question.cypher, given_to(question))[1]

    assert {row[0] for row in ask("never-touched")} == {"tea5", "ice5", "lamp5", "rug5", "kite5"}
    assert [row[0] for row in ask("price-outliers")] == ["tea1"]
    assert ["brand", 5] in ask("missing-facts")
    assert [row[0] for row in ask("orphans")] == ["kite3"]
    assert ask("seasonal-shifts")[0][0] == "food > ice"
    assert sum(row[0] * row[1] for row in ask("baskets")) == 2424
    assert [row[0] for row in ask("when-people-come")] == [1, 2, 3, 4, 5, 6, 7]


def test_lists_of_many_paths_stay_with_their_rows(tmp_path: Path) -> None:
    """Ladybug 0.22 mixes them up from some thousand rows on, so they are written in another way."""
    ids = [f"p{number}" for number in range(5_000)]
    products = pd.DataFrame({"product_id": ids, "title": ids, "brand": [f"b{i % 7}" for i in range(5_000)]})
    with open_store(tmp_path / "many.lbug") as store:
        load_dataset(store, Dataset.of("many", products), progress=False)
        with store.read_only() as session:
            rows = session.table(
                "MATCH path = (p:Product)-[:MADE_BY]->(:Brand) "
                "WITH p, [n IN nodes(path) | n.id] AS ids RETURN ids[0] = p.id AS right, count(*) AS n"
            )[1]
    assert rows == [[True, 5_000]]


def test_what_the_rewriting_makes_up_is_not_shown(embedded: ReadSession) -> None:
    columns, rows = embedded.table("UNWIND [2, 1] AS x WITH x ORDER BY x RETURN *")
    assert (columns, rows) == (["x"], [[1], [2]])
