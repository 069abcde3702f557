"""What a feed says of products besides offers: brands, categories, attributes."""

from urllib.parse import unquote

import pandas as pd

from .dataset import Columns
from .offers import offer_facts, product_offers
from .tables import category_path
from .triples import IntColumn, Triples
from .vocabulary import CURRENCY, DIRECT

_NOT_ATTRIBUTES = {
    *("type", "name", "description", "image", "url", "sku", "identifier", "brand", "manufacturer"),
    *(
        "category",
        "itemCondition",
        "offers",
        "inventoryLevel",
        "additionalType",
        "sameAs",
        "mainEntityOfPage",
        "variesBy",
    ),
    *("alternateName", "disambiguatingDescription", "position", "dateModified", "productGroupID"),
    *("price", "priceCurrency", "availability", "priceValidUntil", "validFrom", "validThrough", "value"),
}
"""Properties of products that are columns, or no facts about them."""

_SCHEMA_ORG = r"^https?://(?:www\.)?schema\.org/"

c = Columns


def brands(triples: Triples) -> pd.Series:
    """The name of the brand, or else of the manufacturer, by node."""
    names = triples.first("name", "legalName")
    found = triples.first("brand", "manufacturer")
    named = found.map(names).fillna(found)
    texts = triples.text(named)
    return texts.where(~texts.str.contains("://"), texts.map(_last_part)).where(~texts.str.startswith("_:"))


def categories(triples: Triples, nodes: IntColumn, groups: pd.Series) -> pd.Series:
    """The deepest category path of each product, `(n_nodes,)`."""
    paths = _paths(triples)
    deepest = paths.loc[paths["depth"].groupby(paths["subject"]).idxmax()].set_index("subject")["path"]
    own = deepest.reindex(nodes)
    inherited = deepest.reindex(groups.reindex(nodes).to_numpy()).set_axis(own.index)
    found = own.where(own.notna(), inherited)
    return pd.Series([path if isinstance(path, tuple) else () for path in found], dtype=object)


def product_attributes(triples: Triples, nodes: IntColumn, groups: pd.Series) -> pd.DataFrame:
    """Rows `node` (its position), key, value: what is no column, of the products and of their groups."""
    parts = [
        _texts(triples),
        property_values(triples, "additionalProperty"),
        _conditions(triples),
        *(_nodes(triples, name) for name in (*DIRECT, "audience")),
        _further_categories(triples),
        _rows(triples.of("productGroupID"), "inProductGroupWithID", triples),
    ]
    said = pd.concat(parts, ignore_index=True)
    at = pd.Series(range(len(nodes)), index=nodes)
    own = said.assign(node=said["subject"].map(at)).dropna(subset="node")
    members = pd.DataFrame({"group": groups, "node": at.reindex(groups.index)}).dropna()
    inherited = said.merge(members, left_on="subject", right_on="group")
    has = pd.MultiIndex.from_frame(own[["node", c.KEY]])
    inherited = inherited[~pd.MultiIndex.from_frame(inherited[["node", c.KEY]]).isin(has)]
    currency = offer_facts(triples, nodes)["currency"].dropna()
    money = pd.DataFrame({"node": currency.index, c.KEY: CURRENCY, c.VALUE: currency})
    every = pd.concat([own, inherited, money])[["node", c.KEY, c.VALUE]]
    every = every[(every[c.KEY] != "") & (every[c.VALUE] != "")]
    return every.astype({"node": int}).drop_duplicates(ignore_index=True)


def property_values(triples: Triples, name: str) -> pd.DataFrame:
    """Rows `subject`, key, value: what the `PropertyValue`s say that a property points to."""
    keys = triples.first("name", "propertyID")
    values = triples.of("value")[["subject", "object"]].set_axis(["holder", "number"], axis=1)
    found = triples.of(name)[["subject", "object"]].merge(values, left_on="object", right_on="holder")
    units = triples.text(found["object"].map(triples.first("unitText", "unitCode")))
    return pd.DataFrame(
        {
            "subject": found["subject"],
            c.KEY: triples.text(found["object"].map(keys)),
            c.VALUE: (triples.text(found["number"]) + " " + units).where(
                units != "", triples.text(found["number"])
            ),
        }
    )


