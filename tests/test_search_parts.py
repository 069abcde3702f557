"""The parts of search, each against its formula or against what it stands for."""

import itertools

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartograph.data.dataset import FloatArray
from cartograph.serving.search.dense import Scale
from cartograph.serving.search.facets import price_bands
from cartograph.serving.search.facts import Facts
from cartograph.serving.search.lexical import Field, Lexical
from cartograph.serving.search.postings import Postings
from cartograph.serving.search.prefixes import Prefixes
from cartograph.serving.search.results import Suggestion
from cartograph.serving.search.spelling import Spelling
from cartograph.serving.search.suggest import Suggester
from tests.search_shop import ENGLISH, catalogue_of

TERMS = st.sampled_from(["a", "b", "c", "手", "手机"])
DOCUMENTS = st.lists(st.lists(TERMS, max_size=6), min_size=1, max_size=12)


@given(
    DOCUMENTS, st.lists(st.sampled_from(["a", "b", "手机", "unknown"]), min_size=1, max_size=3, unique=True)
)
def test_one_field_of_weight_one_gives_the_bm25_of_the_library(
    documents: list[list[str]], query: list[str]
) -> None:
    if not any(documents):
        return
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    index.index(documents, show_progress=False)
    known = [term for term in query if term in index.vocab_dict]
    expected = index.get_scores(known) if known else np.zeros(len(documents))
    lexical = Lexical.of([Field(1.0, 0.75)], [documents], k1=1.5)
    n = len(documents)
    holders = [sum(term in document for document in documents) for term in query]
    most = sum(np.log(1 + (n - df + 0.5) / (df + 0.5)) for df in holders if df)
    np.testing.assert_allclose(lexical.match(query).scores * most, expected, rtol=1e-4, atol=1e-6)


def test_bm25f_adds_up_weighted_counts_before_they_saturate() -> None:
    lexical = Lexical.of([Field(1.0, 0.0), Field(0.5, 0.0)], [[["a"], []], [["a", "a"], ["b"]]], k1=1.0)
    count = 1.0 * 1 + 0.5 * 2
    assert lexical.match(["a"]).scores.tolist() == [pytest.approx(count / (count + 1.0)), 0.0]
    assert lexical.match(["a", "b"]).coverage.tolist() == [pytest.approx(0.5), pytest.approx(0.5)]


@given(DOCUMENTS, st.lists(st.integers(0, 12), max_size=6))
def test_postings_are_the_same_in_whatever_portions_documents_come(
    documents: list[list[str]], cuts: list[int]
) -> None:
    whole = Postings.of(documents)
    portions = Postings.of(())
    edges = [0, *sorted(min(cut, len(documents)) for cut in cuts), len(documents)]
    for start, end in itertools.pairwise(edges):
        portions = portions.with_documents(documents[start:end])
    assert portions.lengths.tolist() == whole.lengths.tolist() == [len(document) for document in documents]
    for term in ("a", "手机", "unknown"):
        rows, counts = portions.holders(term)
        held = {row: document.count(term) for row, document in enumerate(documents) if term in document}
        assert dict(zip(rows.tolist(), counts.tolist(), strict=True)) == held
        assert whole.holders(term)[0].tolist() == rows.tolist()


def test_many_small_portions_are_kept_in_few_segments() -> None:
    postings, prefixes = Postings.of(()), Prefixes.of(())
    for number in range(300):
        postings = postings.with_documents([[f"w{number}"]])
        prefixes = prefixes.with_names([f"w{number}"])
    assert len(postings.segments) < 10
    assert len(prefixes.segments) < 10


@pytest.mark.parametrize(
    ("query", "corrected"),
    [
        ("espreso cup", "espresso cup"),
        ("Wattering Can", "watering Can"),
        ("esspreso", "espresso"),
        ("wateringcans", None),
        ("tennisracket", "tennis racket"),
        ("tea", None),
        ("espresso", None),
        ("zqxwvutsrp", None),
        ("手几", None),
    ],
)
def test_unknown_words_become_their_nearest_known_ones(query: str, corrected: str | None) -> None:
    spelling = Spelling.of([item.title for item in ENGLISH])
    assert spelling.correct(query, lambda _: False) == corrected


