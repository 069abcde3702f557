"""How the parts of a search are weighed; `benchmarks/search.py` measures these defaults."""

from dataclasses import dataclass

from .lexical import Field

TITLE = Field(weight=1.0, b=0.5)
FACTS = Field(weight=0.5, b=0.5)
TEXT = Field(weight=0.1, b=0.75)


@dataclass(frozen=True)
class SearchConfig:
    """The weights were chosen on one half of Crowdflower's queries; those of facts by judgement."""

    title: Field = TITLE
    facts: Field = FACTS
    """Names of brand, category and attributes."""
    text: Field = TEXT
    """All that the encoder reads of a product, the title once more."""
    k1: float = 1.0
    """Of BM25: from how many occurrences on more say little more."""
    lexical_weight: float = 0.2
    """What the best match by words is worth, against 1 for the best by meaning."""
    graph_weight: float = 0.2
    """What a brand, category or attribute is worth that is all that the query names."""
    feedback: int = 20
    """The query's vector moves towards so many of the best products (Rocchio 1971)."""
    feedback_weight: float = 1.5
    """How far: the weight of their mean, against 1 for the query."""
    match_spreads: float = 3.0
    """A product matches by meaning when so many spreads nearer than chance."""
    last_spreads: float = 2.0
    """The same where nothing matches otherwise."""
    match_coverage: float = 0.5
    """A product matches by words when it holds so much of the query, rare words weighing more."""
    meant_spreads: float = 4.0
    """A brand, category or attribute is meant when so many spreads nearer than chance."""
    most_meant: int = 3
    """So many nodes of a kind are meant at most."""
    shared_share: float = 0.4
    """A node is shared when so many of the best products have it …"""
    shared_lift: float = 3.0
    """… and so many times as many as of all products."""
    shared_weight: float = 0.3
    """What a shared node is worth, against one that is named."""
