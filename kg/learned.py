"""What a trained run says, as relationships of the graph that are there as a whole or not at all.

    MATCH (s:Schema)
    MATCH (p:Product {id: $id})-[r:SIMILAR_TO {run: s.published}]->(other:Product)
    RETURN other.title AS title, r.score AS score ORDER BY r.rank

New ones are written beside those of the run before, in as many transactions as it takes. Then one write of
`published` makes them count, and the others are deleted; a killed `publish` leaves rows that do not count,
which the next one deletes.
"""

from collections.abc import Mapping

import pandas as pd

from .provenance import derivation
from .schema import RELATIONS, quoted
from .store import GraphStore
from .versions import KEY, LABEL

LEARNED = tuple(name for name, relation in RELATIONS.items() if relation.learned)
"""Relationship types that a run can say."""

_BATCH = 20_000
"""Relationships that are deleted at once."""


def publish(store: GraphStore, said: Mapping[str, pd.DataFrame], *, model: str) -> str:
    """Put what a run says in the place of what the one before said.

    Args:
        store: Written to.
        said: By relation, one of `LEARNED`: `source`, `target` (ids), `score`, and `rank`, which is 1 for a
            source's best. Relations that are absent are empty afterwards.
        model: What said it, for the record.

    Returns:
        The id that the relationships have as `run`.

    Raises:
        ValueError: A relation is not one that a run can say.
    """
    if unknown := set(said) - set(LEARNED):
        raise ValueError(f"no run says {', '.join(sorted(unknown))}; only {', '.join(LEARNED)}")
    told = {**derivation(), "model": model}
    run = told["run"]
    for name, rows in said.items():
        if len(rows):
            store.write_relationships(name, RELATIONS[name].ends[0], rows.assign(**told))
    show(store, run)
    for name in LEARNED:
        source, target = (quoted(label) for label in RELATIONS[name].ends[0])
        others = f"MATCH (:{source})-[r:{quoted(name)}]->(:{target}) WHERE r.run <> $run"
        while store.query(f"{others} RETURN r.run AS run LIMIT 1", {"run": run}):
            store.execute(f"{others} WITH r LIMIT {_BATCH} DELETE r", {"run": run})
    return run


def shown(store: GraphStore) -> str | None:
    """The run whose results count, None where none was published."""
    rows = store.query(f"MATCH (s:{quoted(LABEL)} {{id: $id}}) RETURN s.published AS run", {"id": KEY})
    return rows[0]["run"] if rows else None


def show(store: GraphStore, run: str | None) -> None:
    """Let the results of a run count."""
    store.execute(f"MATCH (s:{quoted(LABEL)} {{id: $id}}) SET s.published = $run", {"id": KEY, "run": run})
