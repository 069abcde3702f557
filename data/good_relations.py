"""GoodRelations in the words of schema.org, which took it over in 2012 nearly one to one.

http://www.heppnetz.de/ontologies/goodrelations/v1.html says of most terms which schema.org term is the same.
"""

GOOD_RELATIONS = "http://purl.org/goodrelations/v1#"

CLASSES = {
    "Offering": "Offer",
    "Brand": "Brand",
    "BusinessEntity": "Organization",
    "ProductOrService": "Product",
    "ProductOrServiceModel": "ProductModel",
    "Individual": "IndividualProduct",
    "ActualProductOrServiceInstance": "IndividualProduct",
    "SomeItems": "SomeProducts",
    "ProductOrServicesSomeInstancesPlaceholder": "SomeProducts",
    "UnitPriceSpecification": "UnitPriceSpecification",
    "QuantitativeValue": "QuantitativeValue",
}
"""The schema.org class of each class."""

PROPERTIES = {
    "name": "name",
    "legalName": "legalName",
    "description": "description",
    "category": "category",
    "color": "color",
    "condition": "itemCondition",
    "hasBrand": "brand",
    "hasManufacturer": "manufacturer",
    "hasMakeAndModel": "isVariantOf",
    "isVariantOf": "isVariantOf",
    "isSimilarTo": "isSimilarTo",
    "includes": "itemOffered",
    "includesObject": "includesObject",
    "typeOfGood": "typeOfGood",
    "hasPriceSpecification": "priceSpecification",
    "hasCurrency": "priceCurrency",
    "hasCurrencyValue": "price",
    "hasMinCurrencyValue": "minPrice",
    "hasInventoryLevel": "inventoryLevel",
    "hasValue": "value",
    "hasValueFloat": "value",
    "hasValueInteger": "value",
    "hasMinValue": "minValue",
    "hasMinValueFloat": "minValue",
    "hasMinValueInteger": "minValue",
    "hasUnitOfMeasurement": "unitCode",
    "hasStockKeepingUnit": "sku",
    "hasMPN": "mpn",
    "hasEAN_UCC-13": "gtin13",
    "hasGTIN-8": "gtin8",
    "hasGTIN-14": "gtin14",
    "weight": "weight",
    "width": "width",
    "height": "height",
    "depth": "depth",
}
"""The schema.org property of each property. An instance takes from its model what it lacks, as a variant
does from its group, so both are `isVariantOf` here."""

OTHERS = {
    "http://www.w3.org/2000/01/rdf-schema#label": "name",
    "http://www.w3.org/2000/01/rdf-schema#comment": "description",
    "http://xmlns.com/foaf/0.1/depiction": "image",
    "http://xmlns.com/foaf/0.1/page": "url",
}
"""What GoodRelations leaves to other vocabularies."""


def in_schema_org(address: str) -> str | None:
    """The schema.org name of a GoodRelations term, None of any other.

    >>> in_schema_org("http://purl.org/goodrelations/v1#hasCurrencyValue")
    'price'
    """
    if not address.startswith(GOOD_RELATIONS):
        return OTHERS.get(address)
    name = address.removeprefix(GOOD_RELATIONS)
    return CLASSES.get(name) or PROPERTIES.get(name)
