"""RDF terms that reading and writing share: schema.org's, and our own where schema.org has none."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_TYPE = RDF + "type"
SCHEMA = "https://schema.org/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"
PROV = "http://www.w3.org/ns/prov#"
OWN = "urn:cartograph:term:"
"""The namespace of our own terms."""

USER = "User"
BOUGHT_TOGETHER = "boughtTogether"
USER_ATTRIBUTE = "attribute"
EVENT_VALUE = "value"
EVENT_NUMBER = "nth"

OWN_TERMS = {
    USER: "a class: whoever views, buys and rates; besides `schema:Person`",
    BOUGHT_TOGETHER: "from a product to one bought together with it",
    USER_ATTRIBUTE: "from a user to a `schema:PropertyValue`",
    EVENT_VALUE: "what an event is worth: a rating, an amount, a quantity",
    "run": "which run or acceptance of Cartograph's derived a statement",
    "model": "how it was derived",
    "confidence": "how sure that was, in [0, 1]",
    EVENT_NUMBER: "1, 2 … for the events that are equal in user, product and time to an earlier one",
}
"""Our own terms, by name in `OWN`, with what they mean."""

ACTIONS = {"view": "ViewAction", "cart": "AddAction", "purchase": "BuyAction", "rating": "ReviewAction"}
"""The schema.org class of each type of event."""

LINKS = {
    "also_bought": SCHEMA + "isRelatedTo",
    "also_viewed": SCHEMA + "isSimilarTo",
    "bought_together": OWN + BOUGHT_TOGETHER,
}
"""The property that is each type of product link."""

DIRECT = (
    *("color", "material", "pattern", "size", "model", "keywords", "award", "slogan", "countryOfOrigin"),
    *("weight", "width", "height", "depth", "releaseDate"),
    *("gtin", "gtin8", "gtin12", "gtin13", "gtin14", "mpn", "isbn", "asin", "productID"),
    "inProductGroupWithID",
)
"""Keys of product attributes that are schema.org properties themselves, so need no `PropertyValue`."""

CURRENCY = "priceCurrency"
"""The key of the attribute that is the currency of a product's price."""
