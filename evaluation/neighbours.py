"""Nearest neighbours: among users, and among products by who chose them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import scipy.sparse as sp

from ..data import Histories
from ..data.dataset import FloatArray
from ..data.matrices import incidence, largest, seen, unit_rows
from ..data.splits import Split
from .evaluate import Scorer
from .matrices import event_counts, filled
from .tuning import Baseline

DECAYS = (0.0, 0.1, 0.5, 1.0)
"""Decays per event of a history that are worth a try."""


@dataclass(frozen=True)
class NeighbourConfig:
    """How many neighbours, and whose."""

    neighbours: int = 100
    """How many of the most similar users, or of each product's most similar products, count."""
    decay: float = 0.0
    """Decay per event of the asked user's history."""


def _prepare_users(split: Split) -> Callable[[NeighbourConfig], Scorer]:
    histories = split.train.histories()
    n_products = len(split.train.products)
    known = seen(histories, n_products)
    unit = sp.csr_array(unit_rows(known).T)
    popularity = event_counts(histories, n_products)

    def build(config: NeighbourConfig) -> Scorer:
        def score(asked: Histories) -> FloatArray:
            similar = unit_rows(incidence(asked, n_products, config.decay)) @ unit
            return filled((largest(similar, config.neighbours) @ known).toarray(), popularity)

        return score

    return build


def _prepare_products(split: Split) -> Callable[[NeighbourConfig], Scorer]:
    histories = split.train.histories()
    n_products = len(split.train.products)
    unit = unit_rows(sp.csr_array(seen(histories, n_products).T))
    similar = sp.csr_array(unit @ unit.T)
    similar.setdiag(0)
    similar.eliminate_zeros()
    popularity = event_counts(histories, n_products)

    @lru_cache(maxsize=1)
    def nearest(neighbours: int) -> sp.csr_array:
        return largest(similar, neighbours)

    def build(config: NeighbourConfig) -> Scorer:
        kept = nearest(config.neighbours)
        return lambda asked: filled((incidence(asked, n_products, config.decay) @ kept).toarray(), popularity)

    return build


user_knn = Baseline(
    _prepare_users, lambda split: [NeighbourConfig(n, d) for n, d in product((20, 50, 200, 1000), DECAYS)]
)
"""What the users with the most similar histories chose: `Σ_v cos(R_u, R_v) R_vi` over the nearest `v`.

The cosine is `Σ_i R_ui R_vi / (|R_u| |R_v|)`, with `R_v` of 0 and 1 and the asked user's `R_u` decayed.
"""

item_knn = Baseline(
    _prepare_products, lambda split: [NeighbourConfig(n, d) for n, d in product((20, 100, 500), DECAYS)]
)
"""What is chosen by the same users as the history: `Σ_j R_uj cos(R_i, R_j)`, for the `i` nearest to `j`.

The cosine is `Σ_u R_ui R_uj / (|R_i| |R_j|)`, with `R_i` of 0 and 1. The similarities need `n_products²`
memory at worst; reasonable up to about 100,000 products.
"""
