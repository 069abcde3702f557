"""Named questions about brands, kinds, prices and seasons."""

from .question import BRAND, CATEGORY, CUSTOMERS, DID, Parameter, Question

_EVENTS = Parameter("events", "number", "events at least", 50)
_BELOW = "(p:Product)-[:IN_CATEGORY]->(:Category)-[:SUBCATEGORY_OF*0..8]->(:Category {id: $category})"

SHOP_QUESTIONS = (
    Question(
        "shared-customers",
        "Which brands share most customers with a brand?",
        f"MATCH (:Brand {{id: $brand}})<-[:MADE_BY]-(:Product)<-[:{DID}]-(u:User)\n"
        "WITH DISTINCT u ORDER BY u.id LIMIT $customers\n"
        f"MATCH (u)-[:{DID}]->(p:Product)\n"
        "WITH DISTINCT u, p\n"
        "MATCH (p)-[:MADE_BY]->(b:Brand) WHERE b.id <> $brand\n"
        "RETURN b.name AS brand, count(DISTINCT u.id) AS users ORDER BY users DESC, brand LIMIT 20",
        (BRAND, CUSTOMERS),
    ),
    Question(
        "brand-affinity",
        "Which brands live most from a brand's customers?",
        "MATCH (u:User)\n"
        f"WITH u, EXISTS {{ MATCH (u)-[:{DID}]->(:Product)-[:MADE_BY]->(:Brand {{id: $brand}}) }}"
        " AS customer\n"
        f"MATCH (u)-[:{DID}]->(p:Product)\n"
        "WITH p, count(*) AS events, sum(CASE WHEN customer THEN 1 ELSE 0 END) AS theirs\n"
        "MATCH (p)-[:MADE_BY]->(b:Brand) WHERE b.id <> $brand\n"
        "WITH b.name AS brand, sum(theirs) AS theirs, sum(events) AS everyones WHERE theirs >= $events\n"
        "RETURN brand, theirs, everyones, round(1.0 * theirs / everyones, 3) AS share\n"
        "ORDER BY share DESC, theirs DESC, brand LIMIT 20",
        (BRAND, _EVENTS),
    ),
    Question(
        "brand-switching",
        "To which brands do a brand's customers turn afterwards, within the same kind?",
        "MATCH (p:Product)-[:MADE_BY]->(:Brand {id: $brand})\n"
        "MATCH (p)-[:IN_CATEGORY]->(c:Category)\n"
        f"MATCH (u:User)-[r:{DID}]->(p)\n"
        "WITH u, c, max(r.at) AS last\n"
        f"MATCH (u)-[s:{DID}]->(q:Product)-[:IN_CATEGORY]->(c) WHERE s.at > last\n"
        "WITH DISTINCT u, q\n"
        "MATCH (q)-[:MADE_BY]->(b:Brand) WHERE b.id <> $brand\n"
        "RETURN b.name AS brand, count(DISTINCT u.id) AS users ORDER BY users DESC, brand LIMIT 20",
        (BRAND,),
    ),
    Question(
        "what-a-brand-sells",
        "What does a brand sell, by kind?",
        "MATCH (:Brand {id: $brand})<-[:MADE_BY]-(p:Product)-[:IN_CATEGORY]->(c:Category)\n"
        "RETURN c.id AS category, count(*) AS products ORDER BY products DESC, category LIMIT 50",
        (BRAND,),
    ),
    Question(
        "brands-of-a-category",
        "Which brands have most products in a category and below it?",
        f"MATCH {_BELOW}\n"
        "MATCH (p)-[:MADE_BY]->(b:Brand)\n"
        "RETURN b.name AS brand, count(DISTINCT p.id) AS products ORDER BY products DESC, brand LIMIT 20",
        (CATEGORY,),
    ),
    Question(
        "departments",
        "How many products and events does each top category have, with all below it?",
        f"MATCH (:User)-[r:{DID}]->(p:Product)\n"
        "WITH p, count(*) AS events\n"
        "MATCH (p)-[:IN_CATEGORY]->(:Category)-[:SUBCATEGORY_OF*0..8]->(top:Category)\n"
        "WHERE NOT EXISTS { (top)-[:SUBCATEGORY_OF]->(:Category) }\n"
        "RETURN top.id AS category, count(*) AS products_touched, sum(events) AS events\n"
        "ORDER BY events DESC, category LIMIT 50",
    ),
    Question(
        "price-ladder",
        "What do the products of a category cost, step by step? (listed, or paid on average)",
        f"MATCH {_BELOW}\n"
        "WITH DISTINCT p\n"
        "OPTIONAL MATCH (:User)-[r:PURCHASED]->(p)\n"
        "WITH p.price AS listed, avg(r.value) AS paid, count(r) AS purchases, p.id AS product\n"
        "WITH floor(coalesce(listed, paid)) AS price, purchases WHERE price IS NOT NULL\n"
        "RETURN price AS from, price + 1 AS below, count(*) AS products, sum(purchases) AS purchases\n"
        "ORDER BY price LIMIT 50",
        (CATEGORY,),
    ),
    Question(
        "attribute-popularity",
        "Which attributes of a category's products are wanted most?",
        f"MATCH {_BELOW}\n"
        "WITH DISTINCT p\n"
        f"MATCH (:User)-[r:{DID}]->(p)\n"
        "WITH p, count(*) AS events\n"
        "MATCH (p)-[:HAS_ATTRIBUTE]->(a:Attribute)\n"
        "RETURN a.key AS attribute, a.value AS value, count(*) AS products, sum(events) AS events\n"
        "ORDER BY events DESC, attribute, value LIMIT 30",
        (CATEGORY,),
    ),
    Question(
        "kinds-together",
        "Which other kinds do the customers of a category touch?",
        f"MATCH {_BELOW}\n"
        f"MATCH (u:User)-[:{DID}]->(p)\n"
        "WITH DISTINCT u ORDER BY u.id LIMIT $customers\n"
        f"MATCH (u)-[:{DID}]->(q:Product)\n"
        "WITH DISTINCT u, q\n"
        "MATCH (q)-[:IN_CATEGORY]->(c:Category) WHERE NOT c.id STARTS WITH $category\n"
        "RETURN c.id AS category, count(DISTINCT u.id) AS users ORDER BY users DESC, category LIMIT 20",
        (CATEGORY, CUSTOMERS),
    ),
    Question(
        "long-tail",
        "How many products have how many events, and how many events are theirs?",
        "MATCH (p:Product)\n"
        f"OPTIONAL MATCH (:User)-[r:{DID}]->(p)\n"
        "WITH p.id AS product, count(r) AS events\n"
        "WITH CASE WHEN events = 0 THEN 0 WHEN events < 10 THEN 1 WHEN events < 100 THEN 10"
        " WHEN events < 1000 THEN 100 ELSE 1000 END AS from_events, events\n"
        "RETURN from_events, count(*) AS products, sum(events) AS events ORDER BY from_events",
    ),
    Question(
        "seasons",
        "In which months is a category wanted?",
        f"MATCH {_BELOW}\n"
        "WITH DISTINCT p\n"
        f"MATCH (:User)-[r:{DID}]->(p)\n"
        "WITH r.at / 86400 AS day, count(*) AS events\n"
        "WITH datetime({epochSeconds: day * 86400}) AS time, events\n"
        "RETURN time.month AS month, sum(events) AS events ORDER BY month",
        (CATEGORY,),
    ),
    Question(
        "seasonal-shifts",
        "Which kinds are wanted much more in summer (June to August) than in winter, or the other way round?",
        f"MATCH (:User)-[r:{DID}]->(p:Product)\n"
        "WITH p, datetime({epochSeconds: r.at}).month AS month WHERE month IN [6, 7, 8, 12, 1, 2]\n"
        "WITH p, sum(CASE WHEN month IN [6, 7, 8] THEN 1 ELSE 0 END) AS summer,"
        " sum(CASE WHEN month IN [6, 7, 8] THEN 0 ELSE 1 END) AS winter\n"
        "MATCH (p)-[:IN_CATEGORY]->(c:Category)\n"
        "WITH c.id AS category, sum(summer) AS summer, sum(winter) AS winter"
        " WHERE summer + winter >= $events\n"
        "RETURN category, summer, winter, round(1.0 * (summer - winter) / (summer + winter), 3) AS shift\n"
        "ORDER BY abs(1.0 * (summer - winter) / (summer + winter)) DESC, category LIMIT 20",
        (_EVENTS,),
    ),
)
