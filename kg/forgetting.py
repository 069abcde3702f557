"""Deleting users from the graph, for good."""

from collections.abc import Sequence

from .store import GraphStore


def known_users(store: GraphStore, user_ids: Sequence[str]) -> set[str]:
    """Those of some users that the graph has."""
    rows = store.query("MATCH (u:User) WHERE u.id IN $users RETURN u.id AS id", {"users": list(user_ids)})
    return {row["id"] for row in rows}


def only_theirs(store: GraphStore, user_ids: Sequence[str]) -> list[str]:
    """The ids of the attributes that these users have and nobody else."""
    rows = store.query(
        "MATCH (u:User)-[:HAS_ATTRIBUTE]->(a:Attribute) WHERE u.id IN $users "
        "AND NOT EXISTS { MATCH (:Product)-[:HAS_ATTRIBUTE]->(a) } "
        "AND NOT EXISTS { MATCH (other:User)-[:HAS_ATTRIBUTE]->(a) WHERE NOT other.id IN $users } "
        "RETURN DISTINCT a.id AS id ORDER BY id",
        {"users": list(user_ids)},
    )
    return [row["id"] for row in rows]


def forget_users(store: GraphStore, user_ids: Sequence[str]) -> list[str]:
    """Delete users, what they did, and the attributes that only they had, all or none.

    The rows are gone when this returns; `store.purge` removes their bytes too.

    Returns:
        The ids of those attributes.
    """
    facts = only_theirs(store, user_ids)
    with store.transaction():
        store.execute("MATCH (u:User) WHERE u.id IN $users DETACH DELETE u", {"users": list(user_ids)})
        store.execute("MATCH (a:Attribute) WHERE a.id IN $facts DETACH DELETE a", {"facts": facts})
    return facts
