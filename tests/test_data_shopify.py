"""Shopify's product CSV, of both generations, and what is wrong with such files."""

from pathlib import Path
from typing import ClassVar

import pytest

from cartograph.data import DataError, load
from tests.public_files import Files, PublicContract, written
from tests.shop_files import SHOPIFY, SHOPIFY_2025, attributes_of, events_of, products_of, table

TEE = {
    "Handle": "tee",
    "Title": "Tee &amp; more",
    "Body (HTML)": "<p>Soft <b>cotton</b>.</p>\n<ul><li>100&nbsp;%</li></ul><style>p{}</style>",
    "Vendor": "Acme",
    "Product Category": "Apparel & Accessories > Clothing > Shirts",
    "Type": "T-Shirts",
    "Tags": "summer, new",
    "Published": "true",
    "Option1 Name": "Size",
    "Option1 Value": "S",
    "Option2 Name": "Color",
    "Option2 Value": "Red",
    "Variant SKU": "'0017",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "3",
    "Variant Inventory Policy": "deny",
    "Variant Price": "19.90",
    "Variant Compare At Price": "29.90",
    "Image Src": "https://cdn/tee.jpg",
    "Image Position": "1",
    "Google Shopping / Gender": "unisex",
    "Google Shopping / Condition": "new",
    "Google Shopping / Custom Label 0": "margin-high",
    "Color (product.metafields.shopify.color-pattern)": "red; dark-blue",
    "Care guide (product.metafields.custom.care)": '{"type": "root"}',
    "Cost per item": "7.00",
    "Status": "active",
}
LARGE = {
    "Handle": "tee",
    "Option1 Value": "L",
    "Option2 Value": "Red",
    "Variant SKU": "TEE-L",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "-2",
    "Variant Inventory Policy": "deny",
    "Variant Price": "17.50",
    "Image Src": "https://cdn/tee-2.jpg",
    "Image Position": "2",
}
PICTURE = {"Handle": "tee", "Image Src": "https://cdn/tee-3.jpg", "Image Position": "3"}
MUG = {
    "Handle": "mug",
    "Title": "Mug",
    "Type": "Kitchen",
    "Product Category": "Uncategorized",
    "Option1 Name": "Title",
    "Option1 Value": "Default Title",
    "Variant Inventory Qty": "0",
    "Status": "active",
    "Care guide (product.metafields.custom.care)": "By hand",
}
DRAFT = {"Handle": "secret", "Title": "Not yet out", "Variant Price": "1", "Status": "draft"}
HIDDEN = {"Handle": "old", "Title": "Old tee", "Variant SKU": "OLD", "Published": "FALSE", "Status": "active"}


class TestShopify(PublicContract):
    n_users, n_products, n_events, n_attributes = 0, 2, 0, 11
    timed = True
    files: ClassVar[Files] = {
        "products_export.csv": "﻿" + table(SHOPIFY, [TEE, LARGE, PICTURE, PICTURE, LARGE, MUG, DRAFT, HIDDEN])
    }
    bad = ("products_export.csv", "lone,,,", "'lone,,,' has 4 fields where 55 are expected")

    def test_the_rows_of_a_handle_are_one_product(self, tmp_path: Path) -> None:
        dataset = load(written(tmp_path, self.files))
        path = ("Apparel & Accessories", "Clothing", "Shirts")
        assert products_of(dataset) == [
            ["tee", "Tee & more", "Soft cotton. 100 %", "Acme", path, 17.5, "https://cdn/tee.jpg", 3.0],
            ["mug", "Mug", "", "", ("Kitchen",), None, "", None],
        ]
        assert attributes_of(dataset) == {
            "tee": {
                ("tag", "summer"), ("tag", "new"), ("type", "T-Shirts"), ("gender", "unisex"),
                ("condition", "new"), ("size", "S"), ("size", "L"), ("color", "Red"), ("color", "red"),
                ("color", "dark-blue"),
            },
            "mug": {("care_guide", "By hand")},
        }  # fmt: skip
        assert events_of(dataset) == []


