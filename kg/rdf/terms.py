"""Which label, property and relationship becomes which RDF term; `docs/rdf.md` derives its table from it."""

from ...data.vocabulary import (
    ACTIONS,
    CURRENCY,
    DIRECT,
    EVENT_NUMBER,
    EVENT_VALUE,
    LINKS,
    OWN,
    PROV,
    RDF,
    SCHEMA,
    SKOS,
    USER,
    USER_ATTRIBUTE,
    XSD,
)
from ..schema import EVENT_RELATIONS, LINK_RELATIONS

PREFIXES = {"schema": SCHEMA, "skos": SKOS, "xsd": XSD, "rdf": RDF, "prov": PROV, "cartograph": OWN}
"""In the files, and in SPARQL queries without a word."""

CLASSES = {
    "Product": (SCHEMA + "Product",),
    "Category": (SCHEMA + "CategoryCode",),
    "Brand": (SCHEMA + "Brand",),
    "Attribute": (SCHEMA + "PropertyValue",),
    "User": (SCHEMA + "Person", OWN + USER),
}
"""The classes of each label."""

IDS = {
    "Product": SCHEMA + "sku",
    "Category": SCHEMA + "codeValue",
    "Brand": SCHEMA + "name",
    "User": SCHEMA + "identifier",
}
"""The property that holds the id; an attribute's is its key and value."""

PROPERTIES = {
    ("Product", "title"): SCHEMA + "name",
    ("Product", "description"): SCHEMA + "description",
    ("Product", "image_url"): SCHEMA + "image",
    ("Category", "name"): SCHEMA + "name",
    ("Attribute", "key"): SCHEMA + "name",
    ("Attribute", "value"): SCHEMA + "value",
}
"""Text properties by label and name."""

OFFER = SCHEMA + "Offer"
OFFERS = SCHEMA + "offers"
PRICE = SCHEMA + "price"
PRICE_CURRENCY = SCHEMA + CURRENCY
AVAILABILITY = SCHEMA + "availability"
IN_STOCK = SCHEMA + "InStock"
OUT_OF_STOCK = SCHEMA + "OutOfStock"
STOCK = SCHEMA + "inventoryLevel"
QUANTITY = SCHEMA + "QuantitativeValue"
VALUE = SCHEMA + "value"
CODE_SET = SCHEMA + "CategoryCodeSet"
IN_CODE_SET = SCHEMA + "inCodeSet"
AGENT = SCHEMA + "agent"
OBJECT = SCHEMA + "object"
TIME = SCHEMA + "endTime"
POSITION = SCHEMA + "position"
WORTH = OWN + EVENT_VALUE
NTH = OWN + EVENT_NUMBER
REVIEW = SCHEMA + "Review"
AUTHOR = SCHEMA + "author"
ITEM_REVIEWED = SCHEMA + "itemReviewed"
REVIEW_BODY = SCHEMA + "reviewBody"
CREATED = SCHEMA + "dateCreated"
REVIEW_RATING = SCHEMA + "reviewRating"
RATING = SCHEMA + "Rating"
RATING_VALUE = SCHEMA + "ratingValue"
PRODUCT_ATTRIBUTE = SCHEMA + "additionalProperty"
OF_USER = OWN + USER_ATTRIBUTE

RELATIONS = {
    ("Product", "IN_CATEGORY", "Category"): SCHEMA + "category",
    ("Product", "MADE_BY", "Brand"): SCHEMA + "brand",
    ("Category", "SUBCATEGORY_OF", "Category"): SKOS + "broader",
    **{("Product", LINK_RELATIONS[kind], "Product"): term for kind, term in LINKS.items()},
}
"""Relationships that are one statement."""

