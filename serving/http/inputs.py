"""What requests may say: query parameters and bodies, checked, with an example each."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..filters import Filter
from ..policy import Boost, Cap, Pin, Policy

MAX_K = 1000
MAX_HISTORY = 1000
MAX_BATCH = 500
MAX_EVENTS = 10_000
MAX_PRODUCTS = 1000
_YEAR_9999 = 253_402_300_799


def _attribute(given: str) -> str:
    if not given.partition(":")[2]:
        raise ValueError("an attribute is given as key:value, such as colour:red")
    return given


Id = Annotated[str, Field(min_length=1, max_length=512)]
Ids = Annotated[list[Id], Field(max_length=MAX_HISTORY)]
Some = Annotated[list[Id], Field(max_length=200)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
Attribute = Annotated[str, Field(max_length=512), AfterValidator(_attribute)]
K = Annotated[int, Field(ge=1, le=MAX_K, description="How many; fewer where there are no more.")]
Diversity = Annotated[
    float, Field(ge=0, le=1, description="0 for the best scores, 1 for the most different products.")
]
Fresh = Annotated[
    float, Field(ge=-1, le=1, description="Above 0 gives new products room, below 0 proven ones.")
]
ExcludeSeen = Annotated[bool, Field(description="Whether to leave out what the history holds.")]


class Input(BaseModel):
    """Something a client sends; a field that does not exist is an error."""

    model_config = ConfigDict(extra="forbid")


class FilterQuery(Input):
    """Which products may be answered, and how many."""

    k: K = 10
    category: Some = Field(default=[], description="Any of these categories or below; a path is `A > B`.")
    brand: Some = Field(default=[], description="Any of these brands.")
    min_price: Finite | None = None
    max_price: Finite | None = None
    attribute: Annotated[list[Attribute], Field(max_length=50)] = Field(
        default=[], description="`key:value`; all keys, any of a key's values."
    )
    in_stock: bool = Field(default=False, description="Only what is in stock.")
    without: Some = Field(default=[], description="Products to leave out.")

    def where(self) -> Filter:
        """The filter that this says."""
        attributes: dict[str, tuple[str, ...]] = {}
        for given in self.attribute:
            key, _, value = given.partition(":")
            attributes[key] = (*attributes.get(key, ()), value)
        return Filter(
            categories=tuple(self.category),
            brands=tuple(self.brand),
            min_price=self.min_price,
            max_price=self.max_price,
            attributes=attributes,
            in_stock=self.in_stock,
            without=tuple(self.without),
        )


class PolicyQuery(FilterQuery):
    """A filter, and the two dials."""

    diversity: Diversity = 0.0
    fresh: Fresh = 0.0

    def policy(self) -> Policy:
        """The policy that this says."""
        return Policy(diversity=self.diversity, fresh=self.fresh)


class UserQuery(PolicyQuery):
    """How to recommend to a user."""

    exclude_seen: ExcludeSeen = True
    unknown: Literal["popular", "error"] = Field(
        default="popular", description="Whether an unknown user gets what is popular, or 404."
    )


class SearchQuery(FilterQuery):
    """What to search for."""

    q: str = Field(min_length=1, max_length=512, description="A few words.", examples=["cheese"])
    user: Id | None = Field(default=None, description="Whose taste to consider.")
    event: Some = Field(default=[], description="What a visitor touched, oldest first, instead of a user.")
    personal: float = Field(default=0.0, ge=0, le=1, description="How much the user's taste counts.")
    expand: bool = Field(
        default=True, description="Whether to search for what the graph connects with the words too."
    )
    understand: bool = Field(
        default=True, description="Whether a price limit in the words, such as `under 50`, is kept."
    )


class Where(Input):
    """Which products may be answered."""

    categories: Some = []
    brands: Some = []
    min_price: Finite | None = None
    max_price: Finite | None = None
    attributes: dict[Id, Annotated[list[Id], Field(max_length=50)]] = Field(default={}, max_length=50)
    in_stock: bool = False
    only: Annotated[list[Id], Field(max_length=10_000)] | None = Field(
        default=None, description="Nothing but these products."
    )
    without: Ids = []

    def filter(self) -> Filter:
        """The filter that this says."""
        return Filter(
            categories=tuple(self.categories),
            brands=tuple(self.brands),
            min_price=self.min_price,
            max_price=self.max_price,
            attributes={key: tuple(values) for key, values in self.attributes.items()},
            in_stock=self.in_stock,
            only=None if self.only is None else tuple(self.only),
            without=tuple(self.without),
        )


class BoostIn(Input):
    """Raises (or, below 0, lowers) the scores of some products."""

    where: Where
    by: Annotated[float, Field(ge=-100, le=100)]


class PinIn(Input):
    """Puts a product at a position."""

    product_id: Id
    position: Annotated[int, Field(ge=1, le=MAX_K, description="1 for the first.")]


class CapIn(Input):
    """At most so many products of one brand or category."""

    by: Literal["brand", "category"]
    most: Annotated[int, Field(ge=1, le=MAX_K)]


class Rules(Input):
    """The shop's rules over a ranking."""

    boosts: Annotated[list[BoostIn], Field(max_length=20)] = []
    pins: Annotated[list[PinIn], Field(max_length=50)] = []
    caps: Annotated[list[CapIn], Field(max_length=2)] = []
    diversity: Diversity = 0.0
    fresh: Fresh = 0.0

    def policy(self) -> Policy:
        """The policy that these say."""
        return Policy(
            boosts=tuple(Boost(boost.where.filter(), boost.by) for boost in self.boosts),
            pins=tuple(Pin(pin.product_id, pin.position) for pin in self.pins),
            caps=tuple(Cap(cap.by, cap.most) for cap in self.caps),
            diversity=self.diversity,
            fresh=self.fresh,
        )