def _texts(triples: Triples) -> pd.DataFrame:
    """Properties with a text; that which is the id is one as well, unless it is called so."""
    parts = []
    for name in triples.properties:
        if name not in _NOT_ATTRIBUTES and not name.startswith("cartograph:"):
            found = triples.of(name)
            parts.append(_rows(found[found["literal"]], name, triples))
    return pd.concat(parts) if parts else _rows(triples.of("type").iloc[:0], "", triples)


def _conditions(triples: Triples) -> pd.DataFrame:
    """The condition that a product is in, or its offer, without the address of schema.org."""
    found = triples.of("itemCondition")
    offers = product_offers(triples)
    offered = found.merge(offers, left_on="subject", right_on="offer").drop(columns="subject")
    every = pd.concat([found, offered.rename(columns={"product": "subject"})[["subject", "object"]]])
    rows = _rows(every, "itemCondition", triples)
    return rows.assign(**{c.VALUE: rows[c.VALUE].str.replace(_SCHEMA_ORG, "", regex=True)})


def _nodes(triples: Triples, name: str) -> pd.DataFrame:
    """What the nodes are worth that a property points to: a value with its unit, a name, or a term."""
    found = triples.of(name)
    found = found[~found["literal"]]
    worth = triples.text(found["object"].map(triples.first("value", "name", "suggestedGender")))
    units = triples.text(found["object"].map(triples.first("unitText", "unitCode")))
    texts = triples.text(found["object"])
    term = texts.where(texts.str.contains("schema.org/", regex=False), "").str.rsplit("/", n=1).str[-1]
    value = (worth + " " + units).where((worth != "") & (units != ""), worth)
    return pd.DataFrame({"subject": found["subject"], c.KEY: name, c.VALUE: value.where(value != "", term)})


def _rows(found: pd.DataFrame, key: str, triples: Triples) -> pd.DataFrame:
    return pd.DataFrame(
        {"subject": found["subject"], c.KEY: key, c.VALUE: triples.text(found["object"])}
    ).astype({c.KEY: "str"})


def _paths(triples: Triples) -> pd.DataFrame:
    """Rows `subject`, `path`, `depth`: every category that is said of something."""
    found = triples.of("category")
    names = triples.first("name", "codeValue").to_dict()
    above = triples.first("broader").to_dict()
    known: dict[int, tuple[str, ...]] = {}

    def path_of(node: int) -> tuple[str, ...]:
        steps: list[int] = []
        at: int | None = node
        while at is not None and at not in steps:
            steps.append(at)
            at = above.get(at)
        texts = triples.texts
        return tuple(
            texts[names[step]] if step in names else _last_part(texts[step]) for step in reversed(steps)
        )

    paths: list[tuple[str, ...]] = []
    for number, literal in zip(found["object"].tolist(), found["literal"].tolist(), strict=True):
        if literal:
            paths.append(category_path(triples.texts[number]))
        else:
            if number not in known:
                known[number] = path_of(number)
            paths.append(known[number])
    out = pd.DataFrame({"subject": found["subject"].to_numpy(), "path": pd.Series(paths, dtype=object)})
    return out.assign(depth=[len(path) for path in paths]).astype({"depth": int})


def _further_categories(triples: Triples) -> pd.DataFrame:
    """Categories besides the deepest, as attributes."""
    paths = _paths(triples)
    deepest = paths["depth"].groupby(paths["subject"]).idxmax()
    others = paths.drop(index=deepest.to_list())
    texts = pd.Series([" > ".join(path) for path in others["path"]], index=others.index, dtype="str")
    return pd.DataFrame({"subject": others["subject"], c.KEY: "category", c.VALUE: texts})


def _last_part(address: str) -> str:
    """The name at the end of an address.

    >>> _last_part("http://dbpedia.org/resource/Alfa_Romeo")
    'Alfa Romeo'
    """
    return unquote(address.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1]).replace("_", " ")
