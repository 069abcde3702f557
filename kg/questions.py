"""Named questions that an analyst asks the product graph first, in Cypher that both stores take."""

from dataclasses import dataclass
from typing import Literal

from .schema import EVENT_RELATIONS

_DID = "|".join(EVENT_RELATIONS.values())


@dataclass(frozen=True)
class Parameter:
    """A blank in a question."""

    name: str
    """As in the statement, without the `$`."""
    label: Literal["Product", "Brand", "Category", "User"]
    """It is the id of such a node."""
    meaning: str


@dataclass(frozen=True)
class Question:
    """A question with its statement."""

    name: str
    """Unique, for addresses."""
    question: str
    """In plain words."""
    cypher: str
    parameters: tuple[Parameter, ...] = ()


_PRODUCT = Parameter("product", "Product", "a product's id")
_BRAND = Parameter("brand", "Brand", "a brand's id")
_CATEGORY = Parameter("category", "Category", "a category's id, the path from the root")
_USER = Parameter("user", "User", "a user's id")

QUESTIONS = (
    Question(
        "most-wanted",
        "Which products do most people come for?",
        f"MATCH (u:User)-[:{_DID}]->(p:Product)\n"
        "RETURN p.id AS product, p.title AS title, count(*) AS events, count(DISTINCT u.id) AS users\n"
        "ORDER BY events DESC, product LIMIT 20",
    ),
    Question(
        "never-touched",
        "Which products has nobody touched yet?",
        f"MATCH (p:Product) WHERE NOT EXISTS {{ MATCH (:User)-[:{_DID}]->(p) }}\n"
        "RETURN p.id AS product, p.title AS title ORDER BY product LIMIT 50",
    ),
    Question(
        "same-people",
        "What else did the people touch who touched this product?",
        f"MATCH (:Product {{id: $product}})<-[:{_DID}]-(u:User)\n"
        "WITH DISTINCT u\n"
        f"MATCH (u)-[:{_DID}]->(other:Product) WHERE other.id <> $product\n"
        "RETURN other.id AS product, other.title AS title, count(DISTINCT u.id) AS users\n"
        "ORDER BY users DESC, product LIMIT 20",
        (_PRODUCT,),
    ),
    Question(
        "rivals",
        "Which products of the same kind do other brands sell?",
        "MATCH (p:Product {id: $product})-[:IN_CATEGORY]->(c:Category)<-[:IN_CATEGORY]-(rival:Product)\n"
        "MATCH (p)-[:MADE_BY]->(mine:Brand)\n"
        "MATCH (rival)-[:MADE_BY]->(b:Brand) WHERE b.id <> mine.id\n"
        "RETURN rival.id AS product, rival.title AS title, b.name AS brand, c.name AS kind\n"
        "ORDER BY product LIMIT 50",
        (_PRODUCT,),
    ),
    Question(
        "brands-of-a-category",
        "Which brands have most products in a category and below it?",
        "MATCH (p:Product)-[:IN_CATEGORY]->(:Category)-[:SUBCATEGORY_OF*0..8]->(:Category {id: $category})\n"
        "MATCH (p)-[:MADE_BY]->(b:Brand)\n"
        "RETURN b.name AS brand, count(DISTINCT p.id) AS products ORDER BY products DESC, brand LIMIT 20",
        (_CATEGORY,),
    ),
    Question(
        "shared-customers",
        "Which brands share most customers with a brand?",
        f"MATCH (:Brand {{id: $brand}})<-[:MADE_BY]-(:Product)<-[:{_DID}]-(u:User)\n"
        "WITH DISTINCT u\n"
        f"MATCH (u)-[:{_DID}]->(:Product)-[:MADE_BY]->(b:Brand) WHERE b.id <> $brand\n"
        "RETURN b.name AS brand, count(DISTINCT u.id) AS users ORDER BY users DESC, brand LIMIT 20",
        (_BRAND,),
    ),
    Question(
        "what-a-brand-sells",
        "What does a brand sell, by kind?",
        "MATCH (:Brand {id: $brand})<-[:MADE_BY]-(p:Product)-[:IN_CATEGORY]->(c:Category)\n"
        "RETURN c.id AS category, count(*) AS products ORDER BY products DESC, category LIMIT 50",
        (_BRAND,),
    ),
    Question(
        "what-a-user-likes",
        "Which brands and kinds does a user come back to?",
        f"MATCH (:User {{id: $user}})-[:{_DID}]->(p:Product)\n"
        "MATCH (p)-[:IN_CATEGORY]->(c:Category)\n"
        "MATCH (p)-[:MADE_BY]->(b:Brand)\n"
        "RETURN b.name AS brand, c.name AS kind, count(*) AS events\n"
        "ORDER BY events DESC, brand, kind LIMIT 20",
        (_USER,),
    ),
    Question(
        "alike-users",
        "Which users have touched most of the products that this user touched?",
        f"MATCH (:User {{id: $user}})-[:{_DID}]->(p:Product)\n"
        "WITH DISTINCT p\n"
        f"MATCH (other:User)-[:{_DID}]->(p) WHERE other.id <> $user\n"
        "RETURN other.id AS user, count(DISTINCT p.id) AS products ORDER BY products DESC, user LIMIT 20",
        (_USER,),
    ),
    Question(
        "neighbourhood",
        "What hangs on a product? (a picture)",
        "MATCH (p:Product {id: $product})-[r:MADE_BY|IN_CATEGORY|HAS_ATTRIBUTE]->(fact)\n"
        "RETURN p, r, fact LIMIT 50",
        (_PRODUCT,),
    ),
)
"""In the order in which to show them."""
