"""Statements for both stores: a test runs each on both, and `docs/cypher.md` lists them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Example:
    """A statement that gives the same rows on both stores, or a message of the embedded one."""

    cypher: str
    params: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    """What the embedded store says instead of rows; empty where both give the same."""


def _all(*statements: str) -> tuple[Example, ...]:
    return tuple(Example(statement) for statement in statements)


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "Patterns": _all(
        "MATCH (p:Product)-[:MADE_BY]->(b:Brand) RETURN b.id AS brand, count(*) AS products ORDER BY brand",
        (
            "MATCH (p:Product {id: 'tea0'})-[r]-(n) "
            "RETURN type(r) AS relation, count(*) AS times ORDER BY relation"
        ),
        "MATCH (p:Product {id: 'tea0'})-->(n) RETURN labels(n)[0] AS label ORDER BY label",
        "MATCH (n:Brand|Category) RETURN labels(n) AS labels, n.id AS id ORDER BY id",
        "MATCH (n) WHERE n:Brand RETURN count(*) AS brands",
        (
            "MATCH (u:User)-[r:VIEWED|RATED]->(p:Product {id: 'tea0'}) "
            "RETURN type(r) AS did, count(*) AS n ORDER BY did"
        ),
        "MATCH (a:Product {id: 'tea0'}), (b:Product {id: 'tea1'}) RETURN a.title, b.price",
        (
            "MATCH (p:Product {id: 'tea0'}) OPTIONAL MATCH (p)-[:ALSO_BOUGHT]->(q:Product) "
            "RETURN q.id AS id ORDER BY id"
        ),
        (
            "MATCH (p:Product) OPTIONAL MATCH (p)-[:MADE_BY]->(b:Brand) "
            "RETURN p.id AS id, b.id AS brand ORDER BY id"
        ),
        "MATCH (p:Product {id: 'tea0'})-[r:MADE_BY]->(b) RETURN p, r, b",
    ),
    "No relationship is met twice": _all(
        "MATCH (p:Product {id: 'tea0'})-[:MADE_BY]->(b)<-[:MADE_BY]-(q) RETURN q.id AS id ORDER BY id",
        (
            "MATCH (p:Product {id: 'tea0'})-[:MADE_BY]->(b) MATCH (b)<-[:MADE_BY]-(q) "
            "RETURN count(*) AS with_itself"
        ),
        "MATCH (:User {id: 'u00'})-[:RATED]->(p)<-[:RATED]-(u:User) RETURN u.id AS id ORDER BY id",
        "MATCH (p:Product {id: 'tea0'})-[:MADE_BY*2..2]-(q) RETURN count(*) AS n",
        "MATCH (p:Product {id: 'tea0'})--()--(q:Product {id: 'tea3'}) RETURN count(*) AS ways",
    ),
    "Paths": _all(
        (
            "MATCH (:Product {id: 'tea0'})-[:IN_CATEGORY]->(:Category)-[:SUBCATEGORY_OF*0..5]->(c) "
            "RETURN c.id AS id ORDER BY id"
        ),
        "MATCH (c:Category)-[:SUBCATEGORY_OF*]->(top:Category {id: 'food'}) RETURN c.id AS id ORDER BY id",
        (
            "MATCH p = (:Product {id: 'tea0'})-[:IN_CATEGORY|SUBCATEGORY_OF*1..3]->(c) "
            "RETURN length(p) AS steps, c.id AS id ORDER BY steps"
        ),
        (
            "MATCH p = shortestPath((:Product {id: 'tea0'})-[:IN_CATEGORY|SUBCATEGORY_OF*..6]-(:Product "
            "{id: 'ice0'})) RETURN length(p) AS steps"
        ),
        "MATCH p = shortestPath((:Product {id: 'tea0'})-[:IN_CATEGORY|SUBCATEGORY_OF*..6]-"
        "(:Product {id: 'ice0'})) "
        "RETURN [n IN nodes(p) | n.id] AS ids, [r IN relationships(p) | type(r)] AS relations",
        (
            "MATCH p = allShortestPaths((:Product {id: 'tea0'})-[:MADE_BY|IN_CATEGORY*..4]-(:Product "
            "{id: 'tea3'})) RETURN length(p) AS steps"
        ),
        "MATCH p = (:Product {id: 'tea0'})-[:MADE_BY]->(:Brand) RETURN p",
        "MATCH p = (:Product {id: 'tea0'})-[:IN_CATEGORY|SUBCATEGORY_OF*1..3]->() "
        "RETURN [n IN nodes(p) WHERE n.id <> 'tea0' | n.id] AS above ORDER BY length(p)",
    ),
    "Aggregates": _all(
        "MATCH (p:Product) RETURN count(*), count(p.price), count(DISTINCT p.price)",
        (
            "MATCH (p:Product) RETURN min(p.price) AS low, max(p.price) AS high, avg(p.price) AS mean, "
            "sum(p.price) AS total"
        ),
        "UNWIND [3, 1, 2] AS x RETURN sum(x) AS total, avg(x) AS mean",
        (
            "MATCH (p:Product) RETURN size(collect(p.price)) AS prices, "
            "collect(DISTINCT p.price IS NULL) AS known"
        ),
        "UNWIND [null] AS x RETURN sum(x) AS total, count(x) AS n, min(x) AS low, collect(x) AS known",
        (
            "MATCH (p:Product) RETURN percentileCont(p.price, 0.5) AS median, percentileDisc(p.price, "
            "0.9) AS ninth"
        ),
        "MATCH (p:Product) WITH p.price AS price, count(*) AS n WHERE n > 1 RETURN price, n ORDER BY price",
        "MATCH (u:User)-[:PURCHASED]->(p) WITH u, count(*) AS n RETURN max(n) AS most, min(n) AS least",
        "MATCH (p:Product) WHERE p.price > 3 RETURN DISTINCT p.price AS price ORDER BY price SKIP 1 LIMIT 3",
        "MATCH (p:Product) RETURN p.title ORDER BY p.price DESC, p.id LIMIT 3",
    ),
    "Order within a statement": _all(
        "MATCH (p:Product) WITH p.id AS id ORDER BY id DESC LIMIT 3 RETURN collect(id) AS ids",
        "MATCH (p:Product) WITH p ORDER BY p.price DESC, p.id LIMIT 3 RETURN sum(p.price) AS total",
        "MATCH (b:Brand) WITH b ORDER BY b.id RETURN collect(b.name)[0..2] AS first_two",
        "MATCH (p:Product) WITH p.id AS id ORDER BY id LIMIT 5 WHERE id > 'ice1' RETURN collect(id) AS ids",
        "UNWIND [3, null, 1] AS x RETURN x ORDER BY x",
    ),
    "Subqueries and unions": _all(
        "MATCH (p:Product) WHERE NOT EXISTS { MATCH (:User)-[:VIEWED]->(p) } RETURN p.id AS id ORDER BY id",
        "MATCH (p:Product) WHERE EXISTS { (p)-[:ALSO_BOUGHT]->() } RETURN p.id AS id ORDER BY id",
        "MATCH (p:Product) WHERE NOT (p)-[:MADE_BY]->(:Brand) RETURN p.id AS id ORDER BY id",
        "MATCH (b:Brand) RETURN b.id AS id, COUNT { (b)<-[:MADE_BY]-(:Product) } AS products ORDER BY id",
        (
            "MATCH (b:Brand) WHERE COUNT { "
            "MATCH (b)<-[:MADE_BY]-(p:Product) WHERE p.price > 3 } > 4 RETURN b.id AS id ORDER BY id"
        ),
        "MATCH (b:Brand) RETURN b.id AS id UNION ALL MATCH (b:Brand {id: 'brand 0'}) RETURN b.id AS id",
        (
            "MATCH (:Product {id: 'tea0'})-[:IN_CATEGORY]->(c) RETURN c.id AS id "
            "UNION MATCH (:Product {id: 'tea1'})-[:IN_CATEGORY]->(c) RETURN c.id AS id"
        ),
    ),
    "Lists and maps": _all(
        "UNWIND range(1, 10, 3) AS x RETURN x, x * 2 AS double",
        (
            "WITH [1, 2, 3, 4] AS xs "
            "RETURN [x IN xs WHERE x % 2 = 0 | x * 10] AS even, [x IN xs WHERE x > 2] AS large, "
            "[x IN xs | x + 1] AS next"
        ),
        (
            "WITH ['a', 'b', 'c'] AS xs "
            "RETURN xs[0] AS first, xs[-1] AS last, xs[1..] AS rest, xs[0..2] AS two, "
            "xs[..-1] AS but_last"
        ),
        (
            "WITH ['a', 'b', 'c'] AS xs "
            "RETURN head(xs) AS first, last(xs) AS last, size(xs) AS n, 'b' IN xs AS there, "
            "xs + ['d'] AS longer"
        ),
        (
            "WITH [1, 2, 3] AS xs RETURN any(x IN xs WHERE x > 2) AS a, all(x IN xs WHERE x > 0) AS b, "
            "none(x IN xs WHERE x > 5) AS c"
        ),
        "MATCH (p:Product {id: 'tea0'}) RETURN p {.id, .price, kind: 'tea'} AS product",
        "MATCH (p:Product {id: 'tea0'}) RETURN {id: p.id, prices: [p.price, 2 * p.price]} AS product",
        "RETURN {a: {b: 1}}.a.b AS one",
    ),
    "Conditions": _all(
        (
            "MATCH (p:Product) RETURN CASE WHEN p.price IS NULL THEN 'none' WHEN p.price < 3 THEN 'low' "
            "ELSE 'high' END AS band, count(*) AS n ORDER BY band"
        ),
        (
            "MATCH (p:Product) RETURN CASE p.price WHEN 90.0 THEN 'dear' ELSE 'fair' END AS price, "
            "count(*) AS n ORDER BY price"
        ),
        (
            "MATCH (p:Product) WHERE p.price >= 2 AND NOT p.id STARTS WITH 'tea' OR p.id = 'tea0' "
            "RETURN count(*) AS n"
        ),
        "MATCH (p:Product) WHERE p.id IN ['tea0', 'none'] XOR p.price = 90.0 RETURN p.id AS id ORDER BY id",
        "RETURN null IS NULL AS a, true AND null AS b, 1 < null AS c, coalesce(null, 2) AS d",
    ),
    "Texts and numbers": _all(
        (
            "MATCH (p:Product) WHERE p.title CONTAINS 'number 1' AND p.title ENDS WITH '1' "
            "RETURN p.id AS id ORDER BY id"
        ),
        "MATCH (p:Product) WHERE p.title =~ '(tea|ice).*[01]' RETURN p.id AS id ORDER BY id",
        "RETURN toUpper('a') AS a, toLower('B') AS b, trim(' x ') AS c, replace('aba', 'a', 'c') AS d",
        (
            "RETURN substring('abcdef', 1, 3) AS a, substring('abcdef', 2) AS b, left('abc', 2) AS c, "
            "right('abc', 2) AS d"
        ),
        (
            "RETURN split('a,b,c', ',') AS parts, split('a,b,c', ',')[1] AS second, size('abc') AS n, "
            "'a' + 'b' AS both"
        ),
        "RETURN toInteger('3') AS a, toInteger(-3.7) AS b, toFloat('2.5') AS c, toBoolean('true') AS d",
        (
            "RETURN abs(-1.5) AS a, ceil(1.2) AS b, floor(1.7) AS c, round(2.4) AS d, round(2.456, "
            "2) AS e, sign(-3) AS f, sqrt(4.0) AS g"
        ),
        (
            "RETURN log(100.0) AS a, log10(100.0) AS b, 2 ^ 3 AS c, 7 / 2 AS d, -7 / 2 AS e, 7 % 4 AS f, "
            "7 / 2.0 AS g"
        ),
    ),
    "Dates": _all(
        (
            "RETURN date('2024-05-06') AS day, date('2024-05-06').year AS year, "
            "date('2024-05-06').weekDay AS weekday"
        ),
        "RETURN datetime('2024-05-06T07:08:09Z') AS time, date('2024-05-06') < date('2025-01-01') AS before",
        (
            "MATCH (:User {id: 'u00'})-[r:PURCHASED]->(p) "
            "RETURN datetime({epochSeconds: r.at}) AS time, p.id AS id ORDER BY time, id LIMIT 3"
        ),
        (
            "MATCH (:User)-[r:PURCHASED]->() "
            "RETURN datetime({epochSeconds: r.at}).month AS month, count(*) AS n ORDER BY month"
        ),
        (
            "MATCH (:User)-[r:VIEWED]->() WITH datetime({epochSeconds: r.at}) AS t "
            "RETURN t.quarter AS quarter, t.hour AS hour, count(*) AS n ORDER BY quarter, hour LIMIT 5"
        ),
    ),
    "Parameters": (
        Example("MATCH (p:Product {id: $product}) RETURN p.title", {"product": "tea0"}),
        Example(
            "MATCH (p:Product) WHERE p.id IN $ids RETURN p.id AS id ORDER BY id", {"ids": ["tea0", "ice1"]}
        ),
        Example(
            "MATCH (p:Product) RETURN p.id AS id ORDER BY id SKIP $from LIMIT $many", {"from": 2, "many": 2}
        ),
        Example(
            "UNWIND $rows AS row RETURN row.a AS a, row.b AS b",
            {"rows": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]},
        ),
        Example(
            "RETURN $list[0] AS first, $map.a AS a, $text AS text",
            {"list": [5], "map": {"a": 1}, "text": "it's"},
        ),
    ),
    "What the embedded store refuses": (
        Example(
            "MATCH (b:Brand) CALL { WITH b MATCH (b)<-[:MADE_BY]-(p) RETURN count(p) AS n } RETURN b.id, n",
            message="write MATCH … WITH …, or COUNT { MATCH … }",
        ),
        Example(
            "CALL { MATCH (b:Brand) RETURN count(b) AS n } RETURN n",
            message="write MATCH … WITH …, or COUNT { MATCH … }",
        ),
        Example(
            "RETURN COLLECT { MATCH (b:Brand) RETURN b.id } AS ids",
            message="write OPTIONAL MATCH … and collect()",
        ),
        Example(
            "MATCH (p:Product {id: 'tea0'}) RETURN [(p)-[:MADE_BY]->(b) | b.id] AS brands",
            message="write OPTIONAL MATCH … and collect()",
        ),
        Example("MATCH (p:Product WHERE p.price > 80) RETURN p.id", message="write it after the pattern"),
        Example("MATCH (p:Product:Brand) RETURN count(*)", message="a node has one; write :A|B for either"),
        Example("MATCH (p:Product {id: 'tea0'}) RETURN p {.*}", message="name the properties: p {.id}"),
        Example("MATCH (p:Product {id: 'tea0'}) RETURN properties(p)", message="write n {.id, .title}"),
        Example("MATCH (p:Product {id: 'tea0'}) RETURN keys(p)", message="write the names of properties"),
        Example("MATCH (p:Product {id: 'tea0'}) RETURN id(p)", message="write n.id, which is the shop's own"),
        Example(
            "MATCH ()-[r:RATED]->() RETURN startNode(r).id",
            message="write a name for the node into the pattern",
        ),
        Example(
            "MATCH p = (:Product {id: 'tea0'})-->(:Brand) RETURN [n IN nodes(p) | toUpper(n.id)]",
            message="or UNWIND … AS n",
        ),
        Example(
            "WITH [1, 2] AS xs RETURN reduce(s = 0, x IN xs | s + x)", message="write UNWIND and an aggregate"
        ),
        Example("WITH [1, 2] AS xs RETURN tail(xs)", message="write list[1..]"),
        Example("RETURN toString(2.5)", message="return the value itself"),
        Example("RETURN 'a' || 'b'", message="write + between texts"),
        Example("UNWIND [1, 2] AS x RETURN stDev(x)", message="write sqrt(avg(x * x) - avg(x) * avg(x))"),
        Example("RETURN duration('P1D')", message="write seconds, as r.at has them"),
        Example("MATCH (p:Nothing) RETURN count(*)", message="Table Nothing does not exist"),
        Example("MATCH (p:Product) RETURN p.nothing LIMIT 1", message="Cannot find property nothing for p"),
        Example("WITH [1, 2] AS xs RETURN xs[5]", message="out of range"),
        Example("MATCH (p:Product) RETURN p.id AS p ORDER BY p LIMIT 1", message="Cannot order by p"),
    ),
}
"""By what they show. They ask about the shop of `tests/explored.py`."""
