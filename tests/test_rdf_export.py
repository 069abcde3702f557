"""The graph as RDF and back, from both stores: nothing is lost, and nothing private told unasked."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from cartograph.data import Dataset, load
from cartograph.data.vocabulary import DIRECT
from cartograph.kg import GraphStore, load_dataset, open_store
from cartograph.kg.quality import Proposal, accept
from cartograph.kg.rdf import RDF_FORMATS, RdfConfig, export_rdf, statements
from cartograph.serving.cli import main
from cartograph.serving.export_options import FORMATS
from cartograph.serving.exports import EXPORTS
from tests.planted import planted_shop

SUFFIXES = {"turtle": ".ttl", "ntriples": ".nt", "jsonld": ".jsonld"}
ODD = [
    "手机",
    "it's",
    'say "hi"',
    "back\\slash",
    "line\nbreak",
    "tab\tand\r",
    "a > b",
    "<x>",
    "ümlaut",
    "\x01",
    "%20/#?",
]


def rich_shop(*, timed: bool = True) -> Dataset:
    """A shop with one of everything, and texts that need escapes."""
    n = len(ODD)
    products = pd.DataFrame(
        {
            "product_id": ODD,
            "title": ["", *ODD[1:]],
            "description": ["x", *ODD[:-1]],
            "brand": ["", *ODD[1:]],
            "category": [
                (),
                ("Food",),
                ("Food", "Tea > green", "手机"),
                *[("Food", text) for text in ODD[3:]],
            ],
            "price": [np.nan, 0.1, 1e-7, 1e22, 0.0, 12.5, 3, 1 / 3, *[np.nan] * (n - 8)],
            "image_url": ["not an address", "https://a.example/b.jpg", *[""] * (n - 2)],
            "stock": [0, 2.5, *[np.nan] * (n - 2)],
        }
    )
    facts = [(ODD[0], "taste", text) for text in ODD] + [(ODD[1], text, "x") for text in ODD]
    facts += [(ODD[2], key, "1") for key in DIRECT] + [(name, "priceCurrency", "EUR") for name in ODD[:2]]
    users = ["ann", *ODD]
    events = pd.DataFrame(
        [
            (user, name, kind, at, value)
            for user, name, kind, at, value in (
                ("ann", ODD[0], "purchase", 5, 2.0),
                ("ann", ODD[0], "purchase", 5, 7.0),
                ("ann", ODD[0], "purchase", 5, np.nan),
                ("ann", ODD[0], "rating", 5, 0.3),
                ("ann", ODD[1], "cart", -3, np.nan),
                (ODD[0], ODD[2], "view", 1717156800, np.nan),
            )
        ],
        columns=["user_id", "product_id", "type", "at", "value"],
    )
    links = [
        (ODD[0], name, kind)
        for name in ODD[1:4]
        for kind in ("also_bought", "also_viewed", "bought_together")
    ]
    return Dataset.of(
        "rich",
        products,
        events,
        users=pd.DataFrame({"user_id": users}),
        product_attributes=pd.DataFrame(facts, columns=["product_id", "key", "value"]),
        user_attributes=pd.DataFrame(
            [("ann", "age", "45"), ("ann", "taste", ODD[0]), (ODD[0], "color", "1")],
            columns=["user_id", "key", "value"],
        ),
        links=pd.DataFrame(links, columns=["source_id", "target_id", "type"]),
        reviews=pd.DataFrame(
            [("ann", ODD[0], 5, 4.5, text) for text in ODD[1:]] + [(ODD[0], ODD[1], 1717156801, np.nan, "x")],
            columns=["user_id", "product_id", "at", "rating", "text"],
        ),
        timed=timed,
    )


def tables(dataset: Dataset, *, events: bool) -> dict[str, list[tuple[object, ...]]]:
    """Everything a dataset says, in an order that does not depend on the rows'."""

    def rows(frame: pd.DataFrame) -> list[tuple[object, ...]]:
        return sorted(tuple(map(repr, row)) for row in frame.itertuples(index=False, name=None))

    found = {
        "products": rows(dataset.products.astype({"price": object, "stock": object})),
        "attributes": rows(dataset.product_attributes),
        "links": rows(dataset.links),
    }
    if events:
        found["events"] = rows(dataset.events.astype({"value": object}))
        found["users"] = rows(dataset.users)
        found["reviews"] = rows(dataset.reviews.astype({"rating": object}))
        found["user attributes"] = rows(dataset.user_attributes)
    return found


