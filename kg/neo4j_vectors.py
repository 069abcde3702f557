"""Products' vectors and texts in Neo4j's indexes, so that plain Cypher searches by meaning and by words.

    CALL db.index.fulltext.queryNodes('product_text', 'cast iron pan') YIELD node AS p, score
    WITH p ORDER BY score DESC LIMIT 3
    CALL db.index.vector.queryNodes('product_text_vector', 10, p.text_vector) YIELD node, score
    RETURN node.title AS title, max(score) AS score ORDER BY score DESC

https://neo4j.com/docs/cypher-manual/5/indexes/semantic-indexes/vector-indexes/
"""

from collections.abc import Sequence

from ..data.dataset import FloatArray
from .schema import VECTORS, quoted
from .store import Session

_BATCH = 1_000
"""Vectors of a transaction: a text vector has 384 numbers."""

_PATIENCE = 600
"""Seconds that an index may take to be built."""


def write_vectors(session: Session, name: str, ids: Sequence[str], vectors: FloatArray) -> None:
    """Give products a vector, and the indexes over vectors and texts where they are missing.

    Args:
        session: Of a Neo4j server.
        name: One of `schema.VECTORS`.
        ids: Of products, `n_products`.
        vectors: Theirs, `(n_products, d)`, none of them zero; an index of another `d` is built anew.

    Raises:
        ValueError: There is no vector of that name.
    """
    if name not in VECTORS:
        raise ValueError(f"no vector {name!r}; products have {', '.join(VECTORS)}")
    index = quoted(f"product_{name}")
    dimensions = vectors.shape[1]
    there = session.query(
        "SHOW VECTOR INDEXES YIELD name, options WHERE name = $index "
        "RETURN options.indexConfig['vector.dimensions'] AS dimensions",
        {"index": f"product_{name}"},
    )
    if there and there[0]["dimensions"] != dimensions:
        session.query(f"DROP INDEX {index}")
    session.query(
        f"CREATE VECTOR INDEX {index} IF NOT EXISTS FOR (p:Product) ON p.{quoted(name)} OPTIONS $options",
        {
            "options": {
                "indexConfig": {"vector.dimensions": dimensions, "vector.similarity_function": "cosine"}
            }
        },
    )
    session.query(
        "CREATE FULLTEXT INDEX product_text IF NOT EXISTS FOR (p:Product) ON EACH [p.title, p.description]"
    )
    for start in range(0, len(ids), _BATCH):
        session.query(
            "UNWIND range(0, size($ids) - 1) AS i MATCH (p:Product {id: $ids[i]}) "
            "CALL db.create.setNodeVectorProperty(p, $name, $vectors[i])",
            {
                "name": name,
                "ids": list(ids[start : start + _BATCH]),
                "vectors": vectors[start : start + _BATCH].tolist(),
            },
        )
    session.query("CALL db.awaitIndexes($seconds)", {"seconds": _PATIENCE})
