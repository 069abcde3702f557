"""The shortest ways through the product graph between two products, ready to be drawn."""

from ..kg import EVENT_RELATIONS
from ..kg.schema import CATEGORY_SEPARATOR
from ..kg.store import Session
from ..kg.walk import GraphNode, Path, Step
from .catalogue import Catalogue
from .index import Index

MOST_PRAISE = 3
"""Ways over what both products are praised for."""


def paths_between(
    catalogue: Catalogue, index: Index, session: Session, row: int, other: int
) -> tuple[Path, ...]:
    """The shortest ways from one product to another: over shared facts, else over a shared kind or users.

    Shared brand, category and attributes come first. Products that share none may still have a category
    above both, and users who had both; how many users is asked of the graph only where the index says that
    one led to the other. What reviews praise both for comes last.

    Args:
        catalogue: Of the shop.
        index: The trained index.
        session: Answers Cypher.
        row: Row of the product where the ways start.
        other: Row of the product where they end.
    """
    ends = _product(catalogue, row), _product(catalogue, other)
    brand, category = catalogue.brands[row], catalogue.categories[row]
    shared = []
    if brand and brand == catalogue.brands[other]:
        shared.append(("MADE_BY", GraphNode("Brand", brand, brand)))
    if category and category == catalogue.categories[other]:
        shared.append(("IN_CATEGORY", _category(category)))
    shared += [
        ("HAS_ATTRIBUTE", GraphNode("Attribute", fact, fact))
        for fact in sorted(catalogue.attributes[row] & catalogue.attributes[other])
    ]
    ways = [_over(ends, relation, (node,)) for relation, node in shared]
    if not ways:
        if above := _over_categories(ends, category, catalogue.categories[other]):
            ways.append(above)
        if index.leads_to[row, other] or index.leads_to[other, row]:
            ways += _over_users(ends, session)
    return (*ways, *_over_praise(ends, session))


def _over(ends: tuple[GraphNode, GraphNode], relation: str, between: tuple[GraphNode, ...]) -> Path:
    """Both ends lead to the node between them."""
    steps = Step(relation, True), Step(relation, False)
    return Path((ends[0], *between, ends[1]), steps)


def _over_categories(ends: tuple[GraphNode, GraphNode], one: str, other: str) -> Path | None:
    """Up from one category to the nearest that is above both, and down to the other."""
    if not one or not other:
        return None
    up, down = one.split(CATEGORY_SEPARATOR), other.split(CATEGORY_SEPARATOR)
    common = 0
    while common < min(len(up), len(down)) and up[common] == down[common]:
        common += 1
    if not common:
        return None
    lengths = [*range(len(up), common - 1, -1)], [*range(common + 1, len(down) + 1)]
    climb = [CATEGORY_SEPARATOR.join(up[:length]) for length in lengths[0]]
    descent = [CATEGORY_SEPARATOR.join(down[:length]) for length in lengths[1]]
    return Path(
        (ends[0], *map(_category, climb + descent), ends[1]),
        (
            Step("IN_CATEGORY", True),
            *(Step("SUBCATEGORY_OF", True) for _ in climb[1:]),
            *(Step("SUBCATEGORY_OF", False) for _ in descent),
            Step("IN_CATEGORY", False),
        ),
    )


def _over_users(ends: tuple[GraphNode, GraphNode], session: Session) -> list[Path]:
    """Over the users who did the same with both products, one way for each type of event."""
    ways = []
    for relation in EVENT_RELATIONS.values():
        (found,) = session.query(
            f"MATCH (a:Product {{id: $one}})<-[:{relation}]-(u:User) WITH DISTINCT u "
            f"MATCH (u)-[:{relation}]->(b:Product {{id: $other}}) RETURN count(DISTINCT u.id) AS n",
            {"one": ends[0].id, "other": ends[1].id},
        )
        if n := found["n"]:
            users = GraphNode("User", "", "1 user" if n == 1 else f"{n:,} users")
            steps = Step(relation, False), Step(relation, True)
            ways.append(Path((ends[0], users, ends[1]), steps))
    return ways


def _over_praise(ends: tuple[GraphNode, GraphNode], session: Session) -> list[Path]:
    """Over what reviews praise both products for, the surest first."""
    found = session.query(
        "MATCH (:Product {id: $one})-[r:PRAISED_FOR]->(a:Aspect)<-[s:PRAISED_FOR]-(:Product {id: $other}) "
        f"RETURN a.id AS term, r.score + s.score AS score ORDER BY score DESC, term LIMIT {MOST_PRAISE}",
        {"one": ends[0].id, "other": ends[1].id},
    )
    return [_over(ends, "PRAISED_FOR", (GraphNode("Aspect", row["term"], row["term"]),)) for row in found]


def _product(catalogue: Catalogue, row: int) -> GraphNode:
    return GraphNode("Product", catalogue.ids[row], catalogue.title(row))


def _category(path: str) -> GraphNode:
    return GraphNode("Category", path, path.rsplit(CATEGORY_SEPARATOR, 1)[-1])
