"""From an exported graph, text vectors and histories to a trained index with chosen fusion weights."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from torch_geometric.data import HeteroData

from ..data import Histories
from ..data.dataset import BoolArray, FloatArray
from ..data.splits import Cases
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
from .fusion import GRAPH_ONLY, choose_weights
from .index import Demand, FusionConfig, Index
from .ranker import Ranker
from .second_stage import SecondStageConfig, train_second_stage
from .trial import Measure, Trial

HELD_OUT = 0.1
"""Share of the events that a hold-out takes, where there are times."""


FEW_CASES = 100
"""What so many cases of new products say counts half of what it would count if there were any number."""


@dataclass(frozen=True)
class FitConfig:
    """How a recommender is fitted."""

    train: TrainConfig = field(default_factory=TrainConfig)
    """How the network is trained."""
    graph: GraphConfig = field(default_factory=GraphConfig)
    """How products become neighbours."""
    second_stage: SecondStageConfig | None = field(default_factory=SecondStageConfig)
    """How the second stage is trained; None for the first alone."""
    cold_weight: float = 3.0
    """How many times as much a choice of a product without events counts as one of another when cold offsets
    are chosen; how often it comes is taken from the share of such products in the catalogue."""
    simulated_cold: float = 0.1
    """Share of the trained products that play the cold ones, in (0, 1)."""
    most_cases: int = 5000
    """Validation uses at most so many users."""

    def __post_init__(self) -> None:
        if self.cold_weight < 0:
            raise ValueError(f"cold_weight is {self.cold_weight}; it must not be negative")
        if not 0 < self.simulated_cold < 1:
            raise ValueError(f"simulated_cold is {self.simulated_cold}; it must be between 0 and 1")


@dataclass(frozen=True)
class Fitted:
    """A trained recommender and how it came about."""

    ranker: Ranker
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
    """Train the network, choose the weights of paths, text, trend and coldness, then train the second stage.

    Choices and early stopping look at the validation cases only. The second stage is trained on every user's
    last training visit, as ranked by a network that has not seen it, nor a share of the products at all.

    Args:
        arrays: The exported graph.
        vectors: Text vectors by label.
        histories: Training events, in node numbers.
        validation: Questions, in node numbers.
        measure: What is maximised.
        config: How to fit.
        timed: Whether `at` is in seconds.
        device: Where to train, see `gnn.train`.
        resume: A folder with the states of trainings to go on with, see `gnn.train`.
        tensorboard: A folder for TensorBoard, see `gnn.train`.
        progress: Whether to show bars on stderr.
    """
    base = build_graph(arrays, vectors, config.graph)
    cases = validation.sample(config.most_cases, config.train.seed)
    first = _first_stage(
        base,
        histories,
        cases,
        GRAPH_ONLY,
        measure,
        config,
        timed=timed,
        device=device,
        resume=resume and resume / "network.pt",
        tensorboard=tensorboard,
        progress=progress,
    )
    index = first.ranker.index
    index = index.with_fusion(choose_weights(index, lambda tried: measure(Ranker(tried), cases)))
    inner = None
    if config.second_stage is not None:
        inner = _inner_stage(
            base,
            histories,
            index.fusion,
            measure,
            config,
            timed=timed,
            device=device,
            resume=resume and resume / "inner.pt",
            progress=progress,
        )
    network = first.network if inner is None else inner[0].network
    trial = _trial(base, network, index, histories, validation, measure, config, timed=timed)
    trial = trial.with_best_cold_offset()
    second = None
    if inner is not None and config.second_stage is not None:
        before, asked = inner[0].ranker.index.with_fusion(trial.index.fusion), inner[1]
        second = train_second_stage(before, asked, config.second_stage, config.train.seed)
        if second is not None:
            second = trial.best_cold_offset_of(second, config.most_cases // 4, config.train.seed)
            if trial.worth(second) <= trial.worth():
                second = None
    return replace(first, ranker=Ranker(trial.index, second))


def _first_stage(
    base: HeteroData,
    histories: Histories,
    cases: Cases,
    fusion: FusionConfig,
    measure: Measure,
    config: FitConfig,
    *,
    timed: bool,
    device: str,
    resume: Path | None,
    tensorboard: Path | None = None,
    progress: bool,
) -> Fitted:
    """The first stage that knows these events; its network is the best on the cases with this fusion."""
    data = with_events(base, histories, config.train.network.max_history, config.graph)
    demand = Demand.of(histories, int(base["product"].num_nodes), timed=timed)

    def ranker(network: ProductGraphNetwork, current: HeteroData) -> Ranker:
        return Ranker(Index.of(network, current, fusion, demand))

    network, epochs = train(
        data,
        histories,
        lambda network, current: measure(ranker(network, current), cases),
        config.train,
        config.graph,
        device=device,
        resume=resume,
        tensorboard=tensorboard,
        progress=progress,
    )
    network, data = network.cpu(), data.cpu()
    return Fitted(ranker(network, data), network, data, epochs)


def _trial(
    base: HeteroData,
    network: ProductGraphNetwork,
    index: Index,
    histories: Histories,
    validation: Cases,
    measure: Measure,
    config: FitConfig,
    *,
    timed: bool,
) -> Trial:
    """The validation, and what of it asks for products that play new ones, for a network that is blind."""
    withheld = _withheld(histories, len(index.ids), config)
    known = histories.select(~withheld[histories.products])
    data = with_events(base, known, config.train.network.max_history, config.graph)
    demand = Demand.of(known, len(index.ids), timed=timed)
    asked = replace(
        validation, histories=validation.histories.select(~withheld[validation.histories.products])
    )
    cold = _with_targets(asked, withheld).sample(config.most_cases, config.train.seed)
    weight = config.cold_weight * float(np.mean(index.n_events == 0))
    evidence = len(cold) / (len(cold) + FEW_CASES)
    return Trial(
        index,
        validation.sample(config.most_cases, config.train.seed),
        Index.of(network, data, index.fusion, demand),
        cold,
        evidence * weight / (weight + float(np.mean(index.n_events > 0))),
        measure,
    )


def hold_out(histories: Histories, *, timed: bool) -> tuple[Histories, Cases]:
    """The histories without what came last, and the question what was new to the users in it.

    With times, what came last is the last tenth of all events; a later visit of one user can say much of an
    earlier one of another. Without, it is every user's last moment; users with fewer than three keep all.
    Users without an event before are not asked.
    """
    user = histories.owners
    if timed:
        held = histories.at >= np.quantile(histories.at, 1 - HELD_OUT, method="higher")
    else:
        begins = histories.moments == np.arange(len(user))
        moments = np.bincount(user, weights=begins, minlength=len(histories))
        latest = np.zeros(len(histories), dtype=np.int64)
        np.maximum.at(latest, user, histories.at)
        held = (moments[user] >= 3) & (histories.at == latest[user])
    known = histories.select(~held)
    n_products = int(histories.products.max(initial=0)) + 1
    pairs = np.unique(user[held] * n_products + histories.products[held])
    pairs = pairs[~np.isin(pairs, user[~held] * n_products + histories.products[~held])]
    pairs = pairs[known.lengths[pairs // n_products] > 0]
    asked, counts = np.unique(pairs // n_products, return_counts=True)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return known, Cases(known.take(asked), offsets, pairs % n_products)


def _inner_stage(
    base: HeteroData,
    histories: Histories,
    fusion: FusionConfig,
    measure: Measure,
    config: FitConfig,
    *,
    timed: bool,
    device: str,
    resume: Path | None,
    progress: bool,
) -> tuple[Fitted, Cases] | None:
    """A first stage of the past, blind to a share of the products, and what users chose next of them all.

    None where nobody can be asked.
    """
    n_products = int(base["product"].num_nodes)
    known, asked = past(histories, n_products, config, timed=timed)
    asked = _with_targets(asked, np.ones(n_products, dtype=bool))
    if not len(asked):
        return None
    if progress:
        print("once more without what came last, for the second stage", file=sys.stderr)
    first = _first_stage(
        base,
        known,
        asked.sample(config.most_cases, config.train.seed),
        fusion,
        measure,
        config,
        timed=timed,
        device=device,
        resume=resume,
        progress=progress,
    )
    return first, asked


def past(histories: Histories, n_products: int, config: FitConfig, *, timed: bool) -> tuple[Histories, Cases]:
    """What the second stage, and whatever both stages rest on, may be learned from, and what it is asked.

    Returns:
        The events without what came last and without a share of the products, which play new ones; and what
        the users chose next, with histories of such events.
    """
    kept = ~_withheld(histories, n_products, config)
    known, asked = hold_out(histories, timed=timed)
    asked = replace(asked, histories=asked.histories.select(kept[asked.histories.products]))
    return known.select(kept[known.products]), asked


def save(fitted: Fitted, checkpoint: Path, index: Path, encoder: str) -> None:
    """Write the checkpoint, then the index; `encoder` is the fingerprint of the text vectors' encoder."""
    save_checkpoint(checkpoint, fitted.network, fitted.data, encoder)
    fitted.ranker.save(index)


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
    counts = np.bincount(cases.owners[keep], minlength=len(cases))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    narrowed = Cases(cases.histories, offsets, cases.targets[keep])
    return narrowed.take(np.flatnonzero((counts > 0) & (cases.histories.lengths > 0)))
