"""The page where it is hardest: awkward products, nothing found, slow answers, dark mode, a reload."""

import json
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from cartograph.serving.run import Run
from tests.browser import EVALUATION, LAPTOP, PHONE, PageServer, Visit, visit

pytest_plugins = ["tests.browser_fixtures"]

LONG = "an espresso cup with a very long name " * 8
SCRIPT = "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>"
AWKWARD = [
    {
        "product_id": "zh/1",
        "title": "陶瓷咖啡杯",
        "brand": "景德镇",
        "category": ["shop", "茶具"],
        "price": 39,
    },
    {"product_id": "long", "title": LONG, "brand": "brand 2", "category": ["shop", "espresso cup"]},
    {"product_id": "bare", "brand": "brand 1"},
    {"product_id": "script", "title": SCRIPT, "brand": SCRIPT, "category": ["shop", SCRIPT]},
]
N_VISITORS = 10_000


@pytest.fixture(scope="module")
def awkward(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """The planted shop, with products that no page likes, and 10,000 visitors of one of them."""
    folder = tmp_path_factory.mktemp("awkward") / "run"
    shutil.copytree(trained.folder, folder)
    server = PageServer(folder)
    server.start()
    server.post("/v1/products", {"products": AWKWARD})
    views = [{"user_id": f"v{visitor}", "product_id": "long"} for visitor in range(N_VISITORS)]
    server.post("/v1/events", {"events": views})
    yield server
    server.stop()


@pytest.fixture
def hard(browser: Browser, awkward: PageServer) -> Iterator[Visit]:
    """The page of that shop."""
    with visit(browser, awkward.url) as opened:
        yield opened


@pytest.fixture
def shop(browser: Browser, served: PageServer) -> Iterator[Visit]:
    """The page of the planted shop."""
    with visit(browser, served.url) as opened:
        yield opened


def test_a_chinese_product_is_found_shown_and_has_its_first_signs_on_its_tile(hard: Visit) -> None:
    hard.page.get_by_label("Search products").first.fill("咖啡杯")
    hard.page.keyboard.press("Enter")
    card = hard.page.locator("[aria-label='Search results'] .card").first
    expect(card.locator(".title")).to_have_text("陶瓷咖啡杯")
    expect(card.locator(".tile")).to_have_text("陶瓷")
    card.get_by_role("link", name="Details").click()
    expect(hard.page.get_by_role("heading", level=1)).to_have_text("陶瓷咖啡杯")


def test_a_very_long_title_is_cut_on_the_card_and_whole_on_its_page(hard: Visit) -> None:
    hard.open("q=very+long+name")
    title = hard.page.locator(".card[data-product=long] .title")
    expect(title).to_be_visible()
    box = title.bounding_box()
    assert box is not None
    assert box["height"] <= 48
    hard.open("product=long")
    expect(hard.page.get_by_role("heading", level=1)).to_have_text(LONG.strip())
    assert hard.page.evaluate("() => document.documentElement.scrollWidth") <= LAPTOP["width"]


def test_a_product_of_which_only_the_brand_is_known_has_a_page(hard: Visit) -> None:
    hard.open("product=bare")
    expect(hard.page.get_by_role("heading", level=1)).to_have_text("bare")
    expect(hard.page.locator(".tile.large")).to_have_text("B")
    expect(hard.page.get_by_role("heading", name="Similar products")).to_be_visible()


def test_markup_in_a_catalogue_is_shown_and_not_run(hard: Visit) -> None:
    for state in ("product=script", "tab=graph&node=Product:script", "history=script"):
        hard.open(state)
        expect(hard.page.get_by_text(SCRIPT).first).to_be_visible()
    assert hard.page.title() == "Cartograph"
    assert hard.page.locator("#app script, #app img[src=x]").count() == 0


def test_ten_thousand_neighbours_are_counted_and_some_are_shown(hard: Visit) -> None:
    hard.open("tab=graph&node=Product:long")
    nodes = len(hard.pictured())
    assert nodes < 40
    more = hard.page.get_by_role("button", name="9,988 more by viewed")
    more.click()
    expect(hard.page.get_by_role("button", name="9,800 more by viewed")).to_be_visible()
    assert 200 < len(hard.pictured()) < 260


def test_where_nothing_is_found_the_page_says_what_to_do(shop: Visit) -> None:
    shop.open("q=garden&price=900-")
    expect(shop.page.locator("[aria-label='Search results'] .empty")).to_contain_text("Take away a filter")
    shop.page.get_by_role("button", name="clear all").click()
    expect(shop.page.locator("[aria-label='Search results'] .card").first).to_be_visible()


def test_a_product_that_is_not_there_is_named_in_one_sentence(shop: Visit) -> None:
    shop.expected = {404}
    shop.open("product=nonesuch")
    expect(shop.page.get_by_role("alert").first).to_contain_text("nonesuch")


def test_a_reload_keeps_what_is_shown_and_the_back_button_goes_back(shop: Visit) -> None:
    page = shop.page
    page.locator(".for-you .pick").first.click()
    expect(page.locator(".history li")).to_have_count(1)
    page.get_by_label("From fresh to proven").press("ArrowLeft")
    page.locator(".for-you .card button", has_text="why").first.click()
    expect(page.locator(".why h3")).to_be_visible()
    heading, cards = page.locator(".why h3").inner_text(), shop.cards()
    page.reload()
    expect(page.locator(".why h3")).to_have_text(heading)
    assert shop.cards() == cards
    expect(page.get_by_label("From fresh to proven")).to_have_value("-0.1")
    page.go_back()
    page.go_back()
    expect(page.locator(".history li")).to_have_count(0)


def test_the_dial_gives_new_products_room(shop: Visit) -> None:
    shop.open("history=p00")
    never_bought = "p07"
    expect(shop.page.locator(".for-you .card").first).to_be_visible()
    for _ in range(10):
        shop.page.get_by_label("From fresh to proven").press("ArrowLeft")
    expect(shop.page.locator(".for-you .card").first).to_have_attribute("data-product", never_bought)


def test_a_known_user_has_a_history_and_a_click_tries_what_would_change(shop: Visit) -> None:
    page = shop.page
    page.get_by_role("combobox", name="User").fill("u1")
    page.get_by_role("option", name="u1 user").first.click()
    expect(page.locator(".history small").first).to_have_text("bought")
    past = page.locator(".history li").count()
    expect(page.locator(".profile .taste").first).to_contain_text("brand")
    page.locator(".for-you .pick").first.click()
    expect(page.locator(".history li")).to_have_count(past + 1)
    expect(page.get_by_label("new visitor")).to_be_checked()


def test_a_slow_answer_shows_a_skeleton(browser: Browser, served: PageServer) -> None:
    with visit(browser, served.url) as shop:

        def later(route: Route) -> None:
            shop.page.wait_for_timeout(1500)
            route.continue_()

        shop.page.route("**/v1/search**", later)
        shop.page.evaluate("location.hash = 'q=garden'")
        expect(shop.page.get_by_label("Loading")).to_be_visible()
        expect(shop.page.locator("[aria-label='Search results'] .card").first).to_be_visible()
        expect(shop.page.get_by_label("Loading")).to_have_count(0)


def test_nothing_moves_for_those_who_want_no_motion(browser: Browser, served: PageServer) -> None:
    with visit(browser, served.url, still=True) as shop:
        shop.page.locator(".for-you .pick").first.click()
        expect(shop.page.locator(".for-you .move").first).to_be_visible()
        assert shop.page.evaluate("() => document.getAnimations().length") == 0


def test_the_quality_tab_shows_the_evaluation_or_how_to_get_one(
    browser: Browser, served: PageServer, awkward: PageServer
) -> None:
    with visit(browser, served.url) as shop:
        shop.open("tab=quality")
        ours = json.loads(EVALUATION.read_text("utf-8"))["models"]["cartograph"]["overall"]
        figures = [ours["recall@10"], *ours["intervals"]["recall@10"]]
        shown = "{} {}–{}".format(*(f"{figure:.3f}".removeprefix("0") for figure in figures))
        expect(shop.page.get_by_role("row", name="cartograph")).to_contain_text(shown)
        expect(shop.page.locator(".plot svg")).to_have_count(3)
    with visit(browser, awkward.url) as shop:
        shop.open("tab=quality")
        expect(shop.page.locator("pre")).to_contain_text("cartograph evaluate planted")


def test_the_query_behind_a_picture_finds_what_is_in_the_picture(shop: Visit) -> None:
    shop.open("tab=graph&view=paths&from=p00&to=p02")
    drawn = set(shop.pictured())
    shop.page.locator("summary", has_text="The query behind it").click()
    shop.page.get_by_role("link", name="open in the Cypher box").click()
    expect(shop.page.locator(".result")).to_be_visible()
    assert set(shop.pictured()) >= drawn
    shop.open("tab=graph&node=Product:p00&open=Brand:brand+0")
    drawn = set(shop.pictured())
    shop.page.locator("summary", has_text="The query behind it").click()
    shop.page.get_by_role("link", name="open in the Cypher box").click()
    expect(shop.page.locator(".result")).to_be_visible()
    assert set(shop.pictured()) >= drawn


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_is_large_enough_and_stands_out(
    browser: Browser, served: PageServer, size: ViewportSize, dark: bool
) -> None:
    states = ["history=p00&history=p11&why=p04", "q=garden+spade", "product=p00", "tab=quality"]
    states += ["tab=graph", "tab=graph&view=paths&from=p00&to=p02", "tab=graph&view=ask&question=most-wanted"]
    with visit(browser, served.url, size, dark=dark, still=True) as shop:
        for state in states:
            shop.open(state)
            shop.page.wait_for_load_state("networkidle")
            assert _unreadable(shop.page) == [], state


def _unreadable(page: Page) -> list[str]:
    """Texts below 13 pixels, or below the contrast that WCAG 2.2 AA asks for."""
    found: list[str] = page.evaluate(
        """() => {
            const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
            const rgba = (colour) => {
                canvas.clearRect(0, 0, 1, 1);
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data];
            };
            const light = (colour) => rgba(colour).slice(0, 3)
                .map((part) => part / 255)
                .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                .reduce((all, part, at) => all + part * [0.2126, 0.7152, 0.0722][at], 0);
            const behind = (element) => {
                for (let one = element; one; one = one.parentElement) {
                    const colour = getComputedStyle(one).backgroundColor;
                    if (rgba(colour)[3] === 255) return colour;
                }
                return 'white';
            };
            const bad = [];
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const element = walker.currentNode.parentElement;
                const text = walker.currentNode.textContent.trim();
                if (!text || !element.checkVisibility({opacityProperty: true})) continue;
                const style = getComputedStyle(element);
                const ink = element.ownerSVGElement ? style.fill : style.color;
                const [a, b] = [light(ink), light(behind(element))].sort((x, y) => y - x);
                const ratio = (a + 0.05) / (b + 0.05);
                if (parseFloat(style.fontSize) < 13) bad.push(`${style.fontSize}: ${text}`);
                if (ratio < 4.5) bad.push(`${ratio.toFixed(1)}: ${text}`);
            }
            return bad;
        }"""
    )
    return found
