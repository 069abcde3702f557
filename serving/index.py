"""Everything that ranking needs, as arrays: product vectors of every kind, counts, fusion weights."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ..data import Histories
from ..data.dataset import FloatArray, IntArray, StrArray
from ..data.matrices import Matrix, decayed_sums, matrix_from_arrays, matrix_to_arrays, unit
from .nearest import LARGE, Nearest
from .parts import Parts
from .spectral import spectral_vectors

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from ..gnn import ProductGraphNetwork

POPULARITY_HALF_LIFE = 60 * 86_400
"""Seconds after which an event counts half for the popularity that unknown users are served by."""

TREND_HALF_LIFE = 7 * 86_400
"""Seconds after which an event counts half for the trend."""


@dataclass(frozen=True)
class FusionConfig:
    """How the graph's score and the text's become one; chosen on validation, and the shop's to move."""

    path_weight: float = 0.2
    """What the root of how strongly a user's events lead to a product is multiplied by."""
    text_weight: float = 0.2
    """What the text cosine is multiplied by before it is added to the graph's cosine."""
    spectral_weight: float = 0.2
    """What the spectral cosine is multiplied by."""
    trend_weight: float = 0.0
    """What the log of a product's latest events adds, where there are times."""
    text_decay: float = 0.6
    """Decay per event of the titles that stand for a user's taste."""
    cold_offset: float = 0.1
    """Added to a product without events; one with `n` events gets `cold_offset · exp(-n)`."""
    cold_text_weight: float = 0.0
    """Added to `text_weight` for a product without events, whose text has to speak for it; for one with `n`
    events, `cold_text_weight · exp(-n)`."""


@dataclass(frozen=True)
class Usage:
    """What events alone say of each product, without a network."""

    popularity: FloatArray
    """Events as a share of those of the most popular, in [0, 1], `(n_products,)`."""
    trend: FloatArray
    """`log(1 + n)` of the latest events, `(n_products,)`."""
    spectral: FloatArray
    """Vectors that are alike where the same users chose both (`spectral_vectors`), `(n_products, k)`."""

    @classmethod
    def of(cls, histories: Histories, n_products: int, *, timed: bool) -> "Usage":
        """From what users did; events count half after `POPULARITY_HALF_LIFE` and `TREND_HALF_LIFE`.

        Args:
            histories: What users did.
            n_products: Size of the catalogue.
            timed: Whether `at` is in seconds; if not, all events are equally popular and none is a trend.
        """
        spectral = spectral_vectors(histories, n_products)
        if not timed or not len(histories.at):
            counts = np.bincount(histories.products, minlength=n_products)
            return cls(_share(counts), np.zeros(n_products, dtype=np.float32), spectral)
        age = histories.at.max() - histories.at
        popular, latest = (
            np.bincount(histories.products, weights=0.5 ** (age / half_life), minlength=n_products)
            for half_life in (POPULARITY_HALF_LIFE, TREND_HALF_LIFE)
        )
        return cls(_share(popular), np.log1p(latest).astype(np.float32), spectral)


def _share(counts: npt.NDArray[Any]) -> FloatArray:
    out: FloatArray = (counts / max(counts.max(initial=0), 1e-12)).astype(np.float32)
    return out


