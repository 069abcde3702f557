"""What a recommender answers with: typed, iterable, and a data frame when asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Recommendation:
    """One product of a ranking."""

    product_id: str
    title: str
    brand: str
    """Empty where unknown."""
    category: str
    """Path from the root to the leaf, `A > B > C`; empty where unknown."""
    price: float | None
    """In the shop's currency; None where unknown."""
    image_url: str
    """Empty where unknown."""
    score: float
    """Comparable within one ranking only."""
    reason: str = ""
    """Why it stands here, in a few words."""


@dataclass(frozen=True)
class Recommendations(Sequence[Recommendation]):
    """A ranking, best product first."""

    items: tuple[Recommendation, ...]

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, at: int) -> Recommendation: ...
    @overload
    def __getitem__(self, at: slice) -> "Recommendations": ...
    def __getitem__(self, at: int | slice) -> "Recommendation | Recommendations":
        return Recommendations(self.items[at]) if isinstance(at, slice) else self.items[at]

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.items)

    @property
    def product_ids(self) -> list[str]:
        """The ids alone, best first."""
        return [item.product_id for item in self.items]

    def to_dicts(self) -> list[dict[str, object]]:
        """One dictionary a product, ready for JSON."""
        return [dict(vars(item)) for item in self.items]  # fields are plain: `asdict` would only be slow

    def to_frame(self) -> "pd.DataFrame":
        """One row a product."""
        import pandas as pd

        return pd.DataFrame(self.to_dicts(), columns=list(Recommendation.__dataclass_fields__))


@dataclass(frozen=True)
class Product:
    """All that is known of a product."""

    product_id: str
    title: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    """Path from the root to the leaf, `A > B > C`."""
    price: float | None = None
    """In the shop's currency; None where unknown."""
    image_url: str = ""
    stock: float | None = None
    """How many there are; None where unknown."""
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Values by key."""
    events: int = 0
    """How many events the index knows of it."""


@dataclass(frozen=True)
class PastEvent:
    """Something that a user did."""

    product_id: str
    title: str
    type: str
    """One of `EVENT_TYPES`."""
    at: int
    """Seconds since epoch, UTC, or a position where the shop's events have no times."""


@dataclass(frozen=True)
class Table:
    """The answer to a Cypher question."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    """Whether there are more rows than were asked for."""