_EVENTS = Field(description="Product ids that the visitor touched, oldest first.")


class RecommendIn(Input):
    """Recommend to a visitor by what they did."""

    events: Annotated[Ids, _EVENTS]
    k: K = 10
    where: Where = Where()
    policy: Rules = Rules()
    exclude_seen: ExcludeSeen = True


class BatchIn(Input):
    """Recommend to several users."""

    user_ids: Annotated[list[Id], Field(max_length=MAX_BATCH)]
    k: Annotated[int, Field(ge=1, le=100)] = 10
    where: Where = Where()
    policy: Rules = Rules()
    exclude_seen: ExcludeSeen = True


class BasketIn(Input):
    """Complete a basket."""

    product_ids: Annotated[Ids, Field(min_length=1, description="What is in the basket.")]
    k: K = 10
    where: Where = Where()
    policy: Rules = Rules()


class ExplainIn(Input):
    """Explain a product's score to a visitor by what they did."""

    events: Annotated[Ids, _EVENTS]
    product_id: Id


class ProfileIn(Input):
    """Describe a visitor by what they did."""

    events: Annotated[Ids, _EVENTS]


class EventIn(Input):
    """One thing that a user did."""

    user_id: Id
    product_id: Id
    type: Literal["view", "cart", "purchase", "rating"] = "view"
    at: Annotated[int, Field(ge=0, le=_YEAR_9999)] | None = Field(
        default=None, description="Seconds since 1970, UTC; now when absent."
    )
    value: Finite | None = Field(default=None, description="Of a rating.")


class EventsIn(Input):
    """What users did."""

    events: Annotated[list[EventIn], Field(min_length=1, max_length=MAX_EVENTS)]


class ProductIn(Input):
    """A product to add, or to change."""

    product_id: Id
    title: Annotated[str, Field(max_length=2000)] = ""
    description: Annotated[str, Field(max_length=50_000)] = ""
    brand: Annotated[str, Field(max_length=512)] = ""
    category: Annotated[list[Id], Field(max_length=20, description="From the root to the leaf.")] = []
    price: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = None
    image_url: Annotated[str, Field(max_length=2000)] = ""
    stock: Annotated[int, Field(ge=0, le=10**12)] | None = None
    attributes: dict[Id, Annotated[list[Id], Field(max_length=50)]] = Field(default={}, max_length=100)


class ProductsIn(Input):
    """Products to add."""

    products: Annotated[list[ProductIn], Field(min_length=1, max_length=MAX_PRODUCTS)]


class CypherIn(Input):
    """A question to the graph."""

    statement: Annotated[str, Field(min_length=1, max_length=20_000)]
    params: dict[Annotated[str, Field(max_length=64)], Any] = Field(default={}, max_length=50)
    limit: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Rows; the server has a limit too."
    )
    timeout: Annotated[float, Field(ge=0.05, allow_inf_nan=False)] | None = Field(
        default=None, description="Seconds; the server has a limit too."
    )


class ReloadIn(Input):
    """Which run to serve next."""

    run: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        default=None,
        description="Name of a run folder beside the one that is served; the same folder when absent.",
    )
