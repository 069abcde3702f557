"""Product feeds of others: schema.org and GoodRelations, as published and as shops write them."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cartograph.data import DataError, Dataset, json_ld, load
from cartograph.data.json_ld import documents

FEEDS = Path(__file__).parent / "feeds"


def feed(folder: Path, *nodes: object, context: object = "https://schema.org") -> Path:
    """A JSON-LD file."""
    path = folder / "feed.jsonld"
    path.write_text(json.dumps({"@context": context, "@graph": nodes}), encoding="utf-8")
    return path


def product(**facts: object) -> dict[str, object]:
    return {"@type": "Product", "sku": "1", "name": "Tea", **facts}


def only(dataset: Dataset) -> dict[str, Any]:
    """The one product."""
    (row,) = dataset.products.to_dict("records")
    return {str(name): value for name, value in row.items()}


def attributes(dataset: Dataset) -> set[tuple[str, str, str]]:
    return set(dataset.product_attributes.itertuples(index=False, name=None))


def test_googles_product_is_read() -> None:
    dataset = load(FEEDS / "anvil.jsonld")
    anvil = only(dataset)
    assert anvil["product_id"] == "0446310786"
    assert anvil["title"] == "Executive Anvil"
    assert anvil["brand"] == "ACME"
    assert anvil["price"] == 119.99
    assert anvil["image_url"] == "https://example.com/photos/1x1/photo.jpg"
    assert attributes(dataset) == {
        ("0446310786", "mpn", "925872"),
        ("0446310786", "priceCurrency", "USD"),
        ("0446310786", "itemCondition", "UsedCondition"),
    }
    assert dataset.name == "anvil"


def test_an_aggregate_offer_costs_what_the_cheapest_does() -> None:
    anvil = only(load(FEEDS / "aggregate.jsonld"))
    assert (anvil["product_id"], anvil["price"]) == ("Executive Anvil", 119.99)


def test_schema_orgs_first_example_is_read_though_it_has_no_number() -> None:
    dataset = load(FEEDS / "microwave.jsonld")
    microwave = only(dataset)
    assert microwave["product_id"] == microwave["title"] == 'Kenmore White 17" Microwave'
    assert microwave["price"] == 55
    said = "Not a happy camper\nThe lamp burned out and now I have to replace it."
    assert dataset.reviews.to_numpy().tolist() == [["Ellie", microwave["product_id"], 1301616000, 1.0, said]]
    assert dataset.users["user_id"].tolist() == ["Ellie"]


def test_variants_in_a_page_take_from_their_group_what_they_lack() -> None:
    dataset = load(FEEDS / "coat.html")
    green, blue = dataset.products.to_dict("records")
    assert (green["product_id"], blue["product_id"]) == ("44E01-M11000", "44E01-X1100000")
    assert green["description"] == "Small wool green coat for the winter season"
    assert blue["description"] == "Wool coat, new for the coming winter season"
    assert green["brand"] == blue["brand"] == "Good brand"
    assert (green["price"], blue["price"]) == (39.99, 49.99)
    assert green["stock"] != green["stock"]
    assert blue["stock"] == 0
    of_blue = {(key, value) for name, key, value in attributes(dataset) if name == "44E01-X1100000"}
    assert of_blue == {
        ("color", "light blue"),
        ("size", "large"),
        ("pattern", "striped"),
        ("material", "wool"),
        ("audience", "unisex"),
        ("gtin14", "98766051104399"),
        ("inProductGroupWithID", "44E01"),
        ("priceCurrency", "USD"),
    }


def test_good_relations_are_read() -> None:
    dataset = load(FEEDS / "scsi.ttl")
    products = {row["product_id"]: row for row in dataset.products.to_dict("records")}
    assert list(products) == ["123-456", "9781906672799", "TV-1", "http://example.com/#tshirt"]
    card, camera, television, shirt = products.values()
    assert (card["title"], card["price"], card["stock"]) == ("Hepp Personal SCSI Controller Card", 99.99, 1)
    assert card["image_url"] == "http://example.com/images/pscsi.jpg"
    assert (camera["brand"], camera["price"], camera["category"]) == ("Canon", 540, ("Cameras", "SLR"))
    assert television["title"] == "ACME Colorvision 123"
    assert shirt["brand"] == "ACME"
    assert attributes(dataset) >= {
        ("123-456", "priceCurrency", "USD"),
        ("123-456", "itemCondition", "used"),
        ("TV-1", "width", "102 CMT"),
        ("http://example.com/#tshirt", "color", "blue"),
    }


@pytest.mark.parametrize(
    "context",
    [
        "http://schema.org",
        "https://www.schema.org/",
        "https://schema.org/docs/jsonldcontext.jsonld",
        ["https://schema.org", {"@language": "en"}],
        {"@vocab": "http://schema.org/"},
    ],
    ids=str,
)
def test_every_way_to_write_the_context_means_the_same(tmp_path: Path, context: object) -> None:
    tea = only(load(feed(tmp_path, product(offers={"@type": "Offer", "price": 2}), context=context)))
    assert (tea["product_id"], tea["title"], tea["price"]) == ("1", "Tea", 2)


@pytest.mark.parametrize(
    ("facts", "name", "value"),
    [
        ({"brand": "ACME"}, "brand", "ACME"),
        ({"brand": [{"@type": "Brand", "name": "ACME"}]}, "brand", "ACME"),
        ({"manufacturer": {"@type": "Organization", "name": "ACME"}}, "brand", "ACME"),
        ({"brand": {"@id": "http://dbpedia.org/resource/Alfa_Romeo"}}, "brand", "Alfa Romeo"),
        ({"category": "Food > Tea"}, "category", ("Food", "Tea")),
        ({"category": ["Food", "Food > Tea"]}, "category", ("Food", "Tea")),
        ({"category": {"@type": "CategoryCode", "name": "Tea", "codeValue": "7"}}, "category", ("Tea",)),
        ({"category": {"@type": "CategoryCode", "codeValue": "7"}}, "category", ("7",)),
        (
            {"name": [{"@value": "Tee", "@language": "de"}, {"@value": "Tea", "@language": "en"}]},
            "title",
            "Tea",
        ),
        ({"offers": [{"@type": "Offer", "price": "3.5"}, {"@type": "Offer", "price": 2}]}, "price", 2),
        ({"offers": {"@type": "AggregateOffer", "offers": [{"@type": "Offer", "price": 4}]}}, "price", 4),
        ({"offers": {"@type": "Offer", "priceSpecification": {"price": "5.00"}}}, "price", 5),
        (
            {
                "offers": {
                    "@type": "Offer",
                    "priceSpecification": [
                        {"price": 4, "priceType": "https://schema.org/ListPrice"},
                        {"price": 5},
                    ],
                }
            },
            "price",
            5,
        ),
        ({"offers": {"@type": "Offer", "price": "12,50 €"}}, "price", 12.5),
        ({"offers": {"@type": "Offer", "inventoryLevel": 7}}, "stock", 7),
        ({"offers": {"@type": "Offer", "inventoryLevel": {"value": 7}}}, "stock", 7),
        ({"offers": {"@type": "Offer", "availability": "SoldOut"}}, "stock", 0),
    ],
    ids=str,
)
def test_a_fact_may_be_said_in_several_ways(
    tmp_path: Path, facts: dict[str, object], name: str, value: object
) -> None:
    assert only(load(feed(tmp_path, product(**facts))))[name] == value


def test_an_offer_may_point_to_its_product(tmp_path: Path) -> None:
    offer = {"@type": "Offer", "name": "Best tea", "price": 3, "itemOffered": product()}
    assert only(load(feed(tmp_path, offer)))["price"] == 3


def test_a_bundle_does_not_tell_the_price_of_each(tmp_path: Path) -> None:
    pair = [product(), product(sku="2", name="Pot")]
    dataset = load(feed(tmp_path, {"@type": "Offer", "price": 3, "itemOffered": pair}))
    assert dataset.products["product_id"].tolist() == ["1", "2"]
    assert dataset.products["price"].isna().all()


def test_properties_become_attributes(tmp_path: Path) -> None:
    values = [
        {"@type": "PropertyValue", "name": "taste", "value": ["sweet", "fresh"]},
        {"@type": "PropertyValue", "propertyID": "power", "value": 1.5, "unitText": "kW"},
    ]
    facts = {"additionalProperty": values, "color": "green", "weight": {"value": 2, "unitCode": "KGM"}}
    assert attributes(load(feed(tmp_path, product(**facts)))) == {
        ("1", "taste", "sweet"),
        ("1", "taste", "fresh"),
        ("1", "power", "1.5 kW"),
        ("1", "color", "green"),
        ("1", "weight", "2 KGM"),
    }


def test_links_to_products_of_the_feed_are_read_and_others_left_out(tmp_path: Path) -> None:
    pot = {"@type": "Product", "@id": "#pot", "sku": "2", "name": "Pot"}
    related = [{"@id": "#pot"}, {"@id": "https://elsewhere.example/cup"}]
    dataset = load(feed(tmp_path, product(isRelatedTo=related), pot))
    assert dataset.links.values.tolist() == [["1", "2", "also_bought"]]


def test_a_folder_of_pages_is_one_feed(tmp_path: Path) -> None:
    feed(tmp_path, product())
    (tmp_path / "coat.html").write_bytes((FEEDS / "coat.html").read_bytes())
    (tmp_path / "more.ttl.gz").write_bytes(gzip.compress((FEEDS / "scsi.ttl").read_bytes()))
    assert len(load(tmp_path).products) == 2 + 1 + 4


class _Counting(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)


@contextmanager
def counting_server() -> Iterator[tuple[str, list[str]]]:
    """An address, and the paths that somebody asked it for."""
    server = HTTPServer(("127.0.0.1", 0), _Counting)
    _Counting.asked.clear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", _Counting.asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_no_context_is_ever_fetched(tmp_path: Path) -> None:
    with counting_server() as (address, asked):
        path = feed(tmp_path, product(), context=f"{address}/context.jsonld")
        with pytest.raises(
            DataError, match=r"feed\.jsonld: there is a context that would have to be fetched"
        ):
            load(path)
        linked = {"@import": f"{address}/other.jsonld", "@vocab": "https://schema.org/"}
        with pytest.raises(DataError):
            load(feed(tmp_path, product(), context=linked))
        assert asked == []


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.jsonld", '{"@context": "https://schema.org",\n "name" }', r"a\.jsonld, line 2: is not JSON"),
        ("a.jsonld", '{"@context": {},\n "name" }', r"a\.jsonld, line 2: "),
        ("a.ttl", "<a> <b> <c> .\n<a> <b> oops .", r"a\.ttl, line 2: .*oops"),
        ("a.nt", "<urn:a> <urn:b> .", r"a\.nt, line 1: "),
        ("a.rdf", "<rdf>", r"a\.rdf"),
        ("a.html", "<p>Tea</p>", r"there is no <script type=\"application/ld\+json\"> in it"),
        ("a.html", "\n<script type='application/ld+json'>\n[</script>", r"a\.html, line [23]: "),
        ("a.ttl", "<urn:a> <urn:b> <urn:c> .", r"there is no schema\.org or GoodRelations product in it"),
        ("a.ttl.gz", "no gzip", r"a\.ttl\.gz: the gzip file is cut short or damaged"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=sentence):
        load(tmp_path / name)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"offers": {"@type": "Offer", "price": "free"}},
            r"product 2, column price: 'free' is not a number",
        ),
        ({"offers": {"@type": "Offer", "price": -1}}, r"column price: '-1.0' is below 0"),
        ({"offers": {"@type": "Offer", "inventoryLevel": "many"}}, r"column stock: 'many' is not a number"),
        ({"sku": "1"}, r"product 2, column product_id: '1' is given twice, first in product 1"),
        ({"name": []}, r"product 2, column product_id: '2' has no text; give it a name"),
    ],
    ids=str,
)
def test_a_bad_product_is_named_or_left_out(tmp_path: Path, facts: dict[str, object], sentence: str) -> None:
    path = feed(tmp_path, product(), product(**{"sku": "2", **facts}))
    with pytest.raises(DataError, match=sentence):
        load(path)
    rejected = tmp_path / "rejected.csv"
    assert load(path, on_bad_row="skip", rejected=rejected).products["product_id"].tolist() == ["1"]
    assert len(rejected.read_text().splitlines()) == 2


def test_events_without_time_user_or_product_are_named(tmp_path: Path) -> None:
    node = {"@id": "#tea", **product()}
    done = {
        "@type": "BuyAction",
        "agent": {"@type": "Person", "identifier": "ann"},
        "object": {"@id": "#tea"},
    }
    good = {**done, "endTime": "2024-05-31T12:00:00Z"}
    dataset = load(feed(tmp_path, node, good, {**good, "@type": "ViewAction"}))
    assert dataset.events["type"].tolist() == ["purchase", "view"]
    assert dataset.events["at"].tolist() == [1717156800] * 2
    for wrong, sentence in (
        ({**good, "endTime": "noon"}, "event 2, column at: 'noon' is not a time"),
        ({**good, "object": {"@id": "#pot"}}, "event 2, column product_id: '' is no product of the feed"),
        ({**good, "agent": None}, "event 2, column user_id: '' is empty"),
    ):
        with pytest.raises(DataError, match=sentence):
            load(feed(tmp_path, node, good, wrong))


def test_tens_of_thousands_of_products_take_seconds(tmp_path: Path) -> None:
    nodes = [
        product(
            sku=f"{i}",
            name=f"Tea number {i}",
            brand={"@type": "Brand", "name": f"brand {i % 99}"},
            offers={"@type": "Offer", "price": i / 100, "priceCurrency": "EUR"},
            additionalProperty=[{"@type": "PropertyValue", "name": "taste", "value": f"{i % 7}"}],
        )
        for i in range(20_000)
    ]
    path = feed(tmp_path, *nodes)
    begun = time.process_time()
    dataset = load(path)
    assert time.process_time() - begun < 30
    assert len(dataset.products) == 20_000
    assert len(dataset.product_attributes) == 40_000


def test_a_graph_of_any_size_is_read_in_pieces_as_if_it_were_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [
        product(sku=str(i), name=f"Tea {i} é]}}", brand={"@type": "Brand", "name": "A"}) for i in range(40)
    ]
    path = feed(tmp_path, *nodes)
    whole = load(path)
    assert len(list(documents(path))) == 1
    monkeypatch.setattr(json_ld, "_BLOCK", 257)
    pieces = list(documents(path))
    assert len(pieces) > 5
    assert all(len(piece) < 2000 for piece, _ in pieces)
    again = load(path)
    assert again.products.equals(whole.products)
    assert attributes(again) == attributes(whole)


@pytest.mark.parametrize(
    "text",
    [
        '{"@graph": [{"@id": "a:b"}], "@context": {}}',
        '{"@context": {}, "@graph": [{"@id": "a:b"}], "@id": "a:named"}',
        '{"@context": {}, "@graph": {"@id": "a:b"}}',
        '{"@context": {}, "@graph": ["a:b"]}',
        '{"@context": {}, "@graph": [{"@id": "_:b"}, {"a:c": {"@id": "_:b"}}]}',
        '[{"@id": "a:b"}]',
        '{"@context": {}, "@graph": [{"@id": "a:b"}]',
        '{"@context": {}, "@graph": [{"@id": "a:b"},]}',
        '{"@context": {}, "@graph": [,{"@id": "a:b"}]}',
        '{"@context": {}, "@graph": [{"@id": "a:b"} {"@id": "a:c"}]}',
        '{"@context"',
        "",
    ],
)
def test_what_pieces_would_change_is_one_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(json_ld, "_BLOCK", 7)
    path = tmp_path / "a.jsonld"
    path.write_text(text)
    assert list(documents(path)) == [(text.encode(), 1)]


def test_json_without_a_context_is_no_feed(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"sku": "1", "name": "Tea"}]))
    with pytest.raises(DataError) as refused:
        load(path)
    assert "schema.org" not in str(refused.value)
    path.write_text(json.dumps({"@context": "https://schema.org", **product()}))
    assert only(load(path))["title"] == "Tea"
