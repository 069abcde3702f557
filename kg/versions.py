"""Which form of the schema a graph has, and what is to be done about another one.

A graph remembers its version in a node, `(:Schema {id: "cartograph", version, published})`, and which run's
results count. Opening an older graph makes it the present one: what the schema has gained is declared, then
the version is written, so that a killed migration is made again. A newer one is refused.
"""

from ..data import StoreError

LABEL = "Schema"
KEY = "cartograph"

CHANGES = {
    1: "products, their facts and links, users and events",
    2: "relationships that Cartograph derives say where they come from; the graph remembers its version",
    3: "what a trained run says: SIMILAR_TO, FOLLOWED_BY and RECOMMENDED",
    4: "what users write, REVIEWED, and what is praised and blamed in it: Aspect",
}
"""What each version brought, by version. All so far only add, so old graphs keep what they hold."""

SCHEMA_VERSION = max(CHANGES)


def check_version(found: int, where: str) -> None:
    """Refuse a graph of a newer version.

    Raises:
        StoreError: It is newer.
    """
    if found > SCHEMA_VERSION:
        raise StoreError(
            f"the graph at {where} has version {found} of the schema, this Cartograph knows up to "
            f"{SCHEMA_VERSION}; install the newer Cartograph that wrote it"
        )
