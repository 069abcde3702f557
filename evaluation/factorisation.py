"""Matrix factorisation by the library `implicit`: alternating least squares, and pairwise ranking."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..data import Histories
from ..data.dataset import FloatArray
from ..data.matrices import incidence, seen
from ..data.splits import Split
from .evaluate import Scorer
from .extras import import_extra
from .matrices import event_counts, filled, folded
from .tuning import Baseline, Config

DECAYS = (0.0, 0.1, 0.3, 0.6, 1.0)
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


def _factorisation(
    library: str, scorer: Callable[[Any, float, FloatArray], Scorer], grid: Sequence[Config]
) -> Baseline[Config]:
    """A model of `implicit`, fitted on one thread, so that a second fit equals the first.

    Args:
        library: Its class in the library, whose arguments are named as the configuration's fields.
        scorer: From a fitted one, a decay per event of the asked history, and what is popular.
        grid: The settings worth a try; those that differ in decay alone, and are neighbours, share a fit.
    """

    def prepare(split: Split) -> Callable[[Config], Scorer]:
        histories, n_products = split.train.histories(), len(split.train.products)
        chosen, popularity = sp.csr_matrix(seen(histories, n_products)), event_counts(histories, n_products)
        module, _, name = library.rpartition(".")

        @lru_cache(maxsize=1)
        def fitted(**settings: Any) -> Any:
            with import_extra("threadpoolctl").threadpool_limits(1, "blas"):
                model = getattr(import_extra(module), name)(num_threads=1, **settings)
                model.fit(chosen, show_progress=False)
            return model

        def build(config: Config) -> Scorer:
            settings = asdict(config)
            decay, seed = settings.pop("decay"), settings.pop("seed") + split.seed
            return scorer(fitted(random_state=seed, **settings), decay, popularity)

        return build

    return Baseline(prepare, lambda split: grid)


def _solved(model: Any, decay: float, popularity: FloatArray) -> Scorer:
    def score(asked: Histories) -> FloatArray:
        users = model.recalculate_user(
            np.arange(len(asked)), sp.csr_matrix(incidence(asked, len(popularity), decay))
        )
        users[asked.lengths == 0] = 0
        return filled(users @ model.item_factors.T, popularity)

    return score


def _folded(model: Any, decay: float, popularity: FloatArray) -> Scorer:
    users, products = model.user_factors[:, :-1], model.item_factors[:, :-1]
    length = float(np.linalg.norm(users, axis=1).mean())
    return folded(products, decay, popularity, length=length, bias=model.item_factors[:, -1])


als = _factorisation(
    "implicit.cpu.als.AlternatingLeastSquares",
    _solved,
    [AlsConfig(*fa, d) for fa, d in product(((64, 2.5), (64, 10.0), (256, 10.0), (256, 40.0)), DECAYS)],
)
"""Implicit ALS; every user's vector is solved for from the history when asked, so new users have one too."""

bpr = _factorisation(
    "implicit.cpu.bpr.BayesianPersonalizedRanking",
    _folded,
    [BprConfig(128, 0.1, d, r) for r, d in product((1e-4, 0.01), DECAYS)],
)
"""BPR; a user is the decayed mean of the history's product vectors, brought to the length that users have.

So users that training never saw are served, and what known ones did since counts. For users whose history is
that of the training this is no worse than their own vector (Beauty, validation, NDCG@10 .0363 against .0353).
"""
