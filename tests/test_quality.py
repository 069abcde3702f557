"""The quality report: what it finds among planted faults, on both stores, and the Cypher that shows it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data.words import words
from cartograph.kg import GraphStore, export, open_store
from cartograph.kg.guard import check_reads_only
from cartograph.kg.literals import literal
from cartograph.kg.quality import Facts, quality
from cartograph.kg.quality.brands import folded
from cartograph.kg.quality.calibration import Calibration, precision
from cartograph.kg.quality.contradictions import price_scores
from cartograph.kg.quality.duplicates import duplicate_findings, same_words
from cartograph.kg.quality.html import write_html
from cartograph.kg.quality.likeness import bags, nearest, nearest_vectors
from tests.faulty_shop import NOW, load_faults

FAULTS = {
    "same-title": "d1, d2",
    "near-duplicates": "d1, d2, d3",
    "brand-spellings": "OPI",
    "brand-slips": "Neutrogena | Nuetrogena",
    "attribute-spellings": "colour",
    "several-brands": "d1",
    "several-categories": "d4",
    "several-parents": "beauty > lip balm",
    "wrong-numbers": "z1",
    "price-outliers": "z2",
    "negative-events": "u1",
    "repeated-events": "u2",
    "future-events": "u1",
    "idle-product": "alone",
    "idle-brand": "Nobody's",
    "idle-category": "empty",
    "idle-attribute": "a=b",
    "idle-user": "idle",
    "no-title": "alone",
}
"""What each finding shows first."""


def by_name(document: dict[str, Any]) -> dict[str, Any]:
    return {finding["name"]: finding for finding in document["findings"]}


class ReportContract:
    """What the report does on every store; a subclass has a fixture `store`, an empty one."""

    def test_every_planted_fault_is_found_and_its_statement_shows_it(self, store: GraphStore) -> None:
        load_faults(store)
        document = quality(export(store), dataset="faulty", timed=True, now=NOW)
        findings = by_name(document)
        for name, first in FAULTS.items():
            assert first in findings[name]["rows"][0][0], name
        assert "oily" in str(findings["two-values"]["rows"])
        assert findings["no-brand"]["count"] == 152
        for finding in document["findings"]:
            asked = store.query(finding["cypher"], finding["params"])
            with store.read_only() as session:
                assert session.query(finding["filled"]) == asked, finding["name"]
            assert bool(asked) == bool(finding["count"]), finding["name"]

    def test_a_graph_without_faults_and_an_empty_one_have_reports(
        self, store: GraphStore, tmp_path: Path
    ) -> None:
        document = quality(export(store), dataset="nothing", timed=False)
        assert not any(finding["count"] for finding in document["findings"])
        write_html(tmp_path / "nothing.html", document)


class TestEmbeddedReport(ReportContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        with open_store(tmp_path / "graph.lbug") as store:
            yield store


class TestNeo4jReport(ReportContract):
    @pytest.fixture
    def store(self, neo4j_server: str) -> Iterator[GraphStore]:
        with open_store(neo4j_server) as store:
            store.query("MATCH (n) DETACH DELETE n")
            yield store


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report on the faulty shop."""
    with open_store(tmp_path_factory.mktemp("faulty") / "graph.lbug") as store:
        load_faults(store)
        return quality(export(store), dataset="faulty <b>", timed=True, now=NOW)


def test_what_contradicts_is_no_duplicate(document: dict[str, Any]) -> None:
    groups = [row[0] for name in ("same-title", "near-duplicates") for row in by_name(document)[name]["rows"]]
    assert not any("d4" in group or "d5" in group for group in groups)


def test_spellings_are_one_group_with_their_products(document: dict[str, Any]) -> None:
    (row,) = by_name(document)["brand-spellings"]["rows"]
    assert sorted(row[0].split(" | ")) == ["O P I", "O.P.I.", "OPI"]


def test_the_figures_are_counts_of_the_graph(document: dict[str, Any]) -> None:
    assert document["counts"]["Product"] == 811
    assert document["cold"]["products without events"] == pytest.approx(808 / 811)
    assert document["components"]["whole graph"]["alone"] == 5
    assert document["growth"][-1]["products"] == 3
    assert sum(period["events"] for period in document["growth"]) == 4
    assert document["degrees"]["events of a user"]["most"] == 2
    shares = dict(zip(document["coverage"]["facts"], document["coverage"]["overall"], strict=True))
    assert shares["category"] == pytest.approx(810 / 811)


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(
    document: dict[str, Any], tmp_path: Path
) -> None:
    write_html(tmp_path / "report.html", document)
    page = (tmp_path / "report.html").read_text()
    assert "faulty &lt;b&gt;" in page
    assert not re.search(r"<script|<link|src=|href=\"(?!#)|url\((?!#)", page)
    assert "prefers-color-scheme: dark" in page
    assert page.count("<svg") == 5
    colours = set(re.findall(r"#[0-9a-f]{6}", page.partition("</style>")[2]))
    assert not colours, "plots take their colours from the page"