STATEMENT = RDF + "Statement"
ABOUT = (RDF + "subject", RDF + "predicate", RDF + "object")
ORIGIN = {
    "run": (OWN + "run", XSD + "string"),
    "model": (OWN + "model", XSD + "string"),
    "derived_at": (PROV + "generatedAtTime", XSD + "dateTime"),
    "confidence": (OWN + "confidence", XSD + "decimal"),
}
"""What `schema.PROVENANCE` becomes on the node that stands for a relationship that Cartograph derived."""

EVENTS = {EVENT_RELATIONS[kind]: SCHEMA + action for kind, action in ACTIONS.items()}
"""The class of the node that stands for each relationship of a user with a product."""


def rows() -> list[tuple[str, str, str]]:
    """What of the graph, which term, and how: the table in `docs/rdf.md`."""
    direct = ", ".join(f"`{key}`" for key in DIRECT)
    found = [(f"`{label}`", _terms(*classes), "class") for label, classes in CLASSES.items()]
    found += [(f"`{label}.id`", _terms(term), "text") for label, term in IDS.items()]
    found += [(f"`{label}.{name}`", _terms(term), "text") for (label, name), term in PROPERTIES.items()]
    found += [
        ("`Product.price`", _terms(OFFERS, PRICE), f"`xsd:decimal` of {_terms(OFFER)}"),
        (
            "`Product.stock`",
            _terms(OFFERS, STOCK, VALUE),
            f"`xsd:decimal` of {_terms(QUANTITY)}; besides {_terms(AVAILABILITY)} {_terms(IN_STOCK)} or "
            f"{_terms(OUT_OF_STOCK)}",
        ),
        (f"attribute `{CURRENCY}` of a product", _terms(OFFERS, PRICE_CURRENCY), "text"),
        (f"attributes of a product called {direct}", "`schema:color` and so on", "text"),
        ("other attributes of a product", _terms(PRODUCT_ATTRIBUTE), "node of the attribute"),
        ("attributes of a user", _terms(OF_USER), "node of the attribute"),
        ("every category", _terms(IN_CODE_SET), f"one {_terms(CODE_SET)}"),
    ]
    found += [
        (f"`({source})-[{name}]->({target})`", _terms(term), "node")
        for (source, name, target), term in RELATIONS.items()
    ]
    found += [(f"`(User)-[{name}]->(Product)`", _terms(term), "class") for name, term in EVENTS.items()]
    found += [
        ("user and product of an event", f"{_terms(AGENT)}, {_terms(OBJECT)}", "nodes"),
        ("`at` of an event, in seconds", _terms(TIME), "`xsd:dateTime`"),
        ("`at` of an event, a place in an order", _terms(POSITION), "`xsd:integer`"),
        ("`value` of an event", _terms(WORTH), "`xsd:decimal`"),
        ("`nth` of an event, where it is not 0", _terms(NTH), "`xsd:integer`"),
        ("`(User)-[REVIEWED]->(Product)`", _terms(REVIEW), "class"),
        ("user and product of a review", f"{_terms(AUTHOR)}, {_terms(ITEM_REVIEWED)}", "nodes"),
        ("`at` of a review, in seconds", _terms(CREATED), "`xsd:dateTime`"),
        ("`text` of a review", _terms(REVIEW_BODY), "text"),
        ("`rating` of a review", _terms(REVIEW_RATING, RATING_VALUE), f"`xsd:decimal` of {_terms(RATING)}"),
        ("what Cartograph derived, if asked for", _terms(STATEMENT, *ABOUT), "class, nodes"),
    ]
    found += [
        (f"`{name}` of what it derived", _terms(term), "text" if kind == XSD + "string" else _terms(kind))
        for name, (term, kind) in ORIGIN.items()
    ]
    return found


def shortened(term: str) -> str:
    """A term with a prefix.

    >>> shortened("https://schema.org/price")
    'schema:price'
    """
    for prefix, start in PREFIXES.items():
        if term.startswith(start):
            return f"{prefix}:{term.removeprefix(start)}"
    return term


def _terms(*terms: str) -> str:
    return " ".join(f"`{shortened(term)}`" for term in terms)
