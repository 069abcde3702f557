"""Product feeds in RDF: schema.org as JSON-LD, Turtle, N-Triples, RDF/XML or in pages, and GoodRelations."""

import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd

from .dataset import Columns, Dataset
from .errors import DataError
from .good_relations import in_schema_org
from .json_ld import says_context
from .offers import offer_facts
from .product_facts import brands, categories, product_attributes
from .rdf_events import links, user_attributes, user_events, user_reviews
from .rows import BadRows, Rows
from .sources import Source
from .tables import with_users_of
from .triples import IntColumn, Triples, format_of
from .vocabulary import OWN, RDF_TYPE, SCHEMA, SKOS

RDF = Source(
    name="rdf",
    description="a product feed of schema.org or GoodRelations, one file or a folder of them (docs/rdf.md)",
    licence="yours",
    is_folder=True,
    files=("*.jsonld", "*.ttl", "*.nt", "*.rdf", "*.html"),
)

PRODUCT_CLASSES = (
    *("Product", "IndividualProduct", "ProductModel", "SomeProducts", "ProductCollection"),
    *("Vehicle", "Car", "Motorcycle", "DietarySupplement", "Drug"),
)
"""What is a product; a `ProductGroup` is one where it has no variants."""
ID_PROPERTIES = ("sku", "productID", "identifier", "gtin", "gtin13", "gtin14", "gtin12", "gtin8", "mpn")
"""Where the id of a product is looked for, in this order; then its address, `url` and name are taken."""
_REFERENCE = {"type", "url", "isVariantOf"}
"""All that is said of a product that is only pointed at."""

_SCHEMA_ORG = re.compile(r"^https?://(www\.)?schema\.org/")

c = Columns


def is_rdf(path: Path) -> bool:
    """Whether a path is an RDF file or a page, or a folder with one."""
    return bool(rdf_files(path))


def rdf_files(path: Path) -> list[Path]:
    """The RDF files and pages at a path; `.json` is one where it has a context, and not in a folder."""
    if path.is_file():
        plain_json = path.name.removesuffix(".gz").lower().endswith(".json")
        return [path] if format_of(path) and (not plain_json or says_context(path)) else []
    return [file for file in sorted(path.glob("*")) if format_of(file) and ".json" not in file.suffixes[-2:]]


def load_rdf(path: Path, bad: BadRows) -> Dataset:
    """The dataset of a file, or of the files of a folder.

    Classes and properties may be written with `http:` or `https:`; no context and no other file is fetched.
    A product is what has a class of products, or an `Offer` with a name and without a product. It takes from
    the group that it is a variant of, or from its model, what it lacks. The price is that of the cheapest
    offer, with its currency as an attribute; stock is `inventoryLevel`, or 0 where all offers are out of
    stock. Categories may be texts (`Food > Tea`), or nodes with a name and `skos:broader`; of several the
    deepest counts, and the others are attributes. Properties with a text, and `additionalProperty`, are
    attributes. Reviews need an author, a time and words. Mean ratings are left out, and so are links to
    products that the feed does not have.

    Args:
        path: With names that tell the format: `.jsonld`, `.json`, `.ttl`, `.nt`, `.rdf`, `.html`.
        bad: What becomes of bad products and events.

    Raises:
        DataError: A file is broken, there is no product in it, or a product is bad.
    """
    triples = Triples(rdf_files(path), short_name)
    nodes, groups = _products(triples)
    if not len(nodes):
        raise DataError(f"{path}: there is no schema.org or GoodRelations product in it; give at least one")
    facts = product_attributes(triples, nodes, groups)
    rows = Rows(path, _table(triples, nodes, groups), bad, lambda record: record + 1, unit="product")
    rows.ids(c.PRODUCT)
    rows.unique(c.PRODUCT)
    rows.numbers(c.PRICE, minimum=0)
    rows.numbers(c.STOCK, minimum=0)
    described = rows.frame.index.isin(facts["node"])
    described |= (rows.frame[[c.TITLE, c.DESCRIPTION, c.BRAND]] != "").any(axis=1).to_numpy()
    described |= (rows.frame[c.CATEGORY].map(len) > 0).to_numpy()
    remedy = "give it a name, description, brand, category or property"
    rows.check(~described, c.PRODUCT, "has no text", remedy)
    products = rows.frame
    ids = pd.Series(products[c.PRODUCT].to_numpy(object), index=nodes[products.index])
    facts = facts.assign(**{c.PRODUCT: facts["node"].map(lambda at: nodes[at]).map(ids)})
    events, users, timed = user_events(triples, ids, path, bad)
    reviews = user_reviews(triples, ids, path, bad, timed=timed)
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0] if path.is_file() else path.resolve().name
    return Dataset.of(
        stem,
        products,
        events,
        users=with_users_of(users, reviews),
        product_attributes=facts.dropna(subset=c.PRODUCT)[list(c.PRODUCT_ATTRIBUTES)].drop_duplicates(),
        user_attributes=user_attributes(triples),
        links=links(triples, ids),
        reviews=reviews,
        timed=timed,
    )


