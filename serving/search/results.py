"""What a search answers with, ready for JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, overload

from ..results import Recommendation

SuggestionKind = Literal["product", "brand", "category", "attribute", "query"]
FacetKind = Literal["brand", "category", "attribute", "price"]
Because = Literal["named", "meant", "shared"]
Role = Literal["brand", "product_type", "attribute", "audience", "model", "size", "price"]
Intent = Literal["product", "category", "brand", "accessory"]


@dataclass(frozen=True)
class Suggestion:
    """One way to go on from what was typed."""

    text: str
    """What to show, and to search for."""
    kind: SuggestionKind
    id: str
    """Of the product, brand, category or attribute; of a query, its text."""

    def to_dict(self) -> dict[str, str]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Facet:
    """One way to narrow an answer down."""

    kind: FacetKind
    id: str
    """What to filter by; a category's is its path, an attribute's `key=value`, a price band's `low-high`."""
    name: str
    """What to show."""
    count: int
    """How many of the found products it leaves."""
    low: float | None = None
    """Of a price band, its least price; None for all others."""
    high: float | None = None
    """Of a price band, the price it ends below; None for the last band and for all others."""

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Expansion:
    """A brand, category or attribute whose products a query also asks for."""

    kind: Literal["brand", "category", "attribute"]
    id: str
    name: str
    weight: float
    """How much its products gain, in (0, 1]."""
    because: Because
    """The query names it, means it (their vectors are near), or the best products share it."""

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Span:
    """Words of a query, and what they are."""

    start: int
    end: int
    """Where they stand in the query: `query[start:end]`."""
    text: str
    role: Role
    confidence: float
    """In [0, 1]: 1 for what is written there, else the share of the catalogue's titles that agree."""
    kind: Literal["brand", "category", "attribute"] | None = None
    id: str | None = None
    """The node of the graph that they name, if there is one."""


@dataclass(frozen=True)
class Understanding:
    """What a query asks for."""

    query: str
    intent: Intent
    """An accessory for something that is named, all of a brand, one thing in its versions, else a kind."""
    spans: tuple[Span, ...]
    """In reading order; words that say nothing of these are in none."""
    low: float | None = None
    """The least price."""
    high: float | None = None
    """The highest price."""

    @property
    def rest(self) -> str:
        """The query without its price limit."""
        (start, end), *_ = [(s.start, s.end) for s in self.spans if s.role == "price"] or [(0, 0)]
        return " ".join(f"{self.query[:start]} {self.query[end:]}".split())

    def text(self, role: Role) -> str | None:
        """The words with a role, None where there are none."""
        return " ".join(span.text for span in self.spans if span.role == role) or None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class SearchResult(Sequence[Recommendation]):
    """The products that were found, best first, and what was understood."""

    items: tuple[Recommendation, ...]
    total: int
    """How many products match, of which `items` are the best."""
    facets: tuple[Facet, ...] = ()
    """Over all that match: by kind, the most frequent first, price bands ascending."""
    corrected: str | None = None
    """The query that was answered, where it is not the one that was asked."""
    expansions: tuple[Expansion, ...] = ()
    """Strongest first."""
    understanding: Understanding | None = None
    """What the words of the query were taken for."""

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, at: int) -> Recommendation: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Recommendation, ...]: ...
    def __getitem__(self, at: int | slice) -> Recommendation | tuple[Recommendation, ...]:
        return self.items[at]

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.items)

    @property
    def product_ids(self) -> list[str]:
        """The ids alone, best first."""
        return [item.product_id for item in self.items]

    def to_dicts(self) -> list[dict[str, object]]:
        """One dictionary a product."""
        return [asdict(item) for item in self.items]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "items": self.to_dicts(),
            "total": self.total,
            "facets": [facet.to_dict() for facet in self.facets],
            "corrected": self.corrected,
            "expansions": [expansion.to_dict() for expansion in self.expansions],
            "understanding": self.understanding and self.understanding.to_dict(),
        }
