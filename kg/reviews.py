"""What users wrote of products: read from the graph, written back judged, and told in short."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from ..data.dataset import FloatArray
from .aspects import Aspect, clauses, terms
from .provenance import derivation
from .store import GraphStore, Session

PRAISE = 0.5
"""From this sentiment on, a text is praise."""

_ENDS = ("User", "Product")
_KEY = ["source", "target", "at", "nth"]
_SIDES = {True: "PRAISED_FOR", False: "BLAMED_FOR"}
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s*|\n")
_LATEST = 500
"""Quotes are looked for in so many of a product's reviews."""


def read_reviews(store: GraphStore) -> pd.DataFrame:
    """Every review: `source` and `target` (ids), `at`, `nth`, `rating` and `text`, in that order."""
    rows = store.frame(
        "MATCH (u:User)-[r:REVIEWED]->(p:Product) RETURN u.id AS source, p.id AS target, r.at AS at, "
        "r.nth AS nth, r.rating AS rating, r.text AS text"
    ).reindex(columns=[*_KEY, "rating", "text"])
    return rows.sort_values(_KEY, ignore_index=True).astype({"rating": "float64"})


def product_names(store: GraphStore) -> dict[str, str]:
    """By product id, what it is called: its title, its brand and the path of its category."""
    names: defaultdict[str, str] = defaultdict(str)
    for called in (
        "MATCH (p:Product) RETURN p.id AS id, p.title AS name",
        "MATCH (p:Product)-[:MADE_BY]->(b:Brand) RETURN p.id AS id, b.name AS name",
        "MATCH (p:Product)-[:IN_CATEGORY]->(c:Category) RETURN p.id AS id, c.id AS name",
    ):
        for row in store.query(called):
            names[row["id"]] += f" {row['name'] or ''}"
    return names


def write_judgement(
    store: GraphStore, reviews: pd.DataFrame, sentiment: FloatArray, aspects: Sequence[Aspect], *, model: str
) -> None:
    """Write what was made of the reviews; aspects take the place of all that were there before.

    Args:
        store: Written to.
        reviews: Of `read_reviews`, `n_reviews`.
        sentiment: How likely each is praise, `(n_reviews,)`.
        aspects: Of all products.
        model: What says so, for the record.
    """
    told = {**derivation(), "model": model}
    store.write_relationships("REVIEWED", _ENDS, reviews[_KEY].assign(sentiment=sentiment, **told))
    with store.transaction():
        store.execute("MATCH (a:Aspect) DETACH DELETE a")
        store.write_nodes("Aspect", pd.DataFrame({"id": sorted({aspect.term for aspect in aspects})}))
        for praised, relation in _SIDES.items():
            own = [aspect for aspect in aspects if aspect.praised == praised]
            rows = pd.DataFrame(
                [(aspect.product, aspect.term, aspect.reviews, aspect.score) for aspect in own],
                columns=["source", "target", "reviews", "score"],
            )
            store.write_relationships(relation, ("Product", "Aspect"), rows.assign(**told))


@dataclass(frozen=True)
class Opinion:
    """Something that a product is praised or blamed for."""

    term: str
    reviews: int
    """How many reviews say so."""
    quote: str
    """A sentence of one of them; empty where the latest have none any more."""


@dataclass(frozen=True)
class ProductReviews:
    """What users wrote of a product, in short."""

    reviews: int
    """How many there are."""
    rating: float | None
    """Mean of their ratings; None where none has one."""
    praise: float | None
    """Share of them that is praise; None before `cartograph reviews`."""
    praised: tuple[Opinion, ...] = ()
    """Most distinctive first."""
    blamed: tuple[Opinion, ...] = ()


def product_reviews(session: Session, product_id: str) -> ProductReviews:
    """What users wrote of a product; no reviews where there is no such product."""
    given = {"id": product_id}
    match = "MATCH (:User)-[r:REVIEWED]->(:Product {id: $id})"
    (about,) = session.query(
        f"{match} RETURN count(r) AS n, avg(r.rating) AS rating, count(r.sentiment) AS judged, "
        f"sum(CASE WHEN r.sentiment >= {PRAISE} THEN 1 ELSE 0 END) AS praise",
        given,
    )
    if not about["n"]:
        return ProductReviews(0, None, None)
    latest = session.query(
        f"{match} WHERE r.sentiment IS NOT NULL RETURN r.text AS text, r.sentiment AS sentiment "
        f"ORDER BY r.at DESC, text LIMIT {_LATEST}",
        given,
    )
    sides = {}
    for praised, relation in _SIDES.items():
        surest = sorted(latest, key=lambda row: row["sentiment"], reverse=praised)
        own = [row["text"] for row in surest if (row["sentiment"] >= PRAISE) == praised]
        found = session.query(
            f"MATCH (:Product {{id: $id}})-[r:{relation}]->(a:Aspect) "
            "RETURN a.id AS term, r.reviews AS reviews ORDER BY r.score DESC, term",
            given,
        )
        quotes = _quotes((row["term"] for row in found), own)
        sides[praised] = tuple(
            Opinion(row["term"], row["reviews"], quotes.get(row["term"], "")) for row in found
        )
    share = float(about["praise"] / about["judged"]) if about["judged"] else None
    return ProductReviews(about["n"], about["rating"], share, sides[True], sides[False])


def _quotes(wanted: Iterable[str], texts: Iterable[str]) -> dict[str, str]:
    """The first sentence with each of some terms, where there is one."""
    left, found = set(wanted), dict[str, str]()
    for sentence in (sentence for text in texts for sentence in _SENTENCE.split(text)):
        if not left:
            break
        heard = left.intersection(term for clause in clauses(sentence) for term in terms(clause))
        found |= dict.fromkeys(heard, sentence.strip())
        left -= heard
    return found
