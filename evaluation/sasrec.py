"""SASRec with a sampled softmax: a causal transformer over the history says what comes next."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..data import Histories
from ..data.dataset import FloatArray
from ..data.splits import Split
from .evaluate import Scorer, Trained, rank_targets
from .matrices import event_counts, filled
from .tuning import MOST_CASES, Baseline


@dataclass(frozen=True)
class SasRecConfig:
    """Shape and training of SASRec (Kang, McAuley 2018); a sampled softmax in place of one negative.

    A training takes minutes, so no evaluation tunes these settings; only the number of epochs is chosen
    anew. They are the best of a few short trials on Beauty's validation part, to be compared further by
    `benchmarks/baselines.py`.
    """

    d: int = 128
    """Length of a vector."""
    layers: int = 1
    """Transformer layers."""
    heads: int = 1
    """Heads of attention in each."""
    dropout: float = 0.5
    """Share of what is dropped in training, of the input and in the layers, in [0, 1)."""
    max_history: int = 50
    """How many of the last events are read."""
    temperature: float = 0.07
    """What the cosine of a history's state and a product is divided by."""
    samples: int = 512
    """Products that a step's softmax compares with; catalogues no larger are compared with as a whole."""
    learning_rate: float = 5e-3
    """Step size of AdamW at first; it falls linearly to zero over the epochs."""
    weight_decay: float = 1e-2
    """Weight decay of AdamW."""
    batch_size: int = 128
    """Users a step."""
    steps: int = 100
    """An epoch is a pass over the users, or several, so that it has so many steps."""
    epochs: int = 16
    """At most so many; so many where there is no validation."""
    patience: int = 3
    """Stop after this many epochs without a better NDCG@10 on validation."""
    seed: int = 0
    """Of the initial weights, the order, dropout and the samples."""


def _prepare(split: Split) -> Callable[[SasRecConfig], Scorer]:
    histories, n_products = split.train.histories(), len(split.train.products)
    popularity = event_counts(histories, n_products)
    cases = split.validation.sample(MOST_CASES)

    def build(config: SasRecConfig) -> Scorer:
        from .transformer import Transformer, train

        def scorer(network: Transformer) -> Scorer:
            def score(asked: Histories) -> FloatArray:
                scores = network.scores(asked)
                scores[:, popularity == 0] = 0  # their vectors are as they were drawn
                return filled(scores, popularity)

            return score

        def validate(network: Transformer) -> float:
            found = rank_targets(scorer(network), cases, n_products)
            return float(found.per_user("ndcg", 10).mean())

        seeded = replace(config, seed=config.seed + split.seed)
        network, epochs = train(histories, n_products, seeded, validate if len(cases) else None)
        return Trained(scorer(network), settings={"epochs": epochs})

    return build


sasrec = Baseline(_prepare, lambda split: [SasRecConfig()])
"""SASRec with a sampled softmax; reads any history, so users that training never saw are served as well."""
