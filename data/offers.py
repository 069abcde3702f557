"""What the offers of products say: price, currency, how many there are."""

import re

import numpy as np
import pandas as pd

from .prices import parse_price
from .triples import IntColumn, Triples

_GONE = ("OutOfStock", "SoldOut", "Discontinued")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


def offer_facts(triples: Triples, nodes: IntColumn) -> pd.DataFrame:
    """Price, currency and stock of each product as text, NaN where not said, `(n_nodes,)` by node's position.

    An offer may point to its product or be pointed at, stand in an `AggregateOffer`, and have its price in a
    `priceSpecification`. An offer of several products at once says nothing of the price of each.
    """
    offers = product_offers(triples)
    offers = offers[offers["product"].isin(nodes)]
    prices = _prices(triples).merge(offers, on="offer")
    prices["number"] = prices["price"].map(_amount).astype(np.float64)
    prices["price"] = prices["price"].where(prices["number"].isna(), prices["number"].map(repr))
    cheapest = prices.sort_values("number", kind="stable", na_position="last").drop_duplicates("product")
    cheapest = cheapest.set_index("product")
    found = pd.DataFrame({name: cheapest[name].reindex(nodes) for name in ("price", "currency")})
    priceless = offers.assign(currency=offers["offer"].map(triples.first("priceCurrency"))).dropna()
    others = priceless.drop_duplicates("product").set_index("product")["currency"]
    known = found["currency"].where(found["currency"] != "")
    found["currency"] = known.fillna(triples.text(others).reindex(nodes))
    found["stock"] = _stock(triples, offers).reindex(nodes)
    return found.reset_index(drop=True)


def product_offers(triples: Triples) -> pd.DataFrame:
    """Rows `product`, `offer`: every offer of one product, whichever way it is said."""
    inner = triples.of("includesObject")[["subject", "object"]].merge(
        triples.of("typeOfGood")[["subject", "object"]], left_on="object", right_on="subject"
    )
    backwards = pd.concat(
        [
            triples.of("itemOffered").rename(columns={"subject": "offer", "object": "product"}),
            pd.DataFrame({"offer": inner["subject_x"], "product": inner["object_y"]}),
        ]
    )[["offer", "product"]]
    backwards = backwards[~backwards["offer"].duplicated(keep=False)]
    forwards = triples.of("offers").rename(columns={"subject": "product", "object": "offer"})
    itself = triples.typed("Offer")
    offers = pd.concat(
        [forwards[["product", "offer"]], backwards, pd.DataFrame({"product": itself, "offer": itself})]
    )
    nested = offers.merge(
        triples.of("offers")[["subject", "object"]], left_on="offer", right_on="subject"
    ).rename(columns={"object": "part"})
    parts = pd.DataFrame({"product": nested["product"], "offer": nested["part"]})
    return pd.concat([offers, parts]).drop_duplicates(ignore_index=True)


def _amount(text: str) -> float | None:
    """A number as RDF writes it, or else a price as shops do; None for neither."""
    return float(text) if re.fullmatch(_NUMBER, text) else parse_price(text)


def _prices(triples: Triples) -> pd.DataFrame:
    """Rows `offer`, `price`, `currency` (texts): one for each price that an offer names."""
    specified = triples.of("priceSpecification")[["subject", "object"]].set_axis(["offer", "holder"], axis=1)
    own = pd.DataFrame({"holder": triples.typed("Offer", "AggregateOffer")}).assign(
        offer=lambda rows: rows["holder"]
    )
    holders = pd.concat([own, specified])
    amounts = triples.first("price", "lowPrice", "minPrice")
    currencies = triples.first("priceCurrency")
    crossed_out = triples.of("priceType")["subject"]
    holders = holders[holders["holder"].isin(amounts.index) & ~holders["holder"].isin(crossed_out)]
    found = pd.DataFrame(
        {"offer": holders["offer"], "price": triples.text(holders["holder"].map(amounts)).str.strip()}
    )
    currency = holders["holder"].map(currencies)
    found["currency"] = triples.text(currency.fillna(holders["offer"].map(currencies)))
    return found


def _stock(triples: Triples, offers: pd.DataFrame) -> pd.Series:
    """By product: the largest inventory level as text, else `0` where no offer is available."""
    level = triples.of("inventoryLevel")
    values = triples.first("value", "minValue")
    texts = triples.text(level["object"].map(values).fillna(level["object"]))
    levels = pd.DataFrame({"offer": level["subject"], "text": texts})
    own = levels.rename(columns={"offer": "product"})
    every = pd.concat([offers.merge(levels, on="offer")[["product", "text"]], own])
    every["number"] = pd.to_numeric(every["text"], errors="coerce")
    stock = every.sort_values("number", kind="stable", na_position="first").drop_duplicates(
        "product", keep="last"
    )
    said = triples.of("availability")
    state = triples.text(said["object"]).str.rsplit("/", n=1).str[-1]
    gone = pd.Series(np.isin(state, _GONE), index=said["subject"])
    known = offers.assign(gone=offers["offer"].map(gone[~gone.index.duplicated()])).dropna(subset="gone")
    empty = known.groupby("product")["gone"].all()
    out = pd.Series("0", index=empty.index[empty.astype(bool)], dtype=object)
    return stock.set_index("product")["text"].astype(object).combine_first(out)
