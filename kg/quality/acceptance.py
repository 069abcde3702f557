"""Proposals become relationships that say where they come from, and can be taken out again."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ...data import StoreError
from ..provenance import derivation
from ..schema import quoted
from ..store import GraphStore
from .proposals import RELATIONS, Proposal


def accept(store: GraphStore, proposals: Sequence[Proposal], *, version: str) -> str:
    """Write proposals as relationships with `schema.PROVENANCE`, all or none.

    The products' own facts are not touched. What is loaded later makes a relationship the shop's own if it
    is the same, and takes its place (`supersede`) if it is another.

    Args:
        store: Written to.
        proposals: Of products that lack the fact.
        version: Of Cartograph, for the record.

    Returns:
        The id of this acceptance, which `undo` takes.
    """
    derived = derivation()
    rows = pd.DataFrame(
        {
            "source": [proposal.product_id for proposal in proposals],
            "target": [proposal.target_id for proposal in proposals],
            "run": derived["run"],
            "model": [f"{proposal.method} (Cartograph {version})" for proposal in proposals],
            "derived_at": derived["derived_at"],
            "confidence": [proposal.confidence for proposal in proposals],
        }
    )
    relations = pd.Series([proposal.relation for proposal in proposals])
    with store.transaction():
        for relation, label in RELATIONS.items():
            own = rows[(relations == relation).to_numpy(bool)]
            if len(own):
                store.write_relationships(relation, ("Product", label), own)
    return derived["run"]


def accepted(store: GraphStore) -> list[dict[str, Any]]:
    """What has been accepted and is still there, the latest first.

    Returns:
        By acceptance and relation: `run`, `relation`, `derived_at`, `relationships`, `lowest_confidence`.
    """
    found = []
    for relation, label in RELATIONS.items():
        rows = store.query(
            f"MATCH (:Product)-[r:{quoted(relation)}]->(:{quoted(label)}) WHERE r.run IS NOT NULL "
            "RETURN r.run AS run, r.derived_at AS derived_at, count(*) AS relationships, "
            "min(r.confidence) AS lowest_confidence"
        )
        found += [{**row, "relation": relation} for row in rows]
    return sorted(found, key=lambda row: (row["derived_at"], row["run"], row["relation"]), reverse=True)


def undo(store: GraphStore, run: str | None = None) -> tuple[str, int]:
    """Take the relationships of an acceptance out of the graph.

    Args:
        store: Written to.
        run: The acceptance's id; the latest when absent.

    Returns:
        The acceptance's id, and how many relationships it still had.

    Raises:
        StoreError: There is no such acceptance, or none at all.
    """
    there = accepted(store)
    if not there:
        raise StoreError("nothing that was proposed has been accepted into this graph")
    run = run or str(there[0]["run"])
    sizes = Counter[str]()
    for row in there:
        sizes[row["run"]] += row["relationships"]
    if run not in sizes:
        raise StoreError(f"no acceptance {run!r} in this graph; there are {', '.join(sizes)}")
    with store.transaction():
        for relation, label in RELATIONS.items():
            store.execute(
                f"MATCH (:Product)-[r:{quoted(relation)}]->(:{quoted(label)}) WHERE r.run = $run DELETE r",
                {"run": run},
            )
    return run, sizes[run]


def supersede(store: GraphStore) -> int:
    """Take out what was accepted of products whose facts the shop has told since; returns how many.

    Products that had no brand, say, when one was accepted, and have another one of the shop's own now.
    """
    n = 0
    for relation, label in RELATIONS.items():
        told = (
            f"MATCH (p:Product)-[r:{quoted(relation)}]->(:{quoted(label)}) WHERE r.run IS NOT NULL "
            f"MATCH (p)-[own:{quoted(relation)}]->(:{quoted(label)}) WHERE own.run IS NULL "
        )
        n += int(store.query(told + "RETURN count(DISTINCT p.id) AS n")[0]["n"])
        with store.transaction():
            store.execute(told + "DELETE r")
    return n
