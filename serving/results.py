"""What a recommender answers with: typed, iterable, and a data frame when asked."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, overload

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
        return [asdict(item) for item in self.items]

    def to_frame(self) -> "pd.DataFrame":
        """One row a product."""
        import pandas as pd

        return pd.DataFrame(self.to_dicts(), columns=list(Recommendation.__dataclass_fields__))