def lines(path: Path) -> list[str]:
    """The statements of a file, which has no blank nodes, as sorted N-Triples."""
    quads = ox.parse(path=path, format=ox.RdfFormat.from_extension(path.suffix[1:]))
    return sorted(f"{quad.subject} {quad.predicate} {quad.object}" for quad in quads)


class RdfContract:
    """What export does with every store; a subclass has a fixture `store`, an empty one."""

    @pytest.mark.parametrize("form", RDF_FORMATS)
    @pytest.mark.parametrize("events", [False, True], ids=["catalogue", "events"])
    def test_what_is_exported_loads_as_it_was_and_exports_the_same(
        self, store: GraphStore, tmp_path: Path, form: str, events: bool
    ) -> None:
        shop = rich_shop()
        load_dataset(store, shop, progress=False)
        config = RdfConfig(events=events)
        file = tmp_path / f"shop{SUFFIXES[form]}"
        n_statements = export_rdf(store, file, form, config)
        again = load(file)
        assert tables(again, events=events) == tables(shop, events=events)
        with open_store(tmp_path / "again.lbug") as second:
            load_dataset(second, again, progress=False)
            copy = tmp_path / f"copy{SUFFIXES[form]}"
            assert export_rdf(second, copy, form, config) == n_statements
        found = lines(file)
        assert len(set(found)) == len(found) == n_statements
        assert lines(copy) == found
        first, other = (rdflib.Graph().parse(path) for path in (file, copy))
        assert isomorphic(first, other)
        assert len(first) == n_statements

    def test_an_order_without_times_comes_back(self, store: GraphStore, tmp_path: Path) -> None:
        shop = rich_shop(timed=False)
        load_dataset(store, shop, progress=False)
        export_rdf(store, tmp_path / "shop.nt", "ntriples", RdfConfig(events=True, timed=False))
        again = load(tmp_path / "shop.nt")
        assert not again.timed
        assert tables(again, events=True) == tables(shop, events=True)

    def test_what_users_did_is_told_only_where_asked(self, store: GraphStore, tmp_path: Path) -> None:
        load_dataset(store, rich_shop(), progress=False)
        export_rdf(store, tmp_path / "shop.nt", "ntriples")
        text = (tmp_path / "shop.nt").read_text(encoding="utf-8")
        for private in ("user/", "Person", "Action", '"age"', '"45"'):
            assert private not in text

    @pytest.mark.parametrize("form", RDF_FORMATS)
    def test_what_was_derived_is_told_only_where_asked_and_says_so(
        self, store: GraphStore, tmp_path: Path, form: str
    ) -> None:
        load_dataset(store, rich_shop(), progress=False)
        export_rdf(store, tmp_path / f"before{SUFFIXES[form]}", form)
        derived = Proposal(ODD[0], "", "MADE_BY", ODD[1], 0.93, "title")
        run = accept(store, [derived], version="1.2.3")
        export_rdf(store, tmp_path / f"own{SUFFIXES[form]}", form)
        before, own = (lines(tmp_path / f"{name}{SUFFIXES[form]}") for name in ("before", "own"))
        assert own == before
        export_rdf(store, tmp_path / f"all{SUFFIXES[form]}", form, RdfConfig(derived=True))
        (added, *origin) = sorted(set(lines(tmp_path / f"all{SUFFIXES[form]}")) - set(own), key=len)
        graph = rdflib.Graph().parse(tmp_path / f"all{SUFFIXES[form]}")
        found = graph.query(
            """PREFIX schema: <https://schema.org/> PREFIX cartograph: <urn:cartograph:term:>
            PREFIX prov: <http://www.w3.org/ns/prov#>
            SELECT ?product ?brand ?run ?model ?at ?sure {
                ?of a rdf:Statement; rdf:subject/schema:sku ?product; rdf:predicate schema:brand;
                    rdf:object ?node; cartograph:run ?run; cartograph:model ?model;
                    prov:generatedAtTime ?at; cartograph:confidence ?sure.
                ?node schema:name ?brand. ?thing schema:brand ?node; schema:sku ?product }"""
        )
        ((*names, at, sure),) = [tuple(row) for row in found if isinstance(row, rdflib.query.ResultRow)]
        assert [str(name) for name in names] == [ODD[0], ODD[1], run, "title (Cartograph 1.2.3)"]
        assert float(str(sure)) == 0.93
        assert pd.Timestamp(str(at)).tzinfo is not None
        assert "brand" in added
        assert len(origin) == 8

    def test_all_formats_say_the_same(self, store: GraphStore, tmp_path: Path) -> None:
        load_dataset(store, rich_shop(), progress=False)
        files = [tmp_path / f"shop{suffix}" for suffix in SUFFIXES.values()]
        for file, form in zip(files, SUFFIXES, strict=True):
            export_rdf(store, file, form, RdfConfig(events=True))
        assert lines(files[0]) == lines(files[1]) == lines(files[2])

    def test_a_catalogue_of_several_pages_comes_whole(self, store: GraphStore) -> None:
        many = pd.DataFrame({"product_id": [f"{i:05d}" for i in range(12_000)], "title": "tea"})
        load_dataset(store, Dataset.of("many", many), progress=False)
        found = statements(store)
        skus = [str(one.object) for one in found if one.predicate.value.endswith("sku")]
        assert skus == [f'"{name}"' for name in many["product_id"]]


