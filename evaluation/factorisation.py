"""Matrix factorisation by the library `implicit`: alternating least squares, and pairwise ranking."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..data import Histories
from ..data.matrices import incidence
from ..data.splits import Split
from .evaluate import Scorer
from .extras import import_extra
from .matrices import FloatArray, event_counts, filled, folded, seen
from .tuning import Baseline

DECAYS = (0.0, 0.3, 0.6, 1.0)
"""Decays per event of a history that are worth a try."""


@dataclass(frozen=True)
class AlsConfig:
    """Alternating least squares for implicit feedback (Hu, Koren, Volinsky 2008)."""

    factors: int = 256
    """Length of a vector."""
    alpha: float = 40.0
    """What is added to the confidence in an event, where the absence of one has 1."""
    decay: float = 0.6
    """Decay per event of the asked user's history; 0 in the paper."""
    regularization: float = 1.0
    """Weight of the vectors' squared length."""
    iterations: int = 15
    """How often both sides are solved for."""
    seed: int = 0
    """Of the initial vectors."""


@dataclass(frozen=True)
class BprConfig:
    """Bayesian personalised ranking (Rendle et al. 2009)."""

    factors: int = 128
    """Length of a vector."""
    learning_rate: float = 0.1
    """Step size of the stochastic gradient."""
    decay: float = 0.6
    """Decay per event of the asked user's history."""
    regularization: float = 0.01
    """Weight of the vectors' squared length."""
    iterations: int = 300
    """Passes over the events."""
    seed: int = 0
    """Of the initial vectors and of the draws."""


def _prepare_als(split: Split) -> Callable[[AlsConfig], Scorer]:
    histories, n_products = split.train.histories(), len(split.train.products)
    chosen, popularity = seen(histories, n_products), event_counts(histories, n_products)

    @lru_cache(maxsize=1)
    def model(config: AlsConfig) -> Any:
        return _fitted(
            "implicit.cpu.als",
            "AlternatingLeastSquares",
            chosen,
            factors=config.factors,
            alpha=config.alpha,
            regularization=config.regularization,
            iterations=config.iterations,
            random_state=config.seed,
        )

    def build(config: AlsConfig) -> Scorer:
        fitted = model(replace(config, decay=0.0))  # the decay matters only when asked

        def score(asked: Histories) -> FloatArray:
            rows = sp.csr_matrix(incidence(asked, n_products, config.decay))
            users = fitted.recalculate_user(np.arange(len(asked)), rows)
            users[asked.lengths == 0] = 0
            return filled(users @ fitted.item_factors.T, popularity)

        return score

    return build


def _prepare_bpr(split: Split) -> Callable[[BprConfig], Scorer]:
    histories, n_products = split.train.histories(), len(split.train.products)
    chosen, popularity = seen(histories, n_products), event_counts(histories, n_products)

    @lru_cache(maxsize=1)
    def model(config: BprConfig) -> Any:
        return _fitted(
            "implicit.cpu.bpr",
            "BayesianPersonalizedRanking",
            chosen,
            factors=config.factors,
            learning_rate=config.learning_rate,
            regularization=config.regularization,
            iterations=config.iterations,
            random_state=config.seed,
        )

    def build(config: BprConfig) -> Scorer:
        fitted = model(replace(config, decay=0.0))
        users, products = fitted.user_factors[:, :-1], fitted.item_factors[:, :-1]
        length = float(np.linalg.norm(users, axis=1).mean())
        return folded(products, config.decay, popularity, length=length, bias=fitted.item_factors[:, -1])

    return build


def _fitted(module: str, name: str, chosen: sp.csr_array, **settings: Any) -> Any:
    """A model of `implicit` fitted on one thread, so that a second fit equals the first."""
    with import_extra("threadpoolctl").threadpool_limits(1, "blas"):
        model = getattr(import_extra(module), name)(num_threads=1, **settings)
        model.fit(sp.csr_matrix(chosen), show_progress=False)
    return model


als = Baseline(
    _prepare_als,
    lambda split: [AlsConfig(f, a, d) for f, a, d in product((128, 256), (10.0, 40.0), DECAYS)],
)
"""Implicit ALS; every user's vector is solved for from the history when asked, so new users have one too."""

bpr = Baseline(
    _prepare_bpr,
    lambda split: [BprConfig(f, r, d) for f, r, d in product((128,), (0.05, 0.1), DECAYS)],
)
"""BPR; a user is the decayed mean of the history's product vectors, brought to the length that users have.

So users that training never saw are served, and what known ones did since counts. For users whose history is
that of the training this is no worse than their own vector (Beauty, validation, NDCG@10 .0363 against .0353).
"""
