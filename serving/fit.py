"""From a graph and histories to a trained recommender: first what validation chooses, then all events."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch_geometric.data import HeteroData

from ..data import Histories
from ..data.dataset import BoolArray
from ..data.prefixes import Prefixes
from ..data.splits import Cases
from ..gnn import (
    Epoch,
    GraphConfig,
    ProductGraphNetwork,
    TrainConfig,
    best_epoch,
    save_checkpoint,
    train,
    with_events,
)
from .fusion import GRAPH_ONLY
from .index import FusionConfig, Index, Usage
from .ranker import Ranker
from .second_stage import SecondStage, SecondStageConfig, train_second_stage
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
    cold_weight: float = 4.0
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
class Settings:
    """What validation decides of a recommender."""

    epochs: int
    """How long the network is trained on all events; 0 leaves its weights as they are drawn."""
    fusion: FusionConfig = field(default_factory=FusionConfig)
    """The weights of the first stage."""
    second: SecondStage | None = None
    """The second stage; None where the first is better alone, or nobody could be asked."""


UNTRAINED = Settings(0, FusionConfig(text_weight=5.0))
"""Where nobody came often enough to learn from: texts and facts rank, and what events there are."""


@dataclass(frozen=True)
class Chosen:
    """Settings, and how they came about."""

    settings: Settings
    ranker: Ranker
    """Both stages on the network that they were chosen with, which has seen neither what came last in
    training nor a share of the products."""
    epochs: list[Epoch]
    """What each epoch of that network came to on what came last in training."""


@dataclass(frozen=True)
class Fitted:
    """A trained recommender."""

    ranker: Ranker
    network: ProductGraphNetwork
    data: HeteroData
    """The graph with the events that it was trained on."""


def choose(
    base: HeteroData,
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
) -> Chosen:
    """Choose the number of epochs and the weights of paths, text, trend and coldness, and the second stage.

    All of it is learned with a network of the past: one that has seen neither every user's last training
    visit nor a share of the products, which play new ones. These visits stop its training and teach the
    second stage; the weights and offsets, and whether there is a second stage, are chosen on the validation
    cases, for which the graph around the network holds all training events.

    Args:
        base: The graph without events (`build_graph`).
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
    n_products = int(base["product"].num_nodes)
    withheld = _withheld(histories, n_products, config)
    known, asked = past(histories, n_products, config, timed=timed)
    asked = _with_targets(asked, np.ones(n_products, dtype=bool))
    if not len(asked) or not len(Prefixes.of(known)):  # too few visits to look a second time into the past
        known, asked, withheld = histories, asked.sample(0), np.zeros(n_products, dtype=bool)
    stop = (asked if len(asked) else validation).sample(config.most_cases, config.train.seed)
    data = with_events(base, known, config.train.network.max_history, config.graph)
    usage = Usage.of(known, n_products, timed=timed)
    network, epochs = train(
        data,
        known,
        lambda network, current: measure(Ranker(Index.of(network, current, GRAPH_ONLY, usage)), stop),
        config.train,
        config.graph,
        device=device,
        resume=resume and resume / "past.pt",
        tensorboard=tensorboard,
        progress=progress,
    )
    network, data = network.cpu(), data.cpu()

    def index_of(histories: Histories) -> Index:
        """With a graph that holds these events, around the same network."""
        current = with_events(base, histories, config.train.network.max_history, config.graph)
        current["product"].trained = data["product"].trained
        return Index.of(network, current, GRAPH_ONLY, Usage.of(histories, n_products, timed=timed))

    index, blind = index_of(histories), index_of(histories.select(~withheld[histories.products]))
    trial = _trial(index, blind, withheld, validation, measure, config).with_best_weights()
    trial = trial.with_best_cold_weights(config.most_cases // 4, config.train.seed)
    second = None
    if config.second_stage is not None and len(asked):
        before = Index.of(network, data, trial.index.fusion, usage)
        second = train_second_stage(before, asked, config.second_stage, config.train.seed)
        if second is not None:
            second = trial.best_cold_offset_of(second)
            if trial.worth(second) <= trial.worth():
                second = None
    settings = Settings(best_epoch(epochs), trial.index.fusion, second)
    return Chosen(settings, Ranker(trial.index, second), epochs)


def fit(
    base: HeteroData,
    histories: Histories,
    settings: Settings,
    config: FitConfig = FitConfig(),
    *,
    timed: bool,
    device: str = "auto",
    resume: Path | None = None,
    progress: bool = True,
) -> Fitted:
    """Train the network on all events, and rank with what was chosen.

    Args:
        base: The graph without events (`build_graph`).
        histories: All events that are known, those that the choice was made on among them, in node numbers.
        settings: What `choose` decided.
        config: As given to `choose`.
        timed: Whether `at` is in seconds.
        device: Where to train, see `gnn.train`.
        resume: A folder with the states of trainings to go on with, see `gnn.train`.
        progress: Whether to show bars on stderr.
    """
    data = with_events(base, histories, config.train.network.max_history, config.graph)
    if settings.epochs:
        if progress:
            print("once more with all events", file=sys.stderr)
        network, _ = train(
            data,
            histories,
            None,
            replace(config.train, epochs=settings.epochs),
            config.graph,
            device=device,
            resume=resume and resume / "network.pt",
            progress=progress,
        )
        network, data = network.cpu(), data.cpu()
    else:
        torch.manual_seed(config.train.seed)
        network = ProductGraphNetwork(data, config.train.network).eval()
    usage = Usage.of(histories, int(base["product"].num_nodes), timed=timed)
    index = Index.of(network, data, settings.fusion, usage)
    return Fitted(Ranker(index, settings.second), network, data)


def _trial(
    index: Index,
    blind: Index,
    withheld: BoolArray,
    validation: Cases,
    measure: Measure,
    config: FitConfig,
) -> Trial:
    """The validation of what was trained, and of what plays new for a graph that is blind to it."""
    asked = replace(
        validation, histories=validation.histories.select(~withheld[validation.histories.products])
    )
    cold = _with_targets(asked, withheld).sample(config.most_cases, config.train.seed)
    weight = config.cold_weight * float(np.mean(index.n_events == 0))
    evidence = len(cold) / (len(cold) + FEW_CASES)
    return Trial(
        index,
        validation.sample(config.most_cases, config.train.seed),
        blind,
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
    if timed and len(user):
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
