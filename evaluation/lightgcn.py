"""LightGCN by PyTorch Geometric: vectors of users and products, propagated over who chose what."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from ..data.dataset import FloatArray
from ..data.matrices import seen
from ..data.splits import Split
from .evaluate import Scorer, Trained, rank_targets
from .matrices import event_counts, folded
from .tuning import MOST_CASES, Baseline


@dataclass(frozen=True)
class LightGcnConfig:
    """Shape and training of LightGCN (He et al. 2020).

    A training takes minutes, so evaluations tune the decay and the number of epochs only. The other
    settings are usual ones and not tuned yet; `benchmarks/baselines.py` compares them with others on
    Beauty's validation part.
    """

    d: int = 64
    """Length of a vector."""
    layers: int = 2
    """Steps of propagation."""
    decay: float = 0.6
    """Decay per event of the asked user's history."""
    learning_rate: float = 1e-2
    """Step size of Adam."""
    regularization: float = 1e-4
    """Weight of the squared length of a batch's vectors."""
    batch_size: int = 4096
    """Events a step, each with one product drawn at random."""
    steps: int = 50
    """An epoch is a pass over the events, or several, so that it has so many steps."""
    epochs: int = 60
    """At most so many; so many where there is no validation."""
    patience: int = 3
    """Stop after this many epochs without a better NDCG@10 on validation."""
    seed: int = 0
    """Of the initial vectors, the order and the draws."""


def _prepare(split: Split) -> Callable[[LightGcnConfig], Scorer]:
    histories, n_products = split.train.histories(), len(split.train.products)
    chosen, popularity = seen(histories, n_products), event_counts(histories, n_products)
    cases = split.validation.sample(MOST_CASES)

    @lru_cache(maxsize=1)
    def vectors(config: LightGcnConfig) -> tuple[FloatArray, int]:
        from .lightgcn_training import train

        def validate(current: FloatArray) -> float:
            found = rank_targets(folded(current, config.decay, popularity), cases, n_products)
            return float(found.per_user("ndcg", 10).mean())

        return train(chosen, config, validate if len(cases) else None)

    def build(config: LightGcnConfig) -> Scorer:
        seed = config.seed + split.seed
        trained, epochs = vectors(replace(config, decay=LightGcnConfig.decay, seed=seed))
        return Trained(folded(trained, config.decay, popularity), settings={"epochs": epochs})

    return build


lightgcn = Baseline(_prepare, lambda split: [LightGcnConfig(decay=d) for d in (0.0, 0.3, 0.6, 1.0)])
"""LightGCN; a user is the decayed mean of the history's product vectors, so new users are served as well."""
