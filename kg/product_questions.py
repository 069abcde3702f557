"""Named questions about one product, and about products that need attention."""

from .question import CUSTOMERS, DID, PRODUCT, SINCE, Parameter, Question

_DAYS = Parameter("days", "number", "for how many days", 30)
_AT_MOST = Parameter("most", "number", "events at most", 2)
_TIMES = Parameter("times", "number", "times the usual price of its kind", 4)
_BUYERS = Parameter("buyers", "number", "buyers at least", 20)

PRODUCT_QUESTIONS = (
    Question(
        "most-wanted",
        "Which products do most people come for?",
        f"MATCH (u:User)-[:{DID}]->(p:Product)\n"
        "RETURN p.id AS product, p.title AS title, count(*) AS events, count(DISTINCT u.id) AS users\n"
        "ORDER BY events DESC, product LIMIT 20",
    ),
    Question(
        "same-people",
        "What else did the people touch who touched this product?",
        f"MATCH (:Product {{id: $product}})<-[:{DID}]-(u:User)\n"
        "WITH DISTINCT u\n"
        f"MATCH (u)-[:{DID}]->(other:Product) WHERE other.id <> $product\n"
        "RETURN other.id AS product, other.title AS title, count(DISTINCT u.id) AS users\n"
        "ORDER BY users DESC, product LIMIT 20",
        (PRODUCT,),
    ),
    Question(
        "bought-next",
        "What do people buy in the days after they first bought this product?",
        "MATCH (:Product {id: $product})<-[first:PURCHASED]-(u:User)\n"
        "WITH u, min(first.at) AS start\n"
        "MATCH (u)-[next:PURCHASED]->(other:Product)\n"
        "WHERE next.at > start AND next.at <= start + $days * 86400 AND other.id <> $product\n"
        "RETURN other.id AS product, other.title AS title, count(DISTINCT u.id) AS users\n"
        "ORDER BY users DESC, product LIMIT 20",
        (PRODUCT, _DAYS),
    ),
    Question(
        "complements",
        "What lies in the same basket as this product?",
        "MATCH (:Product {id: $product})<-[mine:PURCHASED]-(u:User)\n"
        "WITH u, collect(DISTINCT mine.at) AS visits\n"
        "MATCH (u)-[also:PURCHASED]->(other:Product) WHERE also.at IN visits AND other.id <> $product\n"
        "RETURN other.id AS product, other.title AS title, count(*) AS baskets\n"
        "ORDER BY baskets DESC, product LIMIT 20",
        (PRODUCT,),
    ),
    Question(
        "substitutes",
        "Which products of the same kind do this product's customers choose too?",
        f"MATCH (:Product {{id: $product}})<-[:{DID}]-(u:User)\n"
        "WITH DISTINCT u\n"
        "MATCH (:Product {id: $product})-[:IN_CATEGORY]->(c:Category)\n"
        f"MATCH (u)-[:{DID}]->(other:Product) WHERE other.id <> $product\n"
        "MATCH (other)-[:IN_CATEGORY]->(c)\n"
        "RETURN other.id AS product, other.title AS title, count(DISTINCT u.id) AS users\n"
        "ORDER BY users DESC, product LIMIT 20",
        (PRODUCT,),
    ),
    Question(
        "rivals",
        "Which products of the same kind do other brands sell?",
        "MATCH (p:Product {id: $product})-[:IN_CATEGORY]->(c:Category)\n"
        "MATCH (rival:Product)-[:IN_CATEGORY]->(c)\n"
        "MATCH (p)-[:MADE_BY]->(mine:Brand)\n"
        "MATCH (rival)-[:MADE_BY]->(b:Brand) WHERE b.id <> mine.id\n"
        "RETURN rival.id AS product, rival.title AS title, b.name AS brand, c.name AS kind\n"
        "ORDER BY product LIMIT 50",
        (PRODUCT,),
    ),
    Question(
        "ways-between",
        "How are two products connected by kind and brand?",
        "MATCH path = allShortestPaths((:Product {id: $product})-[:IN_CATEGORY|SUBCATEGORY_OF|MADE_BY*..6]-"
        "(:Product {id: $other}))\n"
        "WITH [n IN nodes(path) | n.id] AS way, length(path) AS steps\n"
        "RETURN way, steps\n"
        "ORDER BY way[1], way[2], way[size(way) / 2], way[size(way) - 3], way[size(way) - 2] LIMIT 10",
        (PRODUCT, Parameter("other", "Product", "another product's id")),
    ),
    Question(
        "cluster",
        "Which of the products around this one go together, pair by pair, as some of its customers say?",
        f"MATCH (:Product {{id: $product}})<-[:{DID}]-(u:User)\n"
        "WITH DISTINCT u ORDER BY u.id LIMIT $customers\n"
        f"MATCH (u)-[:{DID}]->(p:Product) WHERE p.id <> $product\n"
        "WITH DISTINCT u, p\n"
        "WITH p.id AS id, collect(u.id) AS fans ORDER BY size(fans) DESC, id LIMIT 12\n"
        "UNWIND fans AS fan\n"
        "WITH fan, collect(id) AS liked\n"
        "UNWIND liked AS first\n"
        "UNWIND liked AS second\n"
        "WITH first, second, fan WHERE first < second\n"
        "RETURN first, second, count(*) AS users ORDER BY users DESC, first, second LIMIT 30",
        (PRODUCT, CUSTOMERS),
    ),
    Question(
        "neighbourhood",
        "What hangs on a product? (a picture)",
        "MATCH (p:Product {id: $product})-[r:MADE_BY|IN_CATEGORY|HAS_ATTRIBUTE]->(fact)\n"
        "RETURN p, r, fact ORDER BY fact.id LIMIT 50",
        (PRODUCT,),
    ),
    Question(
        "never-touched",
        "Which products has nobody touched yet?",
        f"MATCH (p:Product) WHERE NOT EXISTS {{ MATCH (:User)-[:{DID}]->(p) }}\n"
        "RETURN p.id AS product, p.title AS title ORDER BY product LIMIT 50",
    ),
    Question(
        "cold-products",
        "Which products have few events, and how long ago was the last?",
        f"MATCH (:User)-[r:{DID}]->(p:Product)\n"
        "WITH p, count(*) AS events, max(r.at) AS last WHERE events <= $most\n"
        "RETURN p.id AS product, p.title AS title, events, datetime({epochSeconds: last}) AS last_event\n"
        "ORDER BY events, last, product LIMIT 50",
        (_AT_MOST,),
    ),
    Question(
        "new-products",
        "Which products were first touched since a day, the most wanted first?",
        f"MATCH (:User)-[r:{DID}]->(p:Product)\n"
        "WITH p, min(r.at) AS first, count(*) AS events WHERE first >= $since\n"
        "RETURN p.id AS product, p.title AS title, datetime({epochSeconds: first}) AS first_event, events\n"
        "ORDER BY events DESC, product LIMIT 20",
        (SINCE,),
    ),
    Question(
        "rising",
        "Which products gained most events in the days from a day on, beside as many days before?",
        f"MATCH (:User)-[r:{DID}]->(p:Product)\n"
        "WHERE r.at >= $since - $days * 86400 AND r.at < $since + $days * 86400\n"
        "WITH p, sum(CASE WHEN r.at >= $since THEN 1 ELSE 0 END) AS lately, count(*) AS events\n"
        "RETURN p.id AS product, p.title AS title, events - lately AS before, lately,"
        " 2 * lately - events AS gain\n"
        "ORDER BY gain DESC, product LIMIT 20",
        (SINCE, _DAYS),
    ),
    Question(
        "looked-at-not-bought",
        "Which products are viewed by many people who never buy them?",
        "MATCH (u:User)-[:VIEWED]->(p:Product)\n"
        "WITH DISTINCT u, p\n"
        "WITH p, count(*) AS viewers, sum(CASE WHEN EXISTS { MATCH (u)-[:PURCHASED]->(p) } THEN 0 ELSE 1 END)"
        " AS left\n"
        "RETURN p.id AS product, p.title AS title, viewers, left AS without_purchase\n"
        "ORDER BY without_purchase DESC, product LIMIT 20",
    ),
    Question(
        "repeat-purchases",
        "Which products are bought again by those who bought them, as some of the customers say?",
        "MATCH (u:User)\n"
        "WITH u ORDER BY u.id LIMIT $customers\n"
        "MATCH (u)-[:PURCHASED]->(p:Product)\n"
        "WITH p, u.id AS user, count(*) AS times\n"
        "WITH p, count(*) AS buyers, sum(CASE WHEN times > 1 THEN 1 ELSE 0 END) AS again"
        " WHERE buyers >= $buyers\n"
        "RETURN p.id AS product, p.title AS title, buyers, again, round(1.0 * again / buyers, 3) AS share\n"
        "ORDER BY share DESC, product LIMIT 20",
        (_BUYERS, CUSTOMERS),
    ),
    Question(
        "price-outliers",
        "Which products cost far more than their kind does on average?",
        "MATCH (p:Product)-[:IN_CATEGORY]->(c:Category)\n"
        "OPTIONAL MATCH (:User)-[r:PURCHASED]->(p)\n"
        "WITH c.id AS kind, p.id AS product, p.title AS title, p.price AS listed, avg(r.value) AS paid\n"
        "WITH kind, product, title, coalesce(listed, paid) AS price\n"
        "WITH kind, avg(price) AS usual, collect({id: product, title: title, price: price}) AS products\n"
        "UNWIND products AS one\n"
        "WITH kind, usual, one WHERE one.price > $times * usual\n"
        "RETURN one.id AS product, one.title AS title, kind, round(one.price, 2) AS price,"
        " round(usual, 2) AS usual_price\n"
        "ORDER BY price DESC, product LIMIT 20",
        (_TIMES,),
    ),
    Question(
        "missing-facts",
        "How many products lack which fact?",
        "MATCH (p:Product) WHERE coalesce(p.description, '') = '' RETURN 'description' AS fact,"
        " count(*) AS products\n"
        "UNION ALL MATCH (p:Product) WHERE p.price IS NULL RETURN 'price' AS fact, count(*) AS products\n"
        "UNION ALL MATCH (p:Product) WHERE coalesce(p.image_url, '') = '' RETURN 'image' AS fact,"
        " count(*) AS products\n"
        "UNION ALL MATCH (p:Product) WHERE NOT EXISTS { (p)-[:MADE_BY]->(:Brand) }"
        " RETURN 'brand' AS fact, count(*) AS products\n"
        "UNION ALL MATCH (p:Product) WHERE NOT EXISTS { (p)-[:IN_CATEGORY]->(:Category) }"
        " RETURN 'category' AS fact, count(*) AS products\n"
        "UNION ALL MATCH (p:Product) WHERE NOT EXISTS { (p)-[:HAS_ATTRIBUTE]->(:Attribute) }"
        " RETURN 'attributes' AS fact, count(*) AS products",
    ),
    Question(
        "orphans",
        "Which products have neither brand nor attributes, or no category?",
        "MATCH (p:Product)\n"
        "WHERE NOT EXISTS { (p)-[:IN_CATEGORY]->(:Category) }\n"
        "  OR NOT EXISTS { (p)-[:MADE_BY]->(:Brand) } AND NOT EXISTS { (p)-[:HAS_ATTRIBUTE]->(:Attribute) }\n"
        "RETURN p.id AS product, p.title AS title ORDER BY product LIMIT 50",
    ),
)