def test_duplicates_are_found_by_vectors_too(tmp_path: Path) -> None:
    with open_store(tmp_path / "graph.lbug") as store:
        load_faults(store)
        facts = Facts(export(store))
    vectors = np.eye(len(facts), dtype=np.float32)
    found = duplicate_findings(facts, vectors)
    assert [finding.count for finding in found] == [2, 3]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Tea Tree Oil 30 ml", "tea-tree oil, 30ml", True),
        ("Lip Stick Red", "lipstick red", True),
        ("Cream for the face", "Face cream", True),
        ("Cream coral", "Cream ivory", False),
        ("Restorative mask", "Restorativ mask", True),
        ("Mask 01", "Mask 02", False),
        ("Mask", "", False),
    ],
)
def test_titles_that_name_the_same(first: str, second: str, same: bool) -> None:
    assert same_words(words(first), words(second)) is same


@pytest.mark.parametrize(
    "names",
    [
        ("OPI", "O.P.I.", "O P I", "o.p.i"),
        ("L'Oréal", "L'OREAL", "L Oreal"),
        ("Crabtree & Evelyn", "Crabtree and Evelyn"),
        ("Seki Edge", "Seki Edge Inc.", "SEKI EDGE, LLC"),
    ],
)
def test_spellings_of_a_brand_fold_to_one(names: tuple[str, ...]) -> None:
    assert len({folded(name) for name in names}) == 1


def test_price_scores_are_the_cited_formula() -> None:
    prices = np.concatenate([np.exp(np.arange(21) / 10), [np.exp(8.0), 0.0]])
    scores, medians = price_scores(prices, np.zeros(23, dtype=np.int64))
    logs = np.append(np.arange(21) / 10, 8.0)
    spread = np.median(np.abs(logs - np.median(logs)))
    assert scores[21] == pytest.approx(0.6745 * (8.0 - np.median(logs)) / spread)
    assert medians[0] == pytest.approx(np.exp(np.median(logs)))
    assert np.isnan(scores[22])


def test_a_bin_counts_its_answers_and_two_more() -> None:
    right = np.array([False] * 25 + [True] * 25)
    calibration = Calibration.of(np.arange(50.0), right)
    assert calibration(np.array([-1.0, 10.0, 25.0, 99.0])) == pytest.approx(
        [1 / 27, 1 / 27, 26 / 27, 26 / 27]
    )
    assert Calibration.of(np.arange(49.0), right[:49])(np.array([60.0])) == pytest.approx([0.0])


def test_precision_is_the_share_that_is_right() -> None:
    confidences = np.array([[0.99, 1.0], [0.9, 0.9], [0.6, 0.85]])
    right = np.array([[True, True], [False, True], [False, True]])
    levels = precision(confidences, right, 5)
    assert [level["proposed"] for level in levels] == [3, 3, 2, 1]
    assert [level["precision"] for level in levels] == pytest.approx([1 / 3, 2 / 3, 0.5, 1.0])


def test_the_nearest_bag_is_that_with_the_same_rare_words() -> None:
    bag = bags([["red", "lamp"], ["red", "lamp"], ["red", "book"], ["book", "old"]], most=3)
    cosines = nearest(bag, bag, 2).toarray()
    assert cosines[0, 1] == pytest.approx(1.0)
    assert cosines[0].argsort()[-2:].tolist() in ([0, 1], [1, 0])
    assert cosines[3, 0] == 0


def test_no_vector_is_its_own_neighbour_not_even_among_equals() -> None:
    vectors = np.tile(np.eye(2, dtype=np.float32), (10, 1))
    found, cosines = nearest_vectors(vectors, 3)
    assert found.shape == (20, 3)
    assert not (found == np.arange(20)[:, None]).any()
    assert (cosines == 1).all()


@pytest.fixture(scope="module")
def any_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    with open_store(tmp_path_factory.mktemp("literals") / "graph.lbug") as store:
        yield store


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
def test_a_text_comes_back_from_its_literal(any_store: GraphStore, text: str) -> None:
    statement = f"RETURN {literal(text)} AS text, {literal([text, 'x'])} AS texts"
    check_reads_only(statement)
    assert any_store.query(statement) == [{"text": text, "texts": [text, "x"]}]


@pytest.mark.parametrize("text", ["\\u0041", "\\\\uD800", "it's", 'say "hi"', "a\nb", "`", "$x", "\\", "é手"])
def test_odd_texts_come_back_from_neo4j(neo4j_server: str, text: str) -> None:
    with open_store(neo4j_server) as store:
        assert store.query(f"RETURN {literal([text])} AS texts") == [{"texts": [text]}]


def test_what_has_no_literal_is_an_error() -> None:
    with pytest.raises(TypeError, match="has no Cypher literal; give text, a number"):
        literal(object())
