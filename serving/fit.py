"""From an exported graph, text vectors and histories to a trained index with chosen fusion weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from torch_geometric.data import HeteroData

from ..data import Histories
from ..data.cold_splits import select
from ..data.splits import BoolArray, Cases
from ..gnn import (
    Epoch,
    GraphConfig,
    ProductGraphNetwork,
    TrainConfig,
    build_graph,
    save_checkpoint,
    train,
    with_events,
)
from ..kg import GraphArrays
from .fusion import choose_cold_offset, choose_text_weight
from .index import FloatArray, FusionConfig, Index, popularity

HALF_LIFE = 60 * 86_400
"""Seconds after which an event counts half for the popularity that unknown users are served by."""

Measure = Callable[[Index, Cases], float]
"""A figure to maximise: how well an index answers cases, whose rows are the index's."""


@dataclass(frozen=True)
class FitConfig:
    """How a recommender is fitted."""

    train: TrainConfig = field(default_factory=TrainConfig)
    """How the network is trained."""
    graph: GraphConfig = field(default_factory=GraphConfig)
    """How products become neighbours."""
    cold_share: float = 1 / 3
    """What cold targets weigh against warm ones in choosing the cold offset, in [0, 1]."""
    simulated_cold: float = 0.1
    """Share of the trained products that play the cold ones, in (0, 1)."""
    most_cases: int = 5000
    """Validation uses at most so many users."""

    def __post_init__(self) -> None:
        if not 0 <= self.cold_share <= 1:
            raise ValueError(f"cold_share is {self.cold_share}; it must be in [0, 1]")
        if not 0 < self.simulated_cold < 1:
            raise ValueError(f"simulated_cold is {self.simulated_cold}; it must be between 0 and 1")


@dataclass(frozen=True)
class Fitted:
    """A trained recommender and how it came about."""

    index: Index
    network: ProductGraphNetwork
    data: HeteroData
    """The graph with the training events."""
    epochs: list[Epoch]


def fit(
    arrays: GraphArrays,
    vectors: Mapping[str, FloatArray],
    histories: Histories,
    validation: Cases,
    measure: Measure,
    config: FitConfig = FitConfig(),
    *,
    timed: bool,
    device: str = "auto",
    resume: Path | None = None,
    tensorboard: Path | None = None,
    progress: bool = True,
) -> Fitted:
    """Train the network, then choose the text weight and the cold offset, all on validation.

    Args:
        arrays: The exported graph.
        vectors: Text vectors by label.
        histories: Training events, in node numbers.
        validation: Questions, in node numbers.
        measure: What is maximised.
        config: How to fit.
        timed: Whether `at` is in seconds.
        device: Where to train, see `gnn.train`.
        resume: State of a training to go on with, see `gnn.train`.
        tensorboard: A folder for TensorBoard, see `gnn.train`.
        progress: Whether to show bars on stderr.
    """
    base = build_graph(arrays, vectors, config.graph)
    most = config.train.network.max_history
    data = with_events(base, histories, most, config.graph)
    shares = popularity(histories, int(base["product"].num_nodes), HALF_LIFE if timed else None)
    cases = validation.sample(config.most_cases, config.train.seed)
    graph_only = FusionConfig(text_weight=0.0, cold_offset=0.0)

    def validate(network: ProductGraphNetwork, current: HeteroData) -> float:
        return measure(Index.of(network, current, graph_only, shares), cases)

    network, epochs = train(
        data,
        histories,
        validate,
        config.train,
        device=device,
        resume=resume,
        tensorboard=tensorboard,
        progress=progress,
    )
    network, data = network.cpu(), data.cpu()
    index = Index.of(network, data, FusionConfig(), shares)
    index = index.with_fusion(choose_text_weight(index, lambda tried: measure(tried, cases)))
    withheld = _withheld(histories, int(base["product"].num_nodes), config)
    known = select(histories, ~withheld[histories.products])
    simulated = Index.of(network, with_events(base, known, most, config.graph), index.fusion, shares)
    asked = replace(
        validation, histories=select(validation.histories, ~withheld[validation.histories.products])
    )
    warm = _with_targets(asked, ~withheld).sample(config.most_cases, config.train.seed)
    cold = _with_targets(asked, withheld).sample(config.most_cases, config.train.seed)
    if len(warm) and len(cold):
        fusion = choose_cold_offset(
            simulated, lambda tried: (measure(tried, warm), measure(tried, cold)), config.cold_share
        )
        index = index.with_fusion(fusion)
    return Fitted(index, network, data, epochs)


def save(fitted: Fitted, checkpoint: Path, index: Path, encoder: str) -> None:
    """Write the checkpoint, then the index; `encoder` is the fingerprint of the text vectors' encoder."""
    save_checkpoint(checkpoint, fitted.network, fitted.data, encoder)
    fitted.index.save(index)


def _withheld(histories: Histories, n_products: int, config: FitConfig) -> BoolArray:
    """Which of the products with events play the cold ones, `(n_products,)`."""
    seen = np.unique(histories.products)
    n = max(1, round(config.simulated_cold * len(seen)))
    out = np.zeros(n_products, dtype=bool)
    out[np.random.default_rng(config.train.seed).choice(seen, n, replace=False)] = True
    return out


def _with_targets(cases: Cases, products: BoolArray) -> Cases:
    """The cases that have targets among the products, and a history, with those targets only."""
    keep = products[cases.targets]
    owner = np.repeat(np.arange(len(cases)), np.diff(cases.offsets))
    counts = np.bincount(owner[keep], minlength=len(cases))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    narrowed = Cases(cases.histories, offsets, cases.targets[keep])
    return narrowed.take(np.flatnonzero((counts > 0) & (cases.histories.lengths > 0)))
