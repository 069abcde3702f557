"""Product files, GA4 events and our own tables side by side, as folders, files and on the command line."""

import json
from pathlib import Path

import pytest

from cartograph.data import DataError, datasets, load
from cartograph.data.shop_export import PRODUCT_FORMATS
from cartograph.serving.cli import main
from tests.public_files import Files, written
from tests.shop_files import SHOPIFY, WOOCOMMERCE, attributes_of, events_of, ga4_event, products_of, table
from tests.test_data_google import FIRST, SECOND, TSV, XML_HEAD, XML_TAIL

MICROS = 1_717_156_800_000_000
FEED = XML_HEAD + FIRST + SECOND + XML_TAIL
GA4 = "".join(
    ga4_event(
        name,
        MICROS + n * 1_000_000,
        {"item_id": item, "item_name": "of the event", "price": 3.0},
        user_pseudo_id="1.1",
    )
    for n, (name, item) in enumerate(
        [("view_item", "t-1"), ("add_to_cart", "t-2"), ("purchase", "tea"), ("view_item", "gone")]
    )
)


def test_products_of_a_feed_meet_events_of_ga4(tmp_path: Path) -> None:
    dataset = load(written(tmp_path / "shop", {"feed.xml": FEED, "events_20240531.json": GA4}))
    assert dataset.name == "shop"
    assert [(row[1], row[2], row[4]) for row in events_of(dataset)] == [
        ("t-1", "view", None), ("t-2", "cart", 3.0), ("t-1", "purchase", 3.0), ("gone", "view", None),
    ]  # fmt: skip
    assert [(row[0], row[1], row[5]) for row in products_of(dataset)] == [
        ("t-1", "Tea & cup", 1299.0), ("t-2", "Tea mug", 9.99), ("gone", "of the event", 3.0),
    ]  # fmt: skip
    assert ("color", "Red") in attributes_of(dataset)["t-1"]


def test_our_own_tables_may_lie_beside_a_feed(tmp_path: Path) -> None:
    files: Files = {
        "feed.xml": FEED,
        "events.csv": "user_id,product_id,type\nann,t-2,view\nbob,tea,purchase\n",
        "users.csv": "user_id,city\nann,Ulm\ncid,Bonn\n",
        "links.csv": "source_id,target_id,type\nt-1,t-2,also_viewed\n",
    }
    dataset = load(written(tmp_path, files))
    assert not dataset.timed
    assert events_of(dataset) == [["ann", "t-2", "view", 0, None], ["bob", "t-1", "purchase", 1, None]]
    assert dataset.users["user_id"].tolist() == ["ann", "cid", "bob"]
    assert dataset.user_attributes.to_numpy().tolist() == [["ann", "city", "Ulm"], ["cid", "city", "Bonn"]]
    assert dataset.links.to_numpy().tolist() == [["t-1", "t-2", "also_viewed"]]
    (tmp_path / "events.csv").write_text("user_id,product_id\nann,t-9\n")
    with pytest.raises(
        DataError, match=r"events.csv, line 2, column product_id: 't-9' is not a known product"
    ):
        load(tmp_path)


def test_our_own_products_meet_events_of_ga4(tmp_path: Path) -> None:
    files: Files = {
        "products.csv": "product_id,title,category\nt-1,Tea,Green\nt-3,Pot,Kitchen\n",
        "categories.csv": "category,parent\nDrinks,\nGreen,Drinks\nKitchen,\n",
        "ga4.json": GA4,
    }
    dataset = load(written(tmp_path, files))
    assert [(row[0], row[1], row[4]) for row in products_of(dataset)] == [
        ("t-1", "Tea", ("Drinks", "Green")), ("t-3", "Pot", ("Kitchen",)), ("t-2", "of the event", ()),
        ("tea", "of the event", ()), ("gone", "of the event", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {"feed.xml": FEED, "products_export.csv": table(SHOPIFY, [{"Handle": "a", "Title": "A"}])},
            "there are feed.xml and products_export.csv with products; keep one of them",
        ),
        (
            {"feed.xml": FEED, "products.csv": "product_id,title\na,A\n"},
            "there are products.csv and feed.xml with products; keep one of them",
        ),
        (
            {"feed.xml": FEED, "ga4.json": GA4, "events.csv": "user_id,product_id\na,t-1\n"},
            "there are events.csv and ga4.json with events; keep one of them",
        ),
        (
            {"feed.xml": FEED, "categories.csv": "category,parent\nTea,\n"},
            "categories.csv: categories go with products of our own format only; remove the file",
        ),
        ({"export.csv": table(WOOCOMMERCE, [])}, "export.csv: there is no product in it; give at least one"),
        ({"products.csv": table(SHOPIFY, [])}, "products.csv: there is no product in it; give at least one"),
        (
            {"feed.txt": TSV.partition("\n")[0] + "\n"},
            "feed.txt: there is no product in it; give at least one",
        ),
    ],
)
def test_what_does_not_go_together_is_said(files: Files, says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says):
        load(written(tmp_path, files))


