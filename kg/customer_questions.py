"""Named questions about users: what one did, who is loyal, who stayed away, what a basket holds."""

from .question import BRAND, DID, SINCE, USER, Parameter, Question

_EVENTS = Parameter("events", "number", "events at least", 5)

CUSTOMER_QUESTIONS = (
    Question(
        "journey",
        "What did a user do, the latest first?",
        f"MATCH (:User {{id: $user}})-[r:{DID}]->(p:Product)\n"
        "RETURN datetime({epochSeconds: r.at}) AS time, type(r) AS did, p.id AS product, p.title AS title\n"
        "ORDER BY time DESC, product, did LIMIT 50",
        (USER,),
    ),
    Question(
        "what-a-user-likes",
        "Which brands and kinds does a user come back to?",
        f"MATCH (:User {{id: $user}})-[:{DID}]->(p:Product)\n"
        "MATCH (p)-[:IN_CATEGORY]->(c:Category)\n"
        "MATCH (p)-[:MADE_BY]->(b:Brand)\n"
        "RETURN b.name AS brand, c.name AS kind, count(*) AS events\n"
        "ORDER BY events DESC, brand, kind LIMIT 20",
        (USER,),
    ),
    Question(
        "alike-users",
        "Which users have touched most of the products that this user touched?",
        f"MATCH (:User {{id: $user}})-[:{DID}]->(p:Product)\n"
        "WITH DISTINCT p\n"
        f"MATCH (other:User)-[:{DID}]->(p) WHERE other.id <> $user\n"
        "RETURN other.id AS user, count(DISTINCT p.id) AS products ORDER BY products DESC, user LIMIT 20",
        (USER,),
    ),
    Question(
        "most-loyal",
        "Which users give a brand the largest part of what they do?",
        f"MATCH (:Brand {{id: $brand}})<-[:MADE_BY]-(p:Product)\n"
        f"MATCH (u:User)-[:{DID}]->(p)\n"
        "WITH u, count(*) AS here WHERE here >= $events\n"
        f"MATCH (u)-[:{DID}]->(:Product)\n"
        "WITH u.id AS user, here, count(*) AS everywhere\n"
        "RETURN user, here, everywhere, round(1.0 * here / everywhere, 3) AS share\n"
        "ORDER BY share DESC, here DESC, user LIMIT 20",
        (BRAND, _EVENTS),
    ),
    Question(
        "lapsed",
        "Which good customers have not come back since a day?",
        f"MATCH (u:User)-[r:{DID}]->(:Product)\n"
        "WITH u.id AS user, count(*) AS events, max(r.at) AS last WHERE last < $since\n"
        "RETURN user, events, datetime({epochSeconds: last}) AS last_event\n"
        "ORDER BY events DESC, user LIMIT 20",
        (SINCE,),
    ),
    Question(
        "baskets",
        "How many lines do baskets have?",
        "MATCH (u:User)-[r:PURCHASED]->(:Product)\n"
        "WITH u.id AS user, r.at AS visit, count(*) AS lines\n"
        "RETURN lines, count(*) AS baskets ORDER BY lines LIMIT 30",
    ),
    Question(
        "when-people-come",
        "On which weekdays do people do most? (1 is Monday)",
        f"MATCH (:User)-[r:{DID}]->(:Product)\n"
        "WITH r.at / 86400 AS day, count(*) AS events\n"
        "WITH datetime({epochSeconds: day * 86400}) AS time, events\n"
        "RETURN time.weekDay AS weekday, sum(events) AS events ORDER BY weekday",
    ),
)
