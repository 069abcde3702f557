"""Walking the product graph node by node: neighbours by relation, shortest ways between two products."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from .schema import EVENT_RELATIONS, LINK_RELATIONS, NODES, RELATIONS, quoted
from .store import Session

_NAMES = {
    "Product": "title",
    "Category": "name",
    "Brand": "name",
    "Attribute": "id",
    "User": "id",
    "Aspect": "id",
}
_FACTS = (("MADE_BY", "Brand"), ("IN_CATEGORY", "Category"), ("HAS_ATTRIBUTE", "Attribute"))
_DID = "|".join(EVENT_RELATIONS.values())
_MAX_DEPTH = 30


@dataclass(frozen=True)
class GraphNode:
    """A node as a picture shows it."""

    label: str
    id: str
    """Its id in the graph; empty for a node that stands for several users."""
    title: str
    """How it is called; the id of a product without a title."""


@dataclass(frozen=True)
class Neighbour:
    """A node at the other end of a relationship."""

    node: GraphNode
    relation: str
    outgoing: bool
    """Whether the relationship leads away from the node that was asked about."""
    times: int
    """How many such relationships there are between the two: a user may buy a product again."""


@dataclass(frozen=True)
class Neighbourhood:
    """A node with what is around it."""

    node: GraphNode
    neighbours: tuple[Neighbour, ...]
    """By relation; of each, the first ones by id."""
    totals: dict[str, int]
    """By relation: how many neighbours there are in all."""


@dataclass(frozen=True)
class Step:
    """A relationship along a path."""

    relation: str
    forward: bool
    """Whether it points the way the path goes."""


@dataclass(frozen=True)
class Path:
    """A way through the graph; as a string, `Sea salt -MADE_BY-> Acme <-MADE_BY- Pepper`."""

    nodes: tuple[GraphNode, ...]
    steps: tuple[Step, ...]
    """One fewer than nodes."""

    def __str__(self) -> str:
        arrows = [f"-{step.relation}->" if step.forward else f"<-{step.relation}-" for step in self.steps]
        steps = zip(arrows, self.nodes[1:], strict=True)
        return " ".join(
            [self.nodes[0].title, *(part for arrow, node in steps for part in (arrow, node.title))]
        )


def find_node(session: Session, label: str, node_id: str) -> GraphNode | None:
    """The node with an id, None if there is none.

    Raises:
        ValueError: There is no such label.
    """
    if label not in NODES:
        raise ValueError(f"no label {label!r}; labels are {', '.join(NODES)}")
    rows = session.query(
        f"MATCH (n:{quoted(label)} {{id: $id}}) RETURN n.{_NAMES[label]} AS title", {"id": node_id}
    )
    return GraphNode(label, node_id, rows[0]["title"] or node_id) if rows else None


def neighbours(
    session: Session, node: GraphNode, *, relation: str | None = None, limit: int = 50
) -> Neighbourhood:
    """What is around a node.

    Args:
        session: Reads the graph.
        node: Where to stand.
        relation: Only these relationships; all when absent.
        limit: Neighbours of each relation and direction.

    Raises:
        ValueError: There is no such relation.
    """
    if relation is not None and relation not in RELATIONS:
        raise ValueError(f"no relation {relation!r}; relations are {', '.join(RELATIONS)}")
    found: list[Neighbour] = []
    totals: dict[str, int] = {}
    for name, other, outgoing in _relations_of(node.label):
        if relation not in (None, name):
            continue
        left, right = ("-", "->") if outgoing else ("<-", "-")
        match = f"MATCH (n:{quoted(node.label)} {{id: $id}}){left}[:{quoted(name)}]{right}(m:{quoted(other)})"
        rows = session.query(
            f"{match} RETURN m.id AS id, m.{_NAMES[other]} AS title, count(*) AS times "
            f"ORDER BY id LIMIT {int(limit)}",
            {"id": node.id},
        )
        found += [
            Neighbour(GraphNode(other, row["id"], row["title"] or row["id"]), name, outgoing, row["times"])
            for row in rows
        ]
        total = len(rows)
        if total == limit:
            total = session.query(f"{match} RETURN count(DISTINCT m.id) AS n", {"id": node.id})[0]["n"]
        if total:
            totals[name] = totals.get(name, 0) + total
    return Neighbourhood(node, tuple(found), totals)


def paths(session: Session, source: GraphNode, target: GraphNode, *, limit: int = 10) -> tuple[Path, ...]:
    """The shortest ways between two products, over links, facts, praise, shared users and the category tree.

    Args:
        session: Reads the graph.
        source: A product.
        target: Another product.
        limit: How many ways; facts come first, then what reviews praise both for, then users.

    Returns:
        Ways of the smallest length that connects the two, none if that is above 4 or over the root only.
    """
    for ways in (_links, _shared, _over_categories, _over_a_product):
        found = tuple(ways(session, source, target, limit))[:limit]
        if found:
            return found
    return ()


def _relations_of(label: str) -> Iterator[tuple[str, str, bool]]:
    """Relation, label at the other end, and whether it leads there."""
    for relation in RELATIONS.values():
        for start, end in relation.ends:
            if start == label:
                yield relation.name, end, True
            if end == label:
                yield relation.name, start, False


def _links(session: Session, source: GraphNode, target: GraphNode, limit: int) -> Iterator[Path]:
    for relation in LINK_RELATIONS.values():
        for forward in (True, False):
            a, b = (source, target) if forward else (target, source)
            rows = session.query(
                f"MATCH (a:Product {{id: $a}})-[:{relation}]->(b:Product {{id: $b}}) "
                "RETURN b.id AS id LIMIT 1",
                {"a": a.id, "b": b.id},
            )
            if rows:
                yield Path((source, target), (Step(relation, forward),))


def _shared(session: Session, source: GraphNode, target: GraphNode, limit: int) -> Iterator[Path]:
    ends = {"a": source.id, "b": target.id}
    for relation, label in (*_FACTS, ("PRAISED_FOR", "Aspect")):
        rows = session.query(
            f"MATCH (a:Product {{id: $a}})-[:{relation}]->(f:{label})<-[:{relation}]-(b:Product {{id: $b}}) "
            f"RETURN DISTINCT f.id AS id, f.{_NAMES[label]} AS title ORDER BY id LIMIT {int(limit)}",
            ends,
        )
        for row in rows:
            fact = GraphNode(label, row["id"], row["title"] or row["id"])
            yield Path((source, fact, target), (Step(relation, True), Step(relation, False)))
    users = session.query(
        f"MATCH (a:Product {{id: $a}})<-[:{_DID}]-(u:User)-[:{_DID}]->(b:Product {{id: $b}}) "
        f"RETURN DISTINCT u.id AS id ORDER BY id LIMIT {int(limit)}",
        ends,
    )
    names = [row["id"] for row in users]
    did_source, did_target = _what_they_did(session, source, names), _what_they_did(session, target, names)
    for name in names:
        user = GraphNode("User", name, name)
        yield Path((source, user, target), (Step(did_source[name], False), Step(did_target[name], True)))


def _what_they_did(session: Session, node: GraphNode, users: list[str]) -> dict[str, str]:
    """By user: a relation to the product, the one that says most."""
    did: dict[str, str] = {}
    for relation in EVENT_RELATIONS.values():
        rows = session.query(
            f"MATCH (u:User)-[:{relation}]->(p:Product {{id: $id}}) WHERE u.id IN $users "
            "RETURN DISTINCT u.id AS id",
            {"id": node.id, "users": users},
        )
        did |= {row["id"]: relation for row in rows}
    return did


def _over_categories(session: Session, source: GraphNode, target: GraphNode, limit: int) -> Iterator[Path]:
    """Up from one product's category to the first that is above the other's too, and down."""
    up, down = _ancestors(session, source), _ancestors(session, target)
    for steps, category in enumerate(up):
        if category in down:
            below = down[: down.index(category)]
            if steps + len(below) > 2:
                return
            nodes = (source, *up[:steps], category, *reversed(below), target)
            yield Path(
                nodes,
                (
                    Step("IN_CATEGORY", True),
                    *(Step("SUBCATEGORY_OF", True) for _ in range(steps)),
                    *(Step("SUBCATEGORY_OF", False) for _ in below),
                    Step("IN_CATEGORY", False),
                ),
            )
            return


def _ancestors(session: Session, node: GraphNode) -> list[GraphNode]:
    """A product's category and those above it, lowest first."""
    rows = session.query(
        "MATCH (p:Product {id: $id})-[:IN_CATEGORY]->(c:Category) RETURN c.id AS id, c.name AS name "
        "ORDER BY id LIMIT 1",
        {"id": node.id},
    )
    found: list[GraphNode] = []
    while rows and len(found) < _MAX_DEPTH:
        found.append(GraphNode("Category", rows[0]["id"], rows[0]["name"] or rows[0]["id"]))
        rows = session.query(
            "MATCH (c:Category {id: $id})-[:SUBCATEGORY_OF]->(p:Category) RETURN p.id AS id, p.name AS name "
            "ORDER BY id LIMIT 1",
            {"id": found[-1].id},
        )
    return found


def _over_a_product(session: Session, source: GraphNode, target: GraphNode, limit: int) -> Iterator[Path]:
    """Over a third product that shares one fact with each."""
    for (first, label), (second, other) in product(_FACTS, _FACTS):
        rows = session.query(
            f"MATCH (a:Product {{id: $a}})-[:{first}]->(f:{label})<-[:{first}]-(m:Product)"
            f"-[:{second}]->(g:{other})<-[:{second}]-(b:Product {{id: $b}}) "
            f"RETURN f.id AS f, f.{_NAMES[label]} AS f_title, m.id AS m, m.title AS m_title, "
            f"g.id AS g, g.{_NAMES[other]} AS g_title ORDER BY m, f, g LIMIT {min(int(limit), 3)}",
            {"a": source.id, "b": target.id},
        )
        for row in rows:
            fact = GraphNode(label, row["f"], row["f_title"] or row["f"])
            middle = GraphNode("Product", row["m"], row["m_title"] or row["m"])
            far = GraphNode(other, row["g"], row["g_title"] or row["g"])
            yield Path(
                (source, fact, middle, far, target),
                (Step(first, True), Step(first, False), Step(second, True), Step(second, False)),
            )