def canonical(address: str) -> str | None:
    """A term as Cartograph writes it: of schema.org, its own, `rdf:type`, `skos:broader`; None for others.

    >>> canonical("http://schema.org/name"), canonical("http://purl.org/dc/terms/title")
    ('https://schema.org/name', None)
    """
    if address in (RDF_TYPE, SKOS + "broader") or address.startswith(OWN):
        return address
    name = _SCHEMA_ORG.sub("", address)
    found = name if name != address else in_schema_org(address)
    return None if found is None else SCHEMA + found


def short_name(address: str) -> str | None:
    """A term's name in schema.org, `cartograph:…` for our own, None for those that mean nothing here.

    >>> short_name("http://schema.org/name"), short_name("http://purl.org/dc/terms/title")
    ('name', None)
    """
    if address == RDF_TYPE:
        return "type"
    known = canonical(address)
    if known is not None and known.startswith(OWN):
        return f"cartograph:{known.removeprefix(OWN)}"
    return None if known is None else known.removeprefix(SCHEMA).removeprefix(SKOS)


def _products(triples: Triples) -> tuple[IntColumn, pd.Series]:
    """The nodes that are products, in the order of the file, and the group of those that have one."""
    variants = pd.concat(
        [
            triples.of("isVariantOf").rename(columns={"subject": "variant", "object": "group"}),
            triples.of("hasVariant").rename(columns={"subject": "group", "object": "variant"}),
        ]
    ).drop_duplicates("variant")
    group_of = variants.set_index("variant")["group"]
    offered = np.union1d(triples.of("offers")["subject"], triples.of("itemOffered")["object"])
    templates = np.setdiff1d(group_of.unique(), offered)
    described = np.unique(
        np.concatenate(
            [triples.of(name)["subject"] for name in ("name", *triples.properties) if name not in _REFERENCE]
        )
    )
    named_offers = np.intersect1d(triples.typed("Offer"), triples.of("name")["subject"])
    taken = np.union1d(
        triples.of("offers")["object"],
        np.union1d(triples.of("itemOffered")["subject"], triples.of("includesObject")["subject"]),
    )
    candidates = pd.unique(
        np.concatenate(
            [
                triples.typed(*PRODUCT_CLASSES, "ProductGroup"),
                np.intersect1d(group_of.index, described),
                np.setdiff1d(named_offers, taken),
            ]
        ).astype(np.int32)
    )
    grouping = np.intersect1d(triples.typed("ProductGroup"), group_of.to_numpy())
    kept = ~np.isin(candidates, np.union1d(templates, grouping)) & np.isin(candidates, described)
    return np.sort(candidates[kept]), group_of


def own_or_inherited(found: pd.Series, nodes: IntColumn, groups: pd.Series) -> pd.Series:
    """What each node has in a column by node, or else its group, `(n_nodes,)`; NaN where neither has."""
    own = found.reindex(nodes)
    inherited = found.reindex(groups.reindex(nodes).to_numpy()).set_axis(own.index)
    return own.where(own.notna(), inherited).reset_index(drop=True)


def _table(triples: Triples, nodes: IntColumn, groups: pd.Series) -> pd.DataFrame:
    """The products' columns as text, one row for each node."""

    def text(*names: str) -> pd.Series:
        return triples.text(own_or_inherited(triples.first(*names), nodes, groups))

    offers = offer_facts(triples, nodes)
    return pd.DataFrame(
        {
            c.PRODUCT: _ids(triples, nodes),
            c.TITLE: text("name"),
            c.DESCRIPTION: text("description"),
            c.BRAND: own_or_inherited(brands(triples), nodes, groups).fillna(""),
            c.CATEGORY: categories(triples, nodes, groups),
            c.PRICE: offers["price"].fillna(""),
            c.IMAGE: text("image"),
            c.STOCK: offers["stock"].fillna(""),
        }
    )


def _ids(triples: Triples, nodes: IntColumn) -> pd.Series:
    """The id of each product."""
    numbers = pd.Series(np.nan, index=nodes)
    values = triples.first("value")
    for name in ID_PROPERTIES:
        found = triples.first(name)
        if name == "identifier":  # may be a PropertyValue
            found = found.map(values).fillna(found)
        numbers = numbers.fillna(found.reindex(nodes))
    ids = triples.text(numbers.reset_index(drop=True))
    addresses = pd.Series([_tail(triples.texts[node]) for node in nodes], dtype="str")
    for other in (
        addresses,
        triples.text(triples.first("url", "name").reindex(nodes).reset_index(drop=True)),
    ):
        ids = ids.where(ids != "", other)
    return ids


def _tail(address: str) -> str:
    """An address as an id: as it is, or what follows the name of the file; `""` for none."""
    if address.startswith("_:"):
        return ""
    if address.startswith("file:///"):
        return unquote(address.partition("#")[2])
    return address
