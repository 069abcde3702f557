"""What is wrong with a feed, in one line each."""

import json
from pathlib import Path

import pytest

from cartograph.data import DataError
from cartograph.kg import load_dataset, open_store
from cartograph.kg.rdf import RdfConfig, export_rdf, validate_feed
from cartograph.serving.cli import main
from tests.test_rdf_export import rich_shop
from tests.test_rdf_feeds import FEEDS, feed, product

pytest.importorskip("pyshacl")

PUBLISHED = ("anvil.jsonld", "aggregate.jsonld", "microwave.jsonld", "coat.html", "scsi.ttl")


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_examples_have_no_violation(name: str) -> None:
    assert [str(one) for one in validate_feed(FEEDS / name) if one.severe] == []


def test_what_cartograph_writes_has_no_violation(tmp_path: Path) -> None:
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, rich_shop(), progress=False)
        export_rdf(store, tmp_path / "shop.nt", "ntriples", RdfConfig(events=True))
    # its GTINs are all "1", to see that attributes come back, and that is what is wrong with it
    found = [one for one in validate_feed(tmp_path / "shop.nt") if one.severe]
    assert {one.property for one in found} == {
        f"schema:gtin{digits}" for digits in ("", "8", "12", "13", "14")
    }


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            {"offers": {"@type": "Offer", "price": "12,50 €", "priceCurrency": "EUR"}},
            "Offer of Product '1': schema:price is '12,50 €'; a price is a number of 0 or more, with a point",
        ),
        ({"offers": {"@type": "Offer", "price": -2, "priceCurrency": "EUR"}}, "schema:price is '-2"),
        (
            {"offers": {"@type": "Offer", "price": 2, "priceCurrency": "euro"}},
            "schema:priceCurrency is 'euro'; a priceCurrency is one code of three capitals as of ISO 4217",
        ),
        (
            {"offers": {"@type": "Offer", "price": 2}},
            "warning: schema:priceCurrency is missing; a price",
        ),
        ({"offers": "cheap"}, "Product '1': schema:offers is 'cheap'; offers is an Offer or AggregateOffer"),
        (
            {"offers": {"@type": "Offer", "availability": "tomorrow"}},
            "schema:availability is 'tomorrow'; an availability is one of BackOrder, Discontinued, InStock",
        ),
        (
            {"offers": {"@type": "Offer", "inventoryLevel": {"@type": "QuantitativeValue", "value": "few"}}},
            "QuantitativeValue of Offer of Product '1': lacks something; an inventoryLevel is a number of 0",
        ),
        ({"offers": {"@type": "AggregateOffer", "lowPrice": "?"}}, "schema:lowPrice is '?'; a lowPrice is"),
        ({"sku": ["1", "2"]}, "schema:sku is there several times; a product has one sku"),
        ({"sku": []}, "Product 'Tea': warning: lacks something; a product should have a sku"),
        ({"name": []}, "Product '1': lacks something; a product has a name, a description or a brand"),
        ({"name": ""}, "Product '1': schema:name is ''; a name is a text that is not empty"),
        ({"gtin13": "12"}, "Product '1': schema:gtin13 is '12'; a gtin13 has 13 digits"),
        ({"brand": {"@type": "Brand"}}, "Brand of Product '1': schema:name is missing; a brand has a name"),
        (
            {"category": {"@type": "CategoryCode"}},
            "CategoryCode of Product '1': lacks something; a category",
        ),
        (
            {"additionalProperty": {"@type": "PropertyValue", "name": "taste"}},
            "PropertyValue 'taste': lacks something; a PropertyValue has a value",
        ),
    ],
    ids=str,
)
def test_a_finding_says_where_what_and_what_is_allowed(
    tmp_path: Path, facts: dict[str, object], line: str
) -> None:
    path = feed(tmp_path, product(**facts))
    found = [str(one) for one in validate_feed(path)]
    assert any(line in one for one in found), found
    assert all(one.startswith(f"{path}: ") and "\n" not in one for one in found)


def test_the_command_fails_on_violations_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    offer = {"@type": "Offer", "price": "2"}
    path = str(feed(tmp_path, product(offers=offer)))
    assert main(["validate", path]) == 0
    assert "warning: schema:priceCurrency is missing" in capsys.readouterr().out
    path = str(feed(tmp_path, product(offers={**offer, "price": "two"})))
    assert main(["validate", path, "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert (first["property"], first["value"], first["severe"]) == ("schema:price", "two", True)
    assert first["file"] == path
    assert not second["severe"]


def test_what_is_no_feed_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is no RDF file or page, nor a folder of them; give one"):
        validate_feed(tmp_path)
    (tmp_path / "a.ttl").write_text("oops")
    with pytest.raises(DataError, match=r"a\.ttl, line 1"):
        validate_feed(tmp_path)