@dataclass(frozen=True)
class Index:
    """A trained recommender as arrays; products are rows, in the order of `ids`.

    The score of a product is `cos(q_u, h_p) + path_weight · √s_up + (text_weight + cold_text_weight ·
    exp(-n_p)) · cos(t_u, t_p) + spectral_weight · cos(v_u, v_p) + popularity_weight · log(1 + n_p) +
    trend_weight · trend_p + cold_offset · exp(-n_p)`, where `s_up` says how strongly what the user did leads
    to the product. Users without events are served by popularity.
    """

    ids: StrArray
    """Product ids, `(n_products,)`."""
    channels: Mapping[str, FloatArray]
    """What each channel adds to the product vectors, every one `(n_products, d)`."""
    text: FloatArray
    """Centred unit text vectors, zero where there is no text, `(n_products, d_text)`."""
    spectral: FloatArray
    """Unit vectors of who chose what, zero for what nobody chose, `(n_products, k)`."""
    facts: Matrix
    """What describes each product, rows of unit length (`gnn.facts.fact_matrix`), `(n_products, n_facts)`."""
    n_events: IntArray
    """Events of each product, `(n_products,)`."""
    popularity: FloatArray
    """How popular each product is now, in [0, 1], `(n_products,)`."""
    trend: FloatArray
    """`log(1 + n)` of the events of the last days, zero where there are no times, `(n_products,)`."""
    leaf: IntArray
    """Number of each product's leaf category, -1 for none, `(n_products,)`."""
    brand: IntArray
    """Number of each product's brand, -1 for none, `(n_products,)`."""
    decay: FloatArray
    """Decay per event of each recency kernel, `(n_kernels,)`."""
    query: FloatArray
    """From the kernels' sums to a query, `(d, n_kernels · d)`."""
    leads_to: Matrix
    """How strongly the row's product leads to the column's, `(n_products, n_products)`."""
    max_history: int
    """How many of the last events of a user count."""
    popularity_weight: float = 0.0
    """What the log of a product's event count adds to its score; learned with the network."""
    fusion: FusionConfig = field(default_factory=FusionConfig)
    """The weights of the parts of a score."""

    def __post_init__(self) -> None:
        self.leads_to.sort_indices()

    @classmethod
    def of(
        cls, network: "ProductGraphNetwork", data: "HeteroData", fusion: FusionConfig, usage: Usage
    ) -> "Index":
        """Compute every product's vector with a trained network."""
        import torch

        from ..gnn import to_matrix

        with torch.no_grad():
            parts = network.parts(data)
            channels = {name: network.propagate(part, data).cpu().numpy() for name, part in parts.items()}
            return cls(
                ids=data["product"].ids,
                channels=channels,
                text=data["product"].x.cpu().numpy(),
                spectral=usage.spectral,
                facts=data["product"].facts,
                n_events=data["product"].n_events.cpu().numpy(),
                popularity=usage.popularity,
                trend=usage.trend,
                leaf=data["product"].leaf.cpu().numpy(),
                brand=data["product"].brand.cpu().numpy(),
                decay=network.recency.log_decay.exp().cpu().numpy(),
                query=network.query.weight.cpu().numpy(),
                leads_to=to_matrix(data["product", "leads_to", "product"].adj),
                max_history=network.config.max_history,
                popularity_weight=float(network.popularity),
                fusion=fusion,
            )

    def with_products(
        self,
        ids: Sequence[str],
        channels: Mapping[str, FloatArray],
        text: FloatArray,
        facts: Matrix,
        leaf: IntArray,
        brand: IntArray,
    ) -> "Index":
        """The same index with `m` products without events at its end.

        Args:
            ids: Theirs, `m`.
            channels: Their vectors by channel, each `(m, d)`.
            text: Their text vectors, `(m, d_text)`.
            facts: What describes them, rows of unit length, `(m, n_facts)`.
            leaf: Their leaf categories, `(m,)`.
            brand: Their brands, `(m,)`.
        """
        m = len(ids)
        nothing = np.zeros(m, dtype=np.float32)
        after = replace(
            self,
            ids=np.concatenate([self.ids, np.array(ids, dtype=object)]),
            channels={name: np.concatenate([own, channels[name]]) for name, own in self.channels.items()},
            text=np.concatenate([self.text, text]),
            spectral=np.concatenate([self.spectral, np.zeros((m, self.spectral.shape[1]), dtype=np.float32)]),
            facts=Matrix(sp.vstack([self.facts, facts], format="csr")),
            n_events=np.concatenate([self.n_events, np.zeros(m, dtype=np.int64)]),
            popularity=np.concatenate([self.popularity, nothing]),
            trend=np.concatenate([self.trend, nothing]),
            leaf=np.concatenate([self.leaf, leaf]),
            brand=np.concatenate([self.brand, brand]),
            leads_to=_grown(self.leads_to, m),
        )
        new: FloatArray = np.sum(list(channels.values()), axis=0, dtype=np.float32)
        grown = {
            "vectors": np.concatenate([self.vectors, new]),
            "unit": np.concatenate([self.unit, unit(new)]),
            "comes_from": _grown(self.comes_from, m),
            "rows": {**self.rows, **{name: len(self.ids) + row for row, name in enumerate(ids)}},
        }
        if self.__dict__.get("nearest") is not None:
            grown["nearest"] = self.__dict__["nearest"].with_products(after, len(self.ids))
        after.__dict__.update(grown)  # to compute them anew takes longer than the rest
        return after

    def with_events(self, n_events: IntArray) -> "Index":
        """The same index with other event counts, `(n_products,)`; popularity and trend stay as trained."""
        after = replace(self, n_events=n_events)
        kept = ("vectors", "unit", "comes_from", "rows", "nearest")  # what depends on no count
        after.__dict__.update({name: self.__dict__[name] for name in kept if name in self.__dict__})
        return after

    def with_fusion(self, fusion: FusionConfig) -> "Index":
        """The same index with other weights."""
        return replace(self, fusion=fusion)

    @cached_property
    def vectors(self) -> FloatArray:
        """Product vectors `h_p`, the sum of the channels, `(n_products, d)`."""
        out: FloatArray = np.sum(list(self.channels.values()), axis=0, dtype=np.float32)
        return out

    @cached_property
    def unit(self) -> FloatArray:
        """Product vectors at unit length, `(n_products, d)`."""
        return unit(self.vectors)

    @cached_property
    def comes_from(self) -> Matrix:
        """`leads_to` the other way round."""
        return Matrix(self.leads_to.T)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row number of every product id."""
        return {name: row for row, name in enumerate(self.ids)}

    def queries(self, histories: Histories) -> FloatArray:
        """What each user asks for, before it is brought to unit length, `(n_users, d)`."""
        recent = histories.last(self.max_history)
        sums = decayed_sums(recent, self.vectors, self.decay)
        out: FloatArray = sums.reshape(len(sums), -1) @ self.query.T
        return out

    def tastes(self, histories: Histories) -> FloatArray:
        """The decayed sum of what each user's titles say, before unit length, `(n_users, d_text)`."""
        recent = histories.last(self.max_history)
        return decayed_sums(recent, self.text, [self.fusion.text_decay])[:, 0]

    def leanings(self, histories: Histories) -> FloatArray:
        """The sum of the spectral vectors of each user's events, whatever their age, `(n_users, k)`."""
        return decayed_sums(histories.last(self.max_history), self.spectral, [0.0])[:, 0]

    @cached_property
    def text_weights(self) -> FloatArray:
        """What the text cosine of each product is multiplied by, `(n_products,)`."""
        cold = self.fusion.cold_text_weight * np.exp(-self.n_events)
        out: FloatArray = (self.fusion.text_weight + cold).astype(np.float32)
        return out

    @cached_property
    def cold_share(self) -> float:
        """Share of the products that have no event."""
        return float((self.n_events == 0).mean())

    @cached_property
    def kind_events(self) -> tuple[FloatArray, FloatArray]:
        """`log(1 + n)` of the events of all products of the same leaf category and brand, 0 for none."""
        return _kind_events(self.n_events, self.leaf), _kind_events(self.n_events, self.brand)

    @cached_property
    def prior(self) -> FloatArray:
        """What each product gets for its event count, whoever asks, `(n_products,)`.

        Popularity counts as learned, the trend and having few events as chosen.
        """
        popular = self.popularity_weight * np.log1p(self.n_events) + self.fusion.trend_weight * self.trend
        out: FloatArray = (popular + self.fusion.cold_offset * np.exp(-self.n_events)).astype(np.float32)
        return out

    @cached_property
    def nearest(self) -> Nearest | None:
        """What finds the products worth scoring for a user; None where all are."""
        return Nearest.of(self) if len(self.ids) >= LARGE else None

    def likeness(self, rows: IntArray) -> FloatArray:
        """How much like some products every product is: used alike, described alike.

        Args:
            rows: Of those products, `(n,)`.

        Returns:
            `(n, n_products)`; minus infinity for each and itself.
        """
        scores = self.unit[rows] @ self.unit.T + self.fusion.text_weight * (self.text[rows] @ self.text.T)
        scores[np.arange(len(rows)), rows] = -np.inf
        out: FloatArray = scores
        return out

    def parts(self, histories: Histories, products: IntArray | None = None) -> Parts:
        """What these users' scores are made of, of all products or, for one user, of some, ascending."""
        return Parts(self, histories, products)

    def scores(self, histories: Histories) -> FloatArray:
        """A score for every product and user, `(n_users, n_products)`."""
        return self.parts(histories).scores

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of it as arrays, to be written to a file."""
        meta = {
            "ids": list(self.ids),
            "fusion": asdict(self.fusion),
            "max_history": self.max_history,
            "popularity_weight": self.popularity_weight,
        }
        return {
            **{f"channel.{name}": values for name, values in self.channels.items()},
            **{name: getattr(self, name) for name in _ARRAYS},
            **matrix_to_arrays("facts", self.facts),
            **matrix_to_arrays("leads_to", self.leads_to),
            "meta": np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "Index":
        """What `to_arrays` gave."""
        channel = "channel."
        meta = json.loads(arrays["meta"].tobytes())
        return cls(
            ids=np.array(meta["ids"], dtype=object),
            channels={n.removeprefix(channel): a for n, a in arrays.items() if n.startswith(channel)},
            facts=matrix_from_arrays("facts", arrays),
            leads_to=matrix_from_arrays("leads_to", arrays),
            max_history=meta["max_history"],
            popularity_weight=meta["popularity_weight"],
            fusion=FusionConfig(**meta["fusion"]),
            **{name: arrays[name] for name in _ARRAYS},
        )


_ARRAYS = ("text", "spectral", "n_events", "popularity", "trend", "leaf", "brand", "decay", "query")


def _kind_events(n_events: IntArray, kind: IntArray) -> FloatArray:
    totals = np.bincount(kind + 1, weights=n_events)[kind + 1]
    return np.where(kind >= 0, np.log1p(totals), 0).astype(np.float32)


def _grown(matrix: Matrix, m: int) -> Matrix:
    """The square matrix with `m` more empty rows and columns."""
    n = matrix.shape[0] + m
    offsets = np.concatenate([matrix.indptr, np.full(m, matrix.indptr[-1], dtype=matrix.indptr.dtype)])
    return Matrix((matrix.data, matrix.indices, offsets), shape=(n, n))