class TestEmbedded(RdfContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        with open_store(tmp_path / "graph.lbug") as store:
            yield store


class TestNeo4j(RdfContract):
    @pytest.fixture
    def store(self, neo4j_server: str) -> Iterator[GraphStore]:
        with open_store(neo4j_server) as store:
            store.query("MATCH (n) DETACH DELETE n")
            yield store
            store.query("MATCH (n) DETACH DELETE n")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(TEXTS, min_size=1, max_size=5, unique=True),
    text=TEXTS,
    path=st.lists(TEXTS.map(str.strip).filter(bool), max_size=3),
    price=st.floats(0, allow_infinity=False, allow_nan=False),
)
def test_any_text_and_number_comes_back(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], text: str, path: list[str], price: float
) -> None:
    folder = tmp_path_factory.mktemp("any")
    shop = Dataset.of(
        "any",
        pd.DataFrame(
            {
                "product_id": names,
                "title": text,
                "brand": text,
                "category": [tuple(path)] * len(names),
                "price": price,
            }
        ),
    )
    with open_store(folder / "graph.lbug") as store:
        load_dataset(store, shop, progress=False)
        for form, suffix in SUFFIXES.items():
            export_rdf(store, folder / f"any{suffix}", form)
            assert tables(load(folder / f"any{suffix}"), events=False) == tables(shop, events=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of the planted shop, loaded from Turtle."""
    folder = tmp_path_factory.mktemp("runs")
    with open_store(folder / "graph.lbug") as store:
        load_dataset(store, planted_shop(), progress=False)
        export_rdf(store, folder / "planted.ttl", "turtle", RdfConfig(events=True))
    assert main(["load", str(folder / "planted.ttl"), "--run", str(folder / "run"), "--json"]) == 0
    return str(folder / "run")


def test_the_command_writes_every_format(
    run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(FORMATS) == set(EXPORTS)
    for form in RDF_FORMATS:
        out = tmp_path / f"shop{SUFFIXES[form]}"
        assert main(["export", form, "--run", run, "--out", str(out), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["statements"] == len(lines(out))
        assert len(load(out).products) == 32
    assert "u0" not in out.read_text()
    base = ["--base", "https://shop.example/", "--events"]
    assert main(["export", "turtle", "--run", run, "--out", str(tmp_path / "b.ttl"), *base]) == 0
    assert "statements" in capsys.readouterr().out
    text = (tmp_path / "b.ttl").read_text()
    assert "<https://shop.example/product/p00> a schema:Product ;" in text
    assert "<https://shop.example/user/u0>" in text
    assert len(load(tmp_path / "b.ttl").events) == 300


def test_a_failing_export_leaves_the_old_file(
    run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "shop.nt"
    out.write_text("old")
    assert main(["export", "ntriples", "--run", run, "--out", str(out), "--base", "no address"]) == 1
    assert "base is 'no address'; it must be the start of addresses" in capsys.readouterr().err
    assert main(["export", "ntriples", "--run", str(tmp_path / "none"), "--out", str(out)]) == 1
    assert "is not a run folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["shop.nt"]
    assert out.read_text() == "old"


def test_what_others_wrote_goes_in_and_comes_out(tmp_path: Path) -> None:
    feeds = Path(__file__).parent / "feeds"
    for name in ("anvil.jsonld", "aggregate.jsonld", "microwave.jsonld", "coat.html", "scsi.ttl"):
        given_one = load(feeds / name)
        with open_store(tmp_path / f"{name}.lbug") as store:
            load_dataset(store, given_one, progress=False)
            export_rdf(store, tmp_path / f"{name}.jsonld", "jsonld")
        again = load(tmp_path / f"{name}.jsonld")
        assert tables(again, events=False) == tables(given_one, events=False)
    written = (tmp_path / "coat.html.jsonld").read_text()
    assert '"gtin14": "98766051104214"' in written
    assert '"priceCurrency": "USD"' in written
