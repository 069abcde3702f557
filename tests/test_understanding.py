"""What the words of a query are: by where words stand in titles, by names of the graph, by price limits."""

import json
from itertools import pairwise

import numpy as np
import pytest

from cartograph.encoders import DEFAULT_ENCODER, TextEncoder, load_encoder
from cartograph.serving.search.limits import price_limits
from cartograph.serving.search.product_search import ProductSearch
from cartograph.serving.search.results import Understanding
from cartograph.serving.search.titles import QUICK, TitleGrammar, tokens
from cartograph.serving.search.understanding import Named, understand
from tests.search_shop import CHINESE, ENGLISH, search_of

KINDS = ("Running Shoes", "Rain Jacket", "Coffee Maker", "Desk Lamp", "Travel Mug")
BRANDS = ("Strider", "Vanity Fair", "Kopje")
COLOURS = ("Black", "Dark Blue", "Red")
TITLES = (
    *(f"{brand} {kind}, {colour}" for brand in BRANDS for kind in KINDS for colour in COLOURS),
    *(f"Women's {brand} {kind} 12 oz" for brand in BRANDS for kind in KINDS),
    *(f"Strider Zephyr {kind} 14 oz" for kind in KINDS),
    *(f"{colour} Leather Case for Glimmer {n}" for colour in COLOURS for n in (3, 4, 5)),
    *(f"Protector with Cloth for Glimmer {n}" for n in (3, 4, 5)),
)
GRAMMAR = TitleGrammar.of(TITLES)


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return load_encoder(DEFAULT_ENCODER)


@pytest.fixture(scope="module")
def search(encoder: TextEncoder) -> ProductSearch:
    return search_of(ENGLISH, encoder)


def roles(understanding: Understanding) -> dict[str, str]:
    assert all(understanding.query[span.start : span.end] == span.text for span in understanding.spans)
    assert all(0 <= span.confidence <= 1 for span in understanding.spans)
    return {span.text: span.role for span in understanding.spans}


@pytest.mark.parametrize(
    ("query", "expected", "intent"),
    [
        ("strider running shoes", {"strider": "brand", "running shoes": "product_type"}, "category"),
        ("rain jacket vanity fair", {"rain jacket": "product_type", "vanity fair": "brand"}, "category"),
        ("dark blue desk lamp", {"dark blue": "attribute", "desk lamp": "product_type"}, "category"),
        ("Kopje", {"Kopje": "brand"}, "brand"),
        ("kopje for women", {"kopje": "brand", "women": "audience"}, "brand"),
        ("strider zephyr", {"strider": "brand", "zephyr": "model"}, "product"),
        ("strider 505", {"strider": "brand", "505": "model"}, "product"),
        ("glimmer 4 case", {"4": "size", "case": "product_type"}, "accessory"),
        ("red 12 oz mug", {"red": "attribute", "12 oz": "size", "mug": "product_type"}, "category"),
        ("men's Desk-Lamp", {"men's": "audience", "Desk-Lamp": "product_type"}, "category"),
        ("umbrella", {"umbrella": "product_type"}, "category"),
        ("lamp and mug", {"lamp and mug": "product_type"}, "category"),
    ],
)
def test_words_are_what_they_are_in_titles(query: str, expected: dict[str, str], intent: str) -> None:
    understanding = understand(query, GRAMMAR)
    assert roles(understanding) == expected
    assert understanding.intent == intent


@pytest.mark.parametrize("query", ["", "???", "under 5", "for", "a\x00b", "👟", "the " * 100, "5" * 300])
def test_any_text_can_be_read(query: str) -> None:
    for grammar in (GRAMMAR, TitleGrammar.of([])):
        understanding = understand(query, grammar)
        assert json.loads(json.dumps(understanding.to_dict(), allow_nan=False))["query"] == query
        assert len(roles(understanding)) == len({span.text for span in understanding.spans})
        ends = [(span.start, span.end) for span in understanding.spans]
        assert all(before[1] <= after[0] for before, after in pairwise(ends))


@pytest.mark.parametrize(
    ("query", "low", "high", "rest"),
    [
        ("red shoes under 50", None, 50, "red shoes"),
        ("Under $1,299.50 laptop", None, 1299.5, "laptop"),
        ("between 20 and 30 euros mug", 20, 30, "mug"),
        ("mug from 20 to 30", 20, 30, "mug"),
        ("mug $20-30 blue", 20, 30, "mug blue"),
        ("mug over 100 dollars", 100, None, "mug"),
        ("at least 5 usd", 5, None, ""),
        ("手机 1000元以下", None, 1000, "手机"),
        ("100到200元的手机", 100, 200, "的手机"),
        ("不超过300元的鞋", None, 300, "的鞋"),
        ("mug under 12 oz", None, None, "mug under 12 oz"),
        ("mug 20-30", None, None, "mug 20-30"),
        ("underwear 50", None, None, "underwear 50"),
        ("mug under 12 oz under 8", None, 8, "mug under 12 oz"),
    ],
)
def test_price_limits_are_read(query: str, low: float | None, high: float | None, rest: str) -> None:
    understanding = understand(query, GRAMMAR)
    assert (understanding.low, understanding.high, understanding.rest) == (low, high, rest)
    assert (understanding.text("price") is None) == (low is high is None)


