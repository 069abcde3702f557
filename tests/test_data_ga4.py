"""GA4's e-commerce events as BigQuery exports them, and what is wrong with such files."""

import json
from pathlib import Path
from typing import ClassVar

import pytest

from cartograph.data import DataError, load
from tests.public_files import Files, PublicContract, written
from tests.shop_files import attributes_of, events_of, ga4_event, products_of

SECOND = 1_717_156_800
TEE = {
    "item_id": "SKU_1", "item_name": "Stan &amp; Friends Tee", "item_brand": "Acme", "item_variant": "green",
    "item_category": "Apparel", "item_category2": "Adult", "item_category3": "Shirts",
    "item_category4": "(not set)", "price_in_usd": 10.9, "price": 9.99, "quantity": "2",
    "item_list_name": "(not set)",
}  # fmt: skip
MUG = {"item_id": "SKU_2", "item_name": "Mug", "price": 5.0}


def at(seconds: float) -> int:
    return int((SECOND + seconds) * 1_000_000)


LINES = [
    ga4_event("view_item", at(3.5), TEE, user_id="ann", user_pseudo_id="1.1"),
    ga4_event("add_to_cart", at(3.25), TEE | {"price": 8.0, "item_variant": "red"}, user_pseudo_id="1.1"),
    ga4_event("view_item", at(3.25), MUG, user_pseudo_id="1.1"),
    ga4_event("view_item", at(3.25), MUG, user_pseudo_id="1.1"),
    ga4_event("page_view", at(0), user_pseudo_id="1.1"),
    ga4_event("view_item", at(0), user_pseudo_id="1.1"),
    ga4_event("begin_checkout", at(5), TEE, user_pseudo_id="1.1"),
    ga4_event("view_item", at(6), {"item_name": "Only a name"}, {"item_id": "bare"}, user_pseudo_id="2.2"),
]
NEXT_DAY = [
    ga4_event(
        "purchase", at(90_000), TEE | {"price": 12.5}, MUG, user_id="ann", user_pseudo_id="1.1",
        ecommerce={"transaction_id": "T1", "purchase_revenue": 30.0},
    ),
    ga4_event(
        "purchase", at(95_000), TEE | {"price": 12.5}, user_id="ann", user_pseudo_id="1.1",
        ecommerce={"transaction_id": "T1"},
    ),
    ga4_event("view_item", at(96_000), MUG | {"item_brand": "Potter", "price": -1.0}),
]  # fmt: skip


class TestGA4(PublicContract):
    n_users, n_products, n_events, n_attributes = 2, 4, 7, 2
    timed = True
    files: ClassVar[Files] = {
        "events_20240531.json": "﻿" + "".join(LINES),
        "events_20240601.json": "".join(NEXT_DAY).replace("\n", "\r\n"),
    }
    bad = (
        "events_20240531.json",
        ga4_event("view_item", at(7), {"price": 1}, user_pseudo_id="2.2").strip(),
        "column item_id: '' is empty, and so is item_name; every item needs one of them",
    )

    def test_items_are_events_in_their_order(self, tmp_path: Path) -> None:
        dataset = load(written(tmp_path, self.files))
        assert events_of(dataset) == [
            ["ann", "SKU_1", "cart", SECOND + 3, 16.0],
            ["ann", "SKU_2", "view", SECOND + 3, None],
            ["ann", "SKU_1", "view", SECOND + 3, None],
            ["2.2", "Only a name", "view", SECOND + 6, None],
            ["2.2", "bare", "view", SECOND + 6, None],
            ["ann", "SKU_1", "purchase", SECOND + 90_000, 25.0],
            ["ann", "SKU_2", "purchase", SECOND + 90_000, 5.0],
        ]
        assert dataset.users["user_id"].tolist() == ["ann", "2.2"]

    def test_products_are_what_items_last_said(self, tmp_path: Path) -> None:
        dataset = load(written(tmp_path, self.files))
        assert sorted(products_of(dataset)) == [
            ["Only a name", "Only a name", "", "", (), None, "", None],
            ["SKU_1", "Stan & Friends Tee", "", "Acme", ("Apparel", "Adult", "Shirts"), 12.5, "", None],
            ["SKU_2", "Mug", "", "Potter", (), None, "", None],
            ["bare", "product bare", "", "", (), None, "", None],
        ]
        assert attributes_of(dataset) == {"SKU_1": {("variant", "green"), ("variant", "red")}}


def test_numbers_may_be_numbers_and_devices_of_two_people_stay_apart(tmp_path: Path) -> None:
    lines = [
        ga4_event("view_item", 0, MUG | {"quantity": 1}, user_id="ann", user_pseudo_id="1.1"),
        ga4_event("view_item", 0, MUG, user_id="bob", user_pseudo_id="1.1"),
        ga4_event("view_item", 0, MUG, user_pseudo_id="1.1"),
    ]
    events = [json.loads(line) | {"event_timestamp": at(n)} for n, line in enumerate(lines)]
    path = tmp_path / "ga4.ndjson"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert [row[:4] for row in events_of(load(path))] == [
        ["ann", "SKU_2", "view", SECOND],
        ["bob", "SKU_2", "view", SECOND + 1],
        ["1.1", "SKU_2", "view", SECOND + 2],
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (ga4_event("view_item", 0, MUG, user_pseudo_id="1"), ""),
        ('{"event_name": "view_item", "event_timestamp"\n', "line 2: .* is not an object"),
        (
            ga4_event("view_item", 0, MUG, user_pseudo_id="1", event_timestamp="soon"),
            "line 2, column event_timestamp: 'soon' is not a time; give ISO 8601",
        ),
        (
            ga4_event("view_item", 0, MUG, user_pseudo_id="1", event_timestamp=None),
            "line 2, column event_timestamp: '' is not a time",
        ),
        (
            ga4_event("view_item", at(0) * 1000, MUG, user_pseudo_id="1"),
            "line 2, column event_timestamp: '1717156800000000000' is not from 1900 to 2200",
        ),
        (
            ga4_event("view_item", at(0), MUG, {"item_id": "(not set)"}, user_pseudo_id="1"),
            "line 2, column item_id: '' is empty, and so is item_name",
        ),
        (
            ga4_event("view_item", at(0), MUG | {"price": "dear"}, user_pseudo_id="1"),
            "line 2, column items: .* is not a list of texts",
        ),
    ],
)
def test_a_bad_line_is_named_or_left_out(line: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "ga4.json"
    path.write_text(ga4_event("add_to_cart", at(0), TEE, user_pseudo_id="1") + line)
    if not says:
        assert events_of(load(path))[0] == ["1", "SKU_2", "view", 0, None]
        return
    with pytest.raises(DataError, match=f"ga4.json, {says}"):
        load(path)
    rejected = tmp_path / "rejected.csv"
    dataset = load(path, on_bad_row="skip", rejected=rejected)
    assert ["1", "SKU_1", "cart", SECOND, 19.98] in events_of(dataset)
    assert len(rejected.read_text().splitlines()) == 2