def test_of_equally_near_words_the_frequent_one_is_meant_and_what_is_known_otherwise_stays() -> None:
    spelling = Spelling.of(["brown", "brawn", "brown"])
    assert spelling.nearest("brewn") == "brown"
    assert spelling.correct("brewn", lambda word: word == "brewn") is None


@given(
    st.text(max_size=30),
    st.lists(st.sampled_from(["Café crème", "iPhone 15", "手机壳", "Ice-cream"]), max_size=8),
)
def test_prefixes_find_what_has_the_words_and_a_word_that_begins_so(prefix: str, names: list[str]) -> None:
    found = Prefixes.of(names).find(prefix)
    assert found.tolist() == sorted(set(found.tolist()))
    portions = Prefixes.of(names[:2]).with_names(names[2:])
    assert portions.find(prefix).tolist() == found.tolist()


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("caf", ["Café crème"]),
        ("CREM", ["Café crème"]),
        ("crème caf", ["Café crème"]),
        ("cafe crème b", []),
        ("15", ["iPhone 15 case"]),
        ("手", ["手机壳"]),
        ("机壳", ["手机壳"]),
        ("!", []),
    ],
)
def test_prefixes_ignore_case_and_accents_and_look_inside(prefix: str, names: list[str]) -> None:
    known = ["Café crème", "iPhone 15 case", "手机壳"]
    assert [known[i] for i in Prefixes.of(known).find(prefix)] == names


def suggester(weight: FloatArray) -> Suggester:
    catalogue = catalogue_of(ENGLISH)
    facts = Facts.of(catalogue, lambda texts: np.zeros((len(texts), 2), np.float32), 2)
    return Suggester.of(tuple(catalogue.titles), tuple(catalogue.ids), weight, facts)


def test_suggestions_are_of_all_kinds_and_the_popular_come_first() -> None:
    weight = np.zeros(len(ENGLISH), np.float32)
    weight[2] = 5
    found = suggester(weight).suggest("sho", 8)
    assert found[0] == Suggestion("Shoes", "category", "Sport > Shoes")
    assert [s.text for s in found if s.kind == "product"] == [
        "Tennis shoes",
        "Trail running shoe",
        "Road running shoes, men",
    ]
    assert Suggestion("Barista", "brand", "Barista") in suggester(weight).suggest("bar", 8)
    assert Suggestion("red", "attribute", "colour=red") in suggester(weight).suggest("r", 8)


def test_a_text_is_suggested_once_and_there_are_no_more_than_asked_for() -> None:
    every = suggester(np.zeros(len(ENGLISH), np.float32))
    for prefix in "abcdefghijklmnopqrstuvwxyz":
        texts = [s.text.casefold() for s in every.suggest(prefix, 5)]
        assert len(texts) == len(set(texts)) <= 5
    assert every.suggest("", 5) == every.suggest(" ", 5) == every.suggest("?", 5) == []


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30))
def test_price_bands_hold_every_price_once(prices: list[float]) -> None:
    bands = price_bands(np.array(prices))
    assert sum(band.count for band in bands) == len(prices)
    for band in bands:
        low, high = band.low or 0.0, np.inf if band.high is None else band.high
        assert band.count == sum(low <= price < high for price in prices)


def test_a_scale_is_measured_by_what_unrelated_texts_have_in_common() -> None:
    vectors = np.eye(4, dtype=np.float32)
    scale = Scale.of(
        ["w", "x", "y", "z"], vectors, lambda queries: np.eye(12, 4, dtype=np.float32)[: len(queries)]
    )
    assert scale.chance == 0.0  # each query has one product in four
    assert scale.nearness(np.array([1.0, 0.0], np.float32)).tolist() == [1.0, 0.0]
    assert (
        Scale.of([], vectors[:0], lambda queries: np.eye(12, 4, dtype=np.float32)[: len(queries)]).chance
        == 0.0
    )