def test_limits_the_wrong_way_round_are_turned() -> None:
    found = price_limits("between 30 and 20", lambda word: False)
    assert found is not None
    assert (found.low, found.high) == (20, 30)


def test_a_name_of_the_graph_is_linked_and_the_longer_one_wins() -> None:
    named = [
        Named("category", "Home > Lamps", ("lamp",), 9),
        Named("category", "Home > Desk lamps", ("desk", "lamp"), 9),
        Named("attribute", "colour=teal", ("teal",), 3),
        Named("brand", "Oz", ("oz",), 1),
    ]
    understanding = understand("teal desk lamp oz", GRAMMAR, named)
    found = {span.text: (span.role, span.kind, span.id) for span in understanding.spans}
    assert found["teal"] == ("attribute", "attribute", "colour=teal")
    assert found["desk lamp oz"] == (
        "product_type",
        "category",
        "Home > Desk lamps",
    )  # titles use oz otherwise


def test_a_brand_that_titles_never_hold_is_known_by_its_name() -> None:
    understanding = understand("acme mug", GRAMMAR, [Named("brand", "ACME", ("acm",), 4)])
    assert roles(understanding) == {"acme": "brand", "mug": "product_type"}


def test_words_keep_their_places_and_apostrophes_do_not_count() -> None:
    assert [(token.term, token.start, token.end) for token in tokens("Levi’s Jeans")] == [
        ("levi", 0, 6),
        ("jean", 7, 12),
    ]


def test_titles_that_are_repeated_count_once_and_rare_pairs_are_forgotten() -> None:
    grammar = TitleGrammar.of(["Acme Mug, Red"] * 5 + ["Acme Lamp"])
    assert grammar.titles[("acm",)] == 2
    assert ("acm", "mug") not in grammar.titles
    assert grammar.first[("acm",)] == 2
    assert grammar.last["mug"] == grammar.alone[("red",)] == 1


def test_a_small_catalogue_is_read_again_when_it_grows_and_a_large_one_at_the_next_start() -> None:
    assert TitleGrammar.of(TITLES[:3]).with_titles(TITLES) == GRAMMAR
    assert GRAMMAR.with_titles([f"mug {n}" for n in range(QUICK + 1)]) is GRAMMAR


def test_search_keeps_the_limit_and_finds_by_the_rest(search: ProductSearch) -> None:
    found = search.search("running sheos under $90")
    assert found.rows.tolist()
    assert (search.prices[found.rows] <= 90).all()
    assert found.understanding is not None
    assert found.understanding.query == "running shoes under $90"
    assert found.understanding.high == 90
    assert found.corrected == found.understanding.query
    plain = search.search("running shoes", allowed=search.prices <= 90)
    np.testing.assert_array_equal(found.rows, plain.rows)
    assert found.total == plain.total
    assert found.facets == plain.facets


def test_a_limit_alone_shows_all_that_keep_it_and_can_be_switched_off(search: ProductSearch) -> None:
    found = search.search("under 15", k=20)
    titles = {search.titles[row] for row in found.rows}
    assert titles == {"Coffee mug", "Espresso cup", "Piano score, easy pieces"}
    assert search.search("under 15", understand=False).understanding is None
    assert search.search("shoes under 15").total == 0


def test_the_names_of_the_shop_are_linked(search: ProductSearch) -> None:
    understanding = search.understand("red barista cups")
    found = {span.text: span.id for span in understanding.spans}
    assert found == {"red": "colour=red", "barista": "Barista", "cups": "Kitchen > Cups"}


def test_chinese_is_read_by_the_names_of_the_shop(encoder: TextEncoder) -> None:
    search = search_of(CHINESE, encoder)
    understanding = search.understand("华为手机4000元以下")
    found = {span.text: (span.role, span.id) for span in understanding.spans}
    assert found == {
        "华为": ("brand", "华为"),
        "手机": ("product_type", "数码 > 手机"),
        "4000元以下": ("price", None),
    }
    answer = search.search("华为手机4000元以下")
    assert search.titles[answer.rows[0]] == "华为 Nova 手机 256GB"
    assert (search.prices[answer.rows] <= 4000).all()
