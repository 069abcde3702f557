"""Search: what is found, how it is narrowed, and that nothing a visitor types breaks it."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartograph.data.words import words
from cartograph.encoders import TextEncoder, load_encoder
from cartograph.serving.results import Recommendation
from cartograph.serving.search.config import SearchConfig
from cartograph.serving.search.product_search import Found, ProductSearch
from cartograph.serving.search.results import SearchResult
from tests.search_shop import ENGLISH, catalogue_of, extended, search_of


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return load_encoder(device="cpu")


@pytest.fixture(scope="module")
def search(encoder: TextEncoder) -> ProductSearch:
    return search_of(ENGLISH, encoder)


def titles(search: ProductSearch, found: Found) -> list[str]:
    return [search.titles[row] for row in found.rows]


def best(search: ProductSearch, query: str) -> str:
    return titles(search, search.search(query))[0]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("running shoes trail", "Trail running shoe"),
        ("RACKETS", "Tennis racket"),
        ("creme brulee", "Crème brûlée torch"),
        ("something to dig soil with", "Garden spade"),
        ("footwear for mountains", "Hiking boots"),
        ("sheet music", "Piano score, easy pieces"),
    ],
)
def test_a_query_finds_by_words_whatever_their_ending_case_and_accents_and_by_meaning(
    search: ProductSearch, query: str, title: str
) -> None:
    assert best(search, query) == title


def test_scores_fall_and_products_are_told_once(search: ProductSearch) -> None:
    found = search.search("shoes", 12)
    assert len(set(found.rows.tolist())) == len(found.rows) == found.total
    assert (np.diff(found.scores) <= 0).all()


def test_more_than_matches_gives_what_matches_and_fewer_the_best_of_it(search: ProductSearch) -> None:
    everything = search.search("shoes", 1000)
    assert 4 <= len(everything.rows) == everything.total < len(ENGLISH)
    assert search.search("shoes", 2).rows.tolist() == everything.rows[:2].tolist()
    assert search.search("shoes", 2).total == everything.total


@pytest.mark.parametrize("query", ["", "  \n\t"])
def test_an_empty_query_is_refused(search: ProductSearch, query: str) -> None:
    with pytest.raises(ValueError, match="the query is empty; give a few words"):
        search.search(query)


def test_bad_arguments_are_refused(search: ProductSearch) -> None:
    with pytest.raises(ValueError, match="k is 0; it must be at least 1"):
        search.search("shoes", 0)
    with pytest.raises(ValueError, match=r"personal is 1.5; it must be in \[0, 1\]"):
        search.search("shoes", personal=1.5)
    with pytest.raises(ValueError, match="but of nobody; give the preferences too, or 0"):
        search.search("shoes", personal=0.5)
    with pytest.raises(ValueError, match="k is 0; it must be at least 1"):
        search.suggest("s", 0)


@pytest.mark.parametrize("query", ["…!?—", "😀🎉", "​", "xqzvkj"])
def test_signs_pictures_and_letters_that_mean_nothing_find_nothing(search: ProductSearch, query: str) -> None:
    found = search.search(query)
    assert (len(found.rows), found.total, found.facets) == (0, 0, ())


def test_of_a_very_long_query_the_beginning_is_read(search: ProductSearch) -> None:
    began = time.perf_counter()
    assert best(search, "running shoes " * 1000) in ("Trail running shoe", "Road running shoes, men")
    search.search("x" * 10_000)
    search.search("跑步" * 5_000)
    assert time.perf_counter() - began < 5


@given(st.one_of(st.text(max_size=80), st.text(st.characters(categories=["L", "S", "P", "C"]), max_size=80)))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_search_or_suggestions(search: ProductSearch, text: str) -> None:
    if text.strip():
        found = search.search(text, 3)
        assert len(found.rows) <= min(3, found.total)
        assert np.isfinite(found.scores).all()
    assert len(search.suggest(text, 5)) <= 5


def test_a_filter_leaves_the_scores_as_they_are(search: ProductSearch) -> None:
    every = search.search("shoes", 100)
    allowed = np.arange(len(ENGLISH)) % 2 == 1
    some = search.search("shoes", 100, allowed=allowed)
    kept = [(row, score) for row, score in zip(every.rows, every.scores, strict=True) if allowed[row]]
    assert list(zip(some.rows, some.scores, strict=True)) == kept
    assert some.total == len(kept) < every.total
    assert search.search("shoes", allowed=np.zeros(len(ENGLISH), dtype=bool)).total == 0


def test_facets_count_all_that_match_and_are_allowed(search: ProductSearch) -> None:
    allowed = np.array([item.price < 100 for item in ENGLISH])
    found = search.search("shoes", 1, allowed=allowed)
    matched = [ENGLISH[row] for row in search.search("shoes", 100, allowed=allowed).rows]
    counts = {(facet.kind, facet.id): facet.count for facet in found.facets}
    assert counts["brand", "Strider"] == 2
    assert counts["category", "Sport"] == sum(item.category.startswith("Sport") for item in matched)
    assert counts["category", "Sport > Shoes"] == 3
    for colour in ("red", "blue", "white"):
        assert counts["attribute", f"colour={colour}"] == sum(
            f"colour={colour}" in item.attributes for item in matched
        )
    assert ("brand", "Alpin") not in counts
    bands = [facet for facet in found.facets if facet.kind == "price"]
    assert sum(band.count for band in bands) == found.total == len(matched)
    for band in bands:
        high = np.inf if band.high is None else band.high
        assert band.low is not None
        assert band.count == sum(band.low <= item.price < high for item in matched)


def test_preferences_count_as_much_as_the_dial_says(search: ProductSearch) -> None:
    plain = search.search("shoes", 100)
    liking = np.zeros(len(ENGLISH), np.float32)
    liking[plain.rows] = np.arange(len(plain.rows))  # the last of the answer is liked best
    none = search.search("shoes", 100, preference=liking, personal=0.0)
    alone = search.search("shoes", 100, preference=liking, personal=1.0)
    assert none.rows.tolist() == plain.rows.tolist()
    assert alone.rows.tolist() == plain.rows[::-1].tolist()
    places = [
        search.search("shoes", 100, preference=liking, personal=dial).rows.tolist().index(int(plain.rows[-1]))
        for dial in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert places == sorted(places, reverse=True)


def test_what_a_query_names_lifts_its_products_and_is_told(search: ProductSearch) -> None:
    found = search.search("barista", 4)
    assert next((e.kind, e.id, e.weight, e.because) for e in found.expansions) == (
        "brand",
        "Barista",
        1.0,
        "named",
    )
    assert {ENGLISH[row].brand for row in found.rows} == {"Barista"}
    told = {(e.kind, e.name): e.because for e in search.search("red shoes").expansions}
    assert told["category", "Shoes"] == "named"
    assert told["attribute", "red"] == "named"


def test_what_a_query_means_is_told_without_a_word_in_common(search: ProductSearch) -> None:
    told = {(e.kind, e.name): e.because for e in search.search("footwear").expansions}
    assert told["category", "Shoes"] == "meant"


def test_expansion_can_be_switched_off(search: ProductSearch) -> None:
    on, off = search.search("barista", 100), search.search("barista", 100, expand=False)
    assert off.expansions == ()
    first = on.rows[0]
    assert on.scores[0] > off.scores[off.rows.tolist().index(first)]


def test_a_misspelt_query_is_corrected_and_the_correction_told(search: ProductSearch) -> None:
    found = search.search("runing shoos trail")
    assert found.corrected is None or "running" in found.corrected
    found = search.search("expresso cup")
    assert found.corrected == "espresso cup"
    assert titles(search, found)[0] == "Espresso cup"
    assert search.search("espresso cup").corrected is None


@given(st.sampled_from(sorted({word for item in ENGLISH for word in words(item.text)})))
def test_a_word_of_the_catalogue_is_never_corrected(search: ProductSearch, word: str) -> None:
    assert search.search(word).corrected is None


def test_products_that_are_added_are_found_and_the_search_before_stays_as_it_is(encoder: TextEncoder) -> None:
    before = search_of(ENGLISH[:9], encoder)
    after = extended(before, ENGLISH, 3)
    assert best(after, "spade") == "Garden spade"
    assert "Garden spade" not in titles(before, before.search("garden tools", 20))
    assert [s.text for s in after.suggest("spa")] == ["Garden spade"]
    assert before.suggest("spa") == []
    assert {e.id for e in after.search("erde").expansions} >= {"Erde"}


def test_a_search_that_grew_answers_like_one_built_at_once(
    search: ProductSearch, encoder: TextEncoder
) -> None:
    grown = search_of(ENGLISH[:2], encoder)
    for by in (1, 3, 1, 5):
        grown = extended(grown, ENGLISH, by)
    grown = replace(grown, scale=search.scale)  # measured once, on what was there
    for query in ("shoes", "red mug", "barista", "espreso cup", "music", "garden"):
        one, other = grown.search(query, 20), search.search(query, 20)
        assert one.rows.tolist() == other.rows.tolist()
        np.testing.assert_allclose(one.scores, other.scores, rtol=1e-5)
        assert (one.facets, one.corrected) == (other.facets, other.corrected)
        assert {(e.id, e.weight) for e in one.expansions} == {(e.id, e.weight) for e in other.expansions}
    for prefix in ("s", "sho", "r", "ba"):
        assert grown.suggest(prefix) == search.suggest(prefix)


def test_an_empty_shop_is_searched_in_vain_and_can_grow(encoder: TextEncoder) -> None:
    empty = search_of((), encoder)
    assert empty.search("shoes").total == 0
    assert empty.suggest("s") == []
    assert best(extended(empty, ENGLISH, 4), "boots") == "Hiking boots"


def test_additions_need_a_text_and_a_vector_each(search: ProductSearch) -> None:
    with pytest.raises(ValueError, match="1 texts and 0 vectors for 0 new products; give one of each"):
        search.with_products(catalogue_of(ENGLISH), ["a"], np.zeros((0, 384), np.float32))


def test_the_parts_are_weighed_as_configured(search: ProductSearch) -> None:
    only_words = replace(
        search, config=SearchConfig(lexical_weight=1.0, graph_weight=0.0, feedback_weight=0.0)
    )
    query = "tennis racket"
    scored = only_words.scored(query, expand=False)
    vector = search.encoder.encode([query], role="query")[0]
    near = (search.vectors @ vector - search.scale.chance) / (1 - search.scale.chance)
    by_words = search.lexical.match(["tenni", "racket"]).scores
    np.testing.assert_allclose(scored.scores, near + by_words / by_words.max(), atol=1e-5)


def test_an_answer_is_ready_for_json(search: ProductSearch) -> None:
    found = search.search("expresso cup", 2)
    items = tuple(
        Recommendation(search.ids[row], search.titles[row], "", "", None, "", float(score))
        for row, score in zip(found.rows, found.scores, strict=True)
    )
    result = SearchResult(items, found.total, found.facets, found.corrected, found.expansions)
    document = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert document["items"][0]["title"] == result[0].title == "Espresso cup"
    assert document["corrected"] == "espresso cup"
    assert document["facets"][0].keys() == {"kind", "id", "name", "count", "low", "high"}
    assert document["expansions"][0].keys() == {"kind", "id", "name", "weight", "because"}
    assert len(result) == 2
    assert result.product_ids == [item.product_id for item in result]
    assert next(s.to_dict() for s in search.suggest("esp"))["kind"] == "product"
