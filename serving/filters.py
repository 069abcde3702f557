"""Which products may be shown: what a shop or a visitor narrows a question to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Filter:
    """Conditions that a product has to meet, all of them; the empty one lets everything through.

    A name that no product has matches nothing.

    Raises:
        ValueError: The prices leave nothing between them, or are no numbers.
    """

    categories: Sequence[str] = ()
    """In any of these, or below them: paths such as `Food > Fruit`."""
    brands: Sequence[str] = ()
    """By any of these."""
    min_price: float | None = None
    """Costs at least so much; a product without a price is left out."""
    max_price: float | None = None
    """Costs at most so much; likewise."""
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of every key named, any of its values."""
    in_stock: bool = False
    """Whether products that are known to be sold out are left out."""
    only: Sequence[str] | None = None
    """Of these ids alone; None for all."""
    without: Sequence[str] = ()
    """None of these ids."""

    def __post_init__(self) -> None:
        for name in ("min_price", "max_price"):
            price = getattr(self, name)
            if price is not None and not price >= 0:
                raise ValueError(f"{name} is {price}; give a number, 0 or more")
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise ValueError(
                f"min_price is {self.min_price:g} and max_price {self.max_price:g}; nothing is between them"
            )
        for name in ("categories", "brands", "without"):
            if isinstance(getattr(self, name), str):
                raise ValueError(f"{name} is the text {getattr(self, name)!r}; give a list of texts")

    @property
    def empty(self) -> bool:
        """Whether it lets everything through."""
        return self == _EVERYTHING


_EVERYTHING = Filter()
