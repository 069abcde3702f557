"""WooCommerce's product CSV, and what is wrong with such files."""

from pathlib import Path
from typing import ClassVar

import pytest

from cartograph.data import DataError, load
from tests.public_files import Files, PublicContract, written
from tests.shop_files import WOOCOMMERCE, attributes_of, events_of, ga4_event, products_of, table

TEE = {
    "ID": "44", "Type": "variable", "SKU": "woo-tee", "Name": "V-Neck &amp; co", "Published": "1",
    "Visibility in catalog": "visible", "Short description": "A <em>variable</em> product.",
    "Description": "<p>Line one\\nline two</p>", "In stock?": "1", "Backorders allowed?": "0",
    "Categories": r"Clothing, Clothing > Tops\, tees, Sale", "Tags": r"summer, red\, white",
    "Images": "https://x/1.jpg, https://x/2.jpg", "Brands": "Acme, Other", "Attribute 1 name": "Color",
    "Attribute 1 value(s)": "Blue, Red", "Attribute 2 name": "Age Group", "Attribute 2 value(s)": "Adult",
    "Cross-sells": "woo-cap", "Meta: _wpcom_is_markdown": "1",
}  # fmt: skip
RED = {
    "ID": "76", "Type": "variation", "SKU": "woo-tee-red", "Name": "V-Neck - Red", "Published": "1",
    "In stock?": "1", "Stock": "4", "Regular price": "1.020,50", "Sale price": "", "Parent": "woo-tee",
    "Attribute 1 name": "Color", "Attribute 1 value(s)": "Red",
}  # fmt: skip
GREEN = {
    "ID": "77", "Type": "variation, virtual", "SKU": "woo-tee-green", "Published": "1", "In stock?": "1",
    "Stock": "'-3", "Regular price": "20,00", "Sale price": "18,5", "Parent": "id:44",
    "Attribute 1 name": "Color", "Attribute 1 value(s)": "Green",
}  # fmt: skip
OFF = GREEN | {
    "ID": "78",
    "SKU": "woo-off",
    "Published": "0",
    "Sale price": "1,00",
    "Attribute 1 value(s)": "Pink",
}
CAP = {
    "ID": "60", "Type": "simple", "SKU": "woo-cap", "Name": "'=Cap", "Published": "1", "In stock?": "0",
    "Regular price": "18", "Sale price": "16", "Date sale price starts": "2000-01-01",
    "Date sale price ends": "2000-02-01", "Categories": "Uncategorized",
}  # fmt: skip
BELT = {
    "ID": "58", "Type": "simple", "Name": "Belt", "Published": "1", "Stock": "2",
    "Backorders allowed?": "notify", "Regular price": "65", "Sale price": "55",
    "Date sale price ends": "2199-01-01 23:59:59",
}  # fmt: skip
SOFT = {
    "ID": "73",
    "Type": "simple, downloadable, virtual",
    "SKU": "album",
    "Name": "Album",
    "Published": "-1",
}
ROWS = [TEE, CAP, BELT, BELT, SOFT, RED, GREEN, OFF]


class TestWooCommerce(PublicContract):
    n_users, n_products, n_events, n_attributes = 0, 3, 0, 7
    timed = True
    files: ClassVar[Files] = {"wc-product-export-31-5-2024.csv": "﻿" + table(WOOCOMMERCE, ROWS)}
    bad = ("wc-product-export-31-5-2024.csv", "9,simple", "'9,simple' has 2 fields where 51 are expected")

    def test_variations_are_part_of_their_product(self, tmp_path: Path) -> None:
        dataset = load(written(tmp_path, self.files))
        text = "A variable product. Line one line two"
        path = ("Clothing", "Tops, tees")
        assert products_of(dataset) == [
            ["44", "V-Neck & co", text, "Acme", path, 18.5, "https://x/1.jpg", 4.0],
            ["60", "=Cap", "", "", (), 18.0, "", 0.0],
            ["58", "Belt", "", "", (), 55.0, "", None],
        ]
        assert attributes_of(dataset) == {
            "44": {
                ("category", "Sale"), ("tag", "summer"), ("tag", "red, white"), ("color", "Blue"),
                ("color", "Red"), ("color", "Green"), ("age_group", "Adult"),
            }
        }  # fmt: skip


def test_events_name_products_and_variations_by_id_or_sku(tmp_path: Path) -> None:
    second = 1_717_156_800
    lines = [
        ga4_event(
            "view_item", (second + n) * 1_000_000, {"item_id": name, "item_name": "x"}, user_pseudo_id="7.1"
        )
        for n, name in enumerate(("44", "woo-tee", "76", "woo-tee-green", "60", "album", "else"))
    ]
    files: Files = {"export.csv": table(WOOCOMMERCE, ROWS), "events.jsonl": "".join(lines)}
    dataset = load(written(tmp_path, files))
    assert [row[1] for row in events_of(dataset)] == ["44", "44", "44", "44", "60", "73", "else"]
    assert [(row[0], row[1], row[7]) for row in products_of(dataset)] == [
        ("44", "V-Neck & co", 4.0), ("60", "=Cap", 0.0), ("58", "Belt", None), ("73", "Album", 0.0),
        ("else", "x", None),
    ]  # fmt: skip


def test_a_stock_of_the_product_itself_goes_before_that_of_its_variations(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    rows = [TEE | {"Stock": "9"}, RED | {"Stock": "parent"}, GREEN]
    path.write_text(table(WOOCOMMERCE, rows, delimiter=";"), encoding="utf-8")
    assert products_of(load(path))[0][7] == 9
    path.write_text(table(WOOCOMMERCE, [TEE, RED | {"Stock": ""}, GREEN]), encoding="utf-8")
    assert products_of(load(path))[0][7] is None
    path.write_text(table(WOOCOMMERCE, [TEE, RED | {"Stock": "", "In stock?": "0"}, GREEN]), encoding="utf-8")
    assert products_of(load(path))[0][7] == 0


def test_a_product_without_an_id_is_known_by_its_sku(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    columns = [column for column in WOOCOMMERCE if column != "ID"]
    rows = [{name: cell for name, cell in row.items() if name != "ID"} for row in (TEE, RED)]
    path.write_text(table(columns, rows), encoding="utf-8")
    assert [row[0] for row in products_of(load(path))] == ["woo-tee"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            RED | {"Parent": "gone"},
            "line 3, column Parent: 'gone' is no product of this file; add that product",
        ),
        (RED | {"Parent": ""}, "line 3, column Parent: '' is no product of this file; add that product"),
        (CAP | {"ID": "", "SKU": ""}, "line 3, column ID: '' is empty; every row needs an id here"),
        (CAP | {"ID": "58"}, "line 3, column ID: '58' is given twice, first in line 2; ids must be unique"),
        (CAP | {"Regular price": "12-14"}, "line 3, column Regular price: '12-14' is not a price; give one"),
        (CAP | {"Stock": "few"}, "line 3, column Stock: 'few' is not a number"),
        (
            CAP | {"Date sale price ends": "May"},
            "line 3, column Date sale price ends: 'May' is not a date; give",
        ),
    ],
)
def test_a_bad_row_is_named_or_left_out(row: dict[str, str], says: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(table(WOOCOMMERCE, [BELT, row]), encoding="utf-8")
    with pytest.raises(DataError, match=f"export.csv, {says}"):
        load(path)
    rejected = tmp_path / "rejected.csv"
    assert [row[0] for row in products_of(load(path, on_bad_row="skip", rejected=rejected))] == ["58"]
    assert len(rejected.read_text().splitlines()) == 2
