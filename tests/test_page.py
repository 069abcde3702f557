"""The stories of the page, each told on a laptop and on a phone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from cartograph.serving.run import Run
from tests.browser import LAPTOP, PHONE, PageServer, Visit, visit

pytest_plugins = ["tests.browser_fixtures"]


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def shop(request: pytest.FixtureRequest, browser: Browser, served: PageServer) -> Iterator[Visit]:
    """The page of the planted shop, as it is when one comes."""
    with visit(browser, served.url, request.param) as opened:
        yield opened


def test_one_finds_products_by_suggestions_with_the_keyboard_alone(shop: Visit) -> None:
    page = shop.page
    field = page.get_by_role("combobox", name="Search products")
    for _ in range(3):  # the link that skips the head, the name of the page, the field
        page.keyboard.press("Tab")
    expect(field).to_be_focused()
    page.keyboard.type("espr")
    options = page.get_by_role("listbox", name="Search products").get_by_role("option")
    expect(options.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    chosen = options.first.locator(".text").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=chosen).or_(page.get_by_text(f"for “{chosen}”"))).to_be_visible()
    expect(field).to_have_value(chosen)


def test_a_misspelt_query_still_finds(shop: Visit) -> None:
    shop.page.get_by_label("Search products").first.fill("espreso")
    shop.page.keyboard.press("Enter")
    results = shop.page.get_by_role("region", name="Search results")
    expect(results.get_by_text("this is for espresso")).to_be_visible()
    assert {card[:2] for card in shop.cards("[aria-label='Search results']")} == {"p2"}


def test_a_price_limit_in_the_words_is_kept_until_it_is_switched_off(shop: Visit) -> None:
    shop.open("q=garden+under+5")
    results = shop.page.get_by_role("region", name="Search results")
    expect(results.locator(".chip", has_text="under 5")).to_be_visible()
    prices = results.locator(".price")
    expect(prices.first).to_be_visible()
    assert all(float(re.sub(r"[^0-9.]", "", text)) <= 5 for text in prices.all_inner_texts())
    results.get_by_label("search for what the graph knows of it too").uncheck()
    expect(results.locator(".chip", has_text="under 5")).to_have_count(0)


def test_one_filters_by_a_facet_and_goes_back(shop: Visit) -> None:
    page = shop.page
    shop.open("q=garden+spade")
    results = page.get_by_role("region", name="Search results")
    heading = results.get_by_role("heading").first
    expect(heading).to_contain_text("products for")
    before = heading.inner_text()
    results.locator("summary", has_text="attribute").click()
    facet = results.locator(".popover label", has_text="red")
    count = facet.locator("small").inner_text()
    facet.click()
    expect(heading).to_have_text(re.compile(rf"^{count} products? for"))
    assert heading.inner_text() != before
    expect(results.get_by_role("button", name="Remove the filter colour=red")).to_be_visible()
    page.go_back()
    expect(heading).to_have_text(before)


def test_a_new_visitor_clicks_two_products_and_is_recommended_others_because_of_them(shop: Visit) -> None:
    popular = _wait_for_cards(shop)
    first = _click_card(shop, 0)
    after_one = _wait_for_cards(shop, other_than=popular)
    expect(shop.page.locator(".for-you .reason").first).to_contain_text(first)
    second = _click_card(shop, -1)
    after_two = _wait_for_cards(shop, other_than=after_one)
    assert after_two != popular
    reasons = " ".join(shop.page.locator(".for-you .reason").all_inner_texts())
    assert first in reasons
    assert second in reasons
    expect(shop.page.locator(".for-you .move").first).to_be_visible()
    expect(shop.page.locator(".history li")).to_have_count(2)


def test_what_is_removed_from_the_history_counts_no_more(shop: Visit) -> None:
    popular = _wait_for_cards(shop)
    _click_card(shop, 0)
    after_one = _wait_for_cards(shop, other_than=popular)
    second = _click_card(shop, -1)
    after_two = _wait_for_cards(shop, other_than=after_one)
    shop.page.get_by_role("button", name=f"Remove {second}").click()
    assert _wait_for_cards(shop, other_than=after_two) == after_one


def test_the_bars_of_why_add_up_to_the_score(shop: Visit) -> None:
    page = shop.page
    for state in ("history=p00&history=p11&history=p02", "history=p00&fresh=0.7", "who=u1", ""):
        shop.open(state)
        _wait_for_cards(shop)
        page.locator(".for-you .card button", has_text="why").first.click()
        score = float(page.locator(".why .score").get_attribute("data-score") or "nan")
        lists = page.locator(".why .bars[data-of=score]")
        assert lists.count() >= 1
        for number in range(lists.count()):
            bars = lists.nth(number).locator("dd[data-amount]")
            amounts = [float(bar.get_attribute("data-amount") or "nan") for bar in bars.all()]
            assert sum(amounts) == pytest.approx(score, abs=1e-4)
            shown = [_figure(text) for text in bars.all_inner_texts()]
            assert round(sum(shown), 3) == _figure(lists.nth(number).locator(".total dd").inner_text())


def test_one_follows_a_reason_into_the_graph(shop: Visit) -> None:
    shop.open("history=p00")
    product = _wait_for_cards(shop)[0]
    shop.page.locator(".for-you .card button", has_text="why").first.click()
    shop.page.locator(".why .paths a", has_text="show in graph").first.click()
    expect(shop.page.get_by_role("link", name="Graph", exact=True)).to_have_attribute("aria-current", "page")
    assert {"Product:p00", f"Product:{product}"} < set(shop.pictured())
    expect(shop.page.locator(".ways .way").first).to_contain_text("garden spade number 0")


def test_three_nodes_are_expanded_and_collapsed(shop: Visit) -> None:
    page = shop.page
    shop.open("tab=graph&node=Product:p00")
    alone = shop.pictured()
    sizes = [len(alone)]
    keys = ["Brand:brand 0", "Category:shop > garden spade", "Attribute:colour=red"]
    for key in keys:
        shop.click_node(key)
        expect(page.locator(f'button[data-node="{key}"]')).to_have_attribute("aria-expanded", "true")
        sizes.append(len(shop.pictured()))
    assert sizes[0] < sizes[1] <= sizes[2] < sizes[3]
    page.get_by_label("has attribute").uncheck()
    assert not [key for key in shop.pictured() if key.startswith("Attribute")]
    page.get_by_label("has attribute").check()
    for key in reversed(keys):
        page.locator(f'button[data-node="{key}"]').click()
        expect(page.locator(f'button[data-node="{key}"]')).to_have_attribute("aria-expanded", "false")
    assert set(shop.pictured()) == set(alone)


def test_a_named_question_is_asked_with_a_parameter(shop: Visit) -> None:
    page = shop.page
    shop.open("tab=graph&view=ask")
    page.get_by_role("link", name="What does a brand sell, by kind?").click()
    expect(page.get_by_role("cell", name="shop >").first).to_be_visible()
    page.get_by_role("combobox", name="brand").fill("brand 3")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("cell", name="shop > piano score")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="What hangs on a product?").click()
    assert len(shop.pictured()) > 2
    page.get_by_role("link", name="Which good customers have not come back since a day?").click()
    page.get_by_role("combobox", name="since").fill("2030-01-31")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("tbody tr")).to_have_count(20)
    page.get_by_role("link", name="Which products are bought again").click()
    page.get_by_role("combobox", name="buyers").fill("1")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("tbody tr")).to_have_count(20)


def test_a_writing_query_is_refused_with_the_sentence_of_the_api(shop: Visit) -> None:
    page = shop.page
    shop.expected = {422}
    statement = "MATCH (p:Product) DETACH DELETE p"
    answer = page.request.post(f"{shop.origin}/v1/cypher", data={"statement": statement})
    sentence = answer.json()["error"]["message"]
    shop.open("tab=graph&view=ask")
    page.get_by_label("Cypher statement").fill(statement)
    page.get_by_label("Cypher statement").press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text(sentence[1:])


def test_the_server_stops_and_the_page_says_so_keeps_the_history_and_recovers(
    browser: Browser, copied: Run
) -> None:
    server = PageServer(copied.folder)
    server.start()
    with visit(browser, server.url) as shop:
        popular = _wait_for_cards(shop)
        _click_card(shop, 0)
        _wait_for_cards(shop, other_than=popular)
        title = shop.page.locator(".for-you .card .title").last.inner_text()
        shop.expected = {503}  # while it is loading
        server.stop()
        shop.page.locator(".for-you .card .pick").last.click()
        expect(shop.page.locator(".banner")).to_contain_text("The server does not answer")
        expect(shop.page.locator(".for-you .problem")).to_be_visible()
        expect(shop.page.locator(".history li")).to_have_count(2)
        server.start()
        expect(shop.page.locator(".banner")).to_have_count(0)
        _wait_for_cards(shop)
        expect(shop.page.locator(".history li").first).to_contain_text(title)
        expect(shop.page.locator(".for-you .reason").first).to_contain_text("because of")
    server.stop()


@pytest.mark.parametrize(
    "tab", ["history=p00&why=p04", "q=garden", "product=p00", "tab=graph", "tab=quality"]
)
def test_nothing_is_wider_than_a_phone(browser: Browser, served: PageServer, tab: str) -> None:
    with visit(browser, served.url, PHONE) as shop:
        shop.open(tab)
        shop.page.wait_for_load_state("networkidle")
        assert shop.page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]


def _wait_for_cards(shop: Visit, other_than: list[str] | None = None) -> list[str]:
    """What is recommended, once it is there and another than before."""
    shop.page.wait_for_function(
        """before => {
            const cards = [...document.querySelectorAll('.for-you .card[data-product]')];
            const ids = cards.map(card => card.dataset.product).join();
            return ids && ids !== before && !document.querySelector('.for-you .stale');
        }""",
        arg=",".join(other_than or []),
    )
    return shop.cards()


def _click_card(shop: Visit, number: int) -> str:
    """Click a recommended product, and tell its title."""
    card = shop.page.locator(".for-you .card").nth(number)
    title = card.locator(".title").inner_text()
    card.locator(".pick").click()
    return title


def _figure(text: str) -> float:
    return float(text.replace("−", "-"))