def test_a_file_of_no_known_format_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("id and title of things\n")
    with pytest.raises(
        DataError, match=r"notes.txt' is a file, not a folder; give a folder, or a file of products or events"
    ):
        load(tmp_path / "notes.txt")


def test_a_packed_file_is_a_source(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "feed.xml.gz").write_bytes(gzip.compress(FEED.encode()))
    dataset = load(tmp_path / "feed.xml.gz")
    assert dataset.name == "feed"
    assert len(dataset.products) == 2
    (tmp_path / "feed.xml.gz").write_bytes(gzip.compress(FEED.encode())[:-200])
    with pytest.raises(DataError, match="feed.xml.gz: the gzip file is cut short or damaged"):
        load(tmp_path / "feed.xml.gz")


def test_the_formats_are_listed() -> None:
    listed = {source.name: source for source in datasets()}
    for name in ("google-merchant", "shopify", "woocommerce", "ga4"):
        assert listed[name].is_folder
        assert listed[name].address.startswith("https://")
    assert {known.source.name for known in PRODUCT_FORMATS} < set(listed)


def test_the_command_line_loads_a_feed_and_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed, run = tmp_path / "feed.xml", str(tmp_path / "run")
    feed.write_text(FEED + "", encoding="utf-8")
    assert main(["load", str(feed), "--run", run, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["Product"] == 2
    query = (
        "MATCH (p:Product)-[:HAS_ATTRIBUTE]->(a {key: 'item_group_id'}) RETURN a.value AS tea, count(p) AS n"
    )
    assert main(["cypher", query, "--run", run, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"tea": "tea", "n": 2}]


def test_the_command_line_sets_bad_rows_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop, run = (
        written(tmp_path / "shop", {"feed.txt": TSV + "t-9\ttoo short\r\n", "ga4.json": GA4}),
        tmp_path / "run",
    )
    assert main(["load", str(shop), "--run", str(run)]) == 1
    assert "feed.txt, line 7: 't-9\\ttoo short' has 2 fields where 21 are expected" in capsys.readouterr().err
    assert main(["load", str(shop), "--run", str(run), "--on-bad-row", "skip", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["PURCHASED"] == 1
    assert "too short" in (run / "rejected.csv").read_text()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("feed.txt", TSV.partition("\n")[0] + "\n" + "\tno id" + "\t" * 19 + "\n"),
        ("feed.xml", XML_HEAD + "<item><title>no id</title></item>" + XML_TAIL),
        ("export.csv", table(WOOCOMMERCE, [{"Name": "no id", "Type": "simple"}])),
        ("products_export.csv", table(SHOPIFY, [{"Title": "no handle"}])),
    ],
)
def test_a_file_of_bad_rows_only_has_no_product(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=f"{name}: there is no product in it; give at least one"):
        load(tmp_path / name, on_bad_row="skip")


def test_events_of_bad_lines_only_name_no_product(tmp_path: Path) -> None:
    (tmp_path / "ga4.json").write_text(ga4_event("view_item", 0, {"price": 1.0}, user_pseudo_id="1"))
    with pytest.raises(DataError, match=r"ga4.json: there is no product in it; give at least one"):
        load(tmp_path, on_bad_row="skip")
    (tmp_path / "ga4.json").write_text(ga4_event("page_view", 0, user_pseudo_id="1"))
    with pytest.raises(DataError, match=r"ga4.json: there is no product in it; give at least one"):
        load(tmp_path)