def test_what_is_not_for_sale_stays_where_an_event_names_it(tmp_path: Path) -> None:
    files: Files = {
        "products.csv": table(SHOPIFY, [TEE, LARGE, DRAFT, HIDDEN]),
        "events.csv": "user_id,product_id,type,at\n"
        "ann,TEE-L,view,10\nann,0017,cart,20\nbob,OLD,purchase,30\n",
    }
    dataset = load(written(tmp_path, files))
    assert [(row[0], row[7]) for row in products_of(dataset)] == [("tee", 3.0), ("old", 0.0)]
    assert events_of(dataset) == [
        ["ann", "tee", "view", 10, None],
        ["ann", "tee", "cart", 20, None],
        ["bob", "old", "purchase", 30, None],
    ]


def test_the_columns_of_2025_say_the_same(tmp_path: Path) -> None:
    rows = [
        {
            "Title": "Tee", "URL handle": "tee", "Description": "<p>Soft</p>", "Vendor": "Acme",
            "Product category": "Clothing > Shirts", "Type": "T-Shirts", "Tags": "new",
            "Published on online store": "TRUE", "Status": "Active", "SKU": "TEE-S", "Option1 name": "Size",
            "Option1 value": "S", "Price": "20", "Inventory tracker": "shopify", "Inventory quantity": "4",
            "Continue selling when out of stock": "FALSE", "Product image URL": "https://cdn/1.jpg",
            "Color (product.metafields.shopify.color-pattern)": "red", "Google Shopping / Age group": "adult",
            "Google Shopping / Google product category": "212",
        },
        {
            "URL handle": "tee", "SKU": "TEE-M", "Option1 value": "M", "Price": "18",
            "Inventory tracker": "shopify", "Inventory quantity": "1",
            "Continue selling when out of stock": "TRUE",
        },
    ]  # fmt: skip
    path = tmp_path / "products.csv"
    path.write_text(table(SHOPIFY_2025, rows, delimiter=";"), encoding="utf-8-sig")
    dataset = load(path)
    assert dataset.name == "products"
    assert products_of(dataset) == [
        ["tee", "Tee", "Soft", "Acme", ("Clothing", "Shirts"), 18.0, "https://cdn/1.jpg", None]
    ]
    assert attributes_of(dataset) == {
        "tee": {
            ("tag", "new"), ("type", "T-Shirts"), ("size", "S"), ("size", "M"), ("color", "red"),
            ("age_group", "adult"), ("google_product_category", "212"),
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            {"Handle": "lone", "Variant Price": "5"},
            "line 4, column Handle: 'lone' has no row with a title; add",
        ),
        ({"Title": "Nobody"}, "line 4, column Handle: '' is empty; every row needs an id here"),
        (
            MUG | {"Variant Price": "ask"},
            "line 4, column Variant Price: 'ask' is not a price; give one number",
        ),
        (MUG | {"Variant Price": "-5"}, "line 4, column Variant Price: '-5' is below 0; give 0 or more"),
        (
            MUG | {"Variant Inventory Qty": "many"},
            "line 4, column Variant Inventory Qty: 'many' is not a number",
        ),
    ],
)
def test_a_bad_row_is_named_or_left_out(row: dict[str, str], says: str, tmp_path: Path) -> None:
    path = tmp_path / "products_export.csv"
    path.write_text(table(SHOPIFY, [TEE | {"Body (HTML)": "<p>two\nlines"}, row]), encoding="utf-8")
    with pytest.raises(DataError, match=f"products_export.csv, {says}"):
        load(path)
    rejected = tmp_path / "rejected.csv"
    assert [row[0] for row in products_of(load(path, on_bad_row="skip", rejected=rejected))] == ["tee"]
    assert says.split(": ")[1] in rejected.read_text()


def test_a_variant_whose_first_row_was_left_out_is_left_out_too(tmp_path: Path) -> None:
    path = tmp_path / "products_export.csv"
    path.write_text(table(SHOPIFY, [MUG, TEE | {"Variant Price": "?"}, LARGE]), encoding="utf-8")
    rejected = tmp_path / "rejected.csv"
    assert [row[0] for row in products_of(load(path, on_bad_row="skip", rejected=rejected))] == ["mug"]
    assert "'tee' has no row with a title" in rejected.read_text()
