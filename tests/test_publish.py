"""What a run says, in its graph: the same as the Python API says, replaced as a whole, on both stores."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from cartograph.data import StoreError, UnknownUserError
from cartograph.kg import GraphStore, export, load_dataset, open_store
from cartograph.kg.learned import LEARNED, publish, shown
from cartograph.kg.schema import RELATIONS
from cartograph.serving.cli import main
from cartograph.serving.publish import publish_stage
from cartograph.serving.recommender import Recommender
from cartograph.serving.run import Run
from tests.planted import planted_shop

SIMILAR = (
    "MATCH (s:Schema) MATCH (p:Product {id: $id})-[r:SIMILAR_TO {run: s.published}]->(other:Product) "
    "RETURN other.id AS id, r.score AS score ORDER BY r.rank"
)
RECOMMENDED = (
    "MATCH (s:Schema) MATCH (u:User {id: $id})-[r:RECOMMENDED {run: s.published}]->(p:Product) "
    "RETURN p.id AS id, r.score AS score ORDER BY r.rank"
)


@pytest.fixture
def in_neo4j(trained: Run, neo4j_server: str, tmp_path: Path) -> Iterator[Run]:
    """The planted run with its graph on a server."""
    run = Run(tmp_path / "in-neo4j")
    shutil.copytree(trained.folder, run.folder)
    run.graph.unlink()
    run.update(store=neo4j_server)
    with open_store(neo4j_server) as store:
        store.execute("MATCH (n) DETACH DELETE n")
    with open_store(neo4j_server) as store:
        load_dataset(store, planted_shop(), progress=False)
    yield run
    with open_store(neo4j_server) as store:
        store.execute("MATCH (n) DETACH DELETE n")
        for index in ("product_graph_vector", "product_text_vector", "product_text"):
            store.query(f"DROP INDEX {index} IF EXISTS")


@pytest.fixture(params=["embedded", "neo4j"])
def run(request: pytest.FixtureRequest) -> Run:
    """The planted run, with its graph in either store."""
    found: Run = request.getfixturevalue("copied" if request.param == "embedded" else "in_neo4j")
    return found


def test_the_graph_says_what_the_python_api_says(run: Run) -> None:
    published = publish_stage(run, 3, progress=False)
    with Recommender.load(run.folder) as recommender:
        for product in ("p00", "p17", "p31"):
            wanted = recommender.similar(product, 3)
            found = recommender.cypher(SIMILAR, {"id": product}).rows
            assert [row[0] for row in found] == [item.product_id for item in wanted]
            assert [row[1] for row in found] == pytest.approx([item.score for item in wanted], abs=1e-5)
        for user in ("u0", "u7", "u59"):
            wanted = recommender.for_user(user, 3)
            found = recommender.cypher(RECOMMENDED, {"id": user}).rows
            assert [row[0] for row in found] == [item.product_id for item in wanted]
            assert [row[1] for row in found] == pytest.approx([item.score for item in wanted], abs=1e-5)
        counts = recommender.counts()
        assert {name: counts[name] for name in LEARNED} == published.relationships
        assert counts["RECOMMENDED"] == 60 * 3
        told = recommender.cypher(
            "MATCH (:Product)-[r:FOLLOWED_BY]->(:Product) RETURN DISTINCT r.run, r.model, min(r.rank)"
        ).rows
        assert [row[0] for row in told] == [published.run]
        assert told[0][1].startswith("Cartograph ")
        assert told[0][2] == 1
        (never,) = recommender.cypher(
            "MATCH (u:User)-[:RECOMMENDED]->(p:Product)<-[:VIEWED|PURCHASED]-(u) RETURN count(*)"
        ).rows
        assert never == (0,)  # what a user had already is not recommended


def test_products_that_follow_are_those_that_users_went_on_to(run: Run) -> None:
    publish_stage(run, 3, users=False, progress=False)
    with run.open(read_only=True) as store:
        assert store.counts()["RECOMMENDED"] == 0
        pairs = store.frame(
            "MATCH (a:Product)-[r:FOLLOWED_BY]->(b:Product) RETURN a.id AS a, b.id AS b, r.score AS score"
        )
    assert len(pairs)
    assert (pairs["score"] > 0).all()
    assert (pairs["a"].str[:2] == pairs["b"].str[:2]).all()  # users stay within a group
    assert not (pairs["b"].str[2] == "7").any()  # the last of each group is never bought


def test_what_is_published_later_takes_the_place_of_what_was_there(run: Run) -> None:
    first = publish_stage(run, 4, progress=False)
    second = publish_stage(run, 2, users=False, progress=False)
    with run.open(read_only=True) as store:
        assert shown(store) == second.run != first.run
        assert {name: store.counts()[name] for name in LEARNED} == {**second.relationships, "RECOMMENDED": 0}
        for name in LEARNED:
            source, target = RELATIONS[name].ends[0]
            runs = store.query(f"MATCH (:{source})-[r:{name}]->(:{target}) RETURN DISTINCT r.run AS run")
            assert [row["run"] for row in runs] == [second.run] * bool(second.relationships.get(name))


def test_a_publish_that_is_cut_short_changes_nothing_that_counts(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish_stage(run, 3, progress=False)
    with run.open() as store:
        before = store.query(SIMILAR, {"id": "p00"})
        rows = pd.DataFrame({"source": ["p00"], "target": ["p31"], "score": [9.0], "rank": [1]})
        execute = store.execute

        def cut(cypher: str, params: object = None) -> None:
            if "published" in cypher:
                raise StoreError("killed")
            execute(cypher, params)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(store, "execute", cut)
            with pytest.raises(StoreError, match="killed"):
                publish(store, {"SIMILAR_TO": rows}, model="test")
        assert shown(store) == first.run
        assert store.query(SIMILAR, {"id": "p00"}) == before
        last = publish(store, {"SIMILAR_TO": rows.assign(target="p30")}, model="test")
        assert shown(store) == last
        assert store.query(SIMILAR, {"id": "p00"}) == [{"id": "p30", "score": 9.0}]
        assert sum(store.counts()[name] for name in LEARNED) == 1


def test_training_exports_and_a_new_load_do_not_see_it(run: Run) -> None:
    publish_stage(run, 3, progress=False)
    with run.open() as store:
        assert not {relation for _, relation, _ in export(store).edges} & set(LEARNED)
        counts = store.counts()
        load_dataset(store, planted_shop(), progress=False)
        assert store.counts() == counts


def test_a_forgotten_user_is_recommended_nothing_and_the_rest_stays(copied: Run) -> None:
    published = publish_stage(copied, 3, progress=False)
    with Recommender.load(copied.folder, writable=True) as recommender:
        recommender.forget("u7")
        assert recommender.counts()["RECOMMENDED"] == 59 * 3
        assert recommender.cypher(RECOMMENDED, {"id": "u8"}).rows
    with copied.open(read_only=True) as store:  # the file was written anew
        assert shown(store) == published.run


def test_plain_cypher_searches_by_meaning_and_by_words_in_neo4j(in_neo4j: Run) -> None:
    for _ in range(2):  # the indexes are there the second time
        publish_stage(in_neo4j, 3, progress=False)
    with Recommender.load(in_neo4j.folder) as recommender:
        like = recommender.cypher(
            "MATCH (p:Product {id: 'p10'}) CALL db.index.vector.queryNodes('product_text_vector', 8, "
            "p.text_vector) YIELD node, score RETURN node.id"
        ).rows
        assert {row[0][:2] for row in like} == {"p1"}
        named = recommender.cypher(
            "CALL db.index.fulltext.queryNodes('product_text', $words) YIELD node RETURN node.id LIMIT 8",
            {"words": "espresso"},
        ).rows
        assert {row[0][:2] for row in named} == {"p2"}
        (shown_product,) = recommender.cypher("MATCH (p:Product {id: 'p10'}) RETURN p").rows
        assert "text_vector" not in shown_product[0]
        assert shown_product[0]["title"] == "running shoe number 0"


def test_users_have_the_same_past_on_both_stores(in_neo4j: Run, recommender: Recommender) -> None:
    with Recommender.load(in_neo4j.folder) as remote:
        for user in recommender.users("", 5):
            assert remote.history(user, 100) == recommender.history(user, 100) != []
            assert remote.profile(user) == recommender.profile(user)
            assert remote.for_user(user, 5).product_ids == recommender.for_user(user, 5).product_ids
        with pytest.raises(UnknownUserError, match="no user 'nobody'"):
            remote.profile("nobody")


def test_vectors_of_another_length_get_an_index_of_their_own(in_neo4j: Run, neo4j_server: str) -> None:
    publish_stage(in_neo4j, 3, progress=False)
    with open_store(neo4j_server) as store:
        vectors = pd.DataFrame([[1.0, 0.0], [0.8, 0.6]]).to_numpy()
        store.write_vectors("text_vector", ["p00", "p31"], vectors)
        found = store.query(
            "CALL db.index.vector.queryNodes('product_text_vector', 5, [1.0, 0.0]) YIELD node "
            "RETURN node.id AS id"
        )
        assert [row["id"] for row in found] == ["p00", "p31"]
        with pytest.raises(ValueError, match="no vector 'vec'; products have graph_vector, text_vector"):
            store.write_vectors("vec", ["p00"], vectors)


def test_the_embedded_store_says_where_to_search_instead(recommender: Recommender) -> None:
    with pytest.raises(StoreError, match="has no index that Cypher can search; use `cartograph search`"):
        recommender.cypher("CALL db.index.fulltext.queryNodes('product_text', 'cup') YIELD node RETURN node")


def test_the_command_says_what_it_wrote(copied: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", "--run", str(copied.folder), "-k", "2", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert written["relationships"]["SIMILAR_TO"] == 32 * 2
    assert main(["publish", "--run", str(copied.folder), "-k", "0"]) == 1
    assert "k is 0; it must be at least 1" in capsys.readouterr().err
    assert main(["publish", "--run", str(copied.folder / "none")]) == 1
    assert "is not a run folder" in capsys.readouterr().err


def test_a_run_says_only_what_the_schema_knows(copied: Run) -> None:
    with copied.open() as store, pytest.raises(ValueError, match="no run says LIKES; only SIMILAR_TO"):
        publish(store, {"LIKES": pd.DataFrame()}, model="test")


def test_an_older_graph_takes_it_once_it_is_opened(copied: Run) -> None:
    def older(store: GraphStore) -> None:
        for name in LEARNED:
            store.execute(f"DROP TABLE {name}")
        store.execute("ALTER TABLE `Schema` DROP published")
        store.execute("MATCH (s:Schema) SET s.version = 2")

    with copied.open() as store:
        older(store)
    publish_stage(copied, 3, progress=False)
    with copied.open(read_only=True) as store:
        assert store.counts()["RECOMMENDED"] == 60 * 3
