"""The one training loop: next-product prediction from every prefix of every history."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import HeteroData
from tqdm import tqdm

from ..data import Histories
from ..data.files import atomically
from ..data.prefixes import Prefixes
from .graph import GraphConfig, followed_by, recent_events, with_co_visits
from .losses import full_softmax, sampled_softmax
from .network import NetworkConfig, ProductGraphNetwork

STEPS = 250
"""Few examples are passed over as often as it takes to make so many steps, within `PASSES`."""

PASSES = (4, 10)
"""Fewer passes are not enough for any log, and more are learned by heart."""


@dataclass(frozen=True)
class TrainConfig:
    """How a network is trained."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    """Size and shape of the network."""
    epochs: int | None = None
    """Passes over the examples, while the learning rate falls linearly to zero; `PASSES` when absent."""
    patience: int = 2
    """Stop earlier after this many epochs without a better validation figure."""
    batch_size: int = 1024
    """Examples a step, at most; an example is a prefix of a history and the product that comes next."""
    folds: int = 10
    """In every epoch users are dealt into at most so many folds, and each fold learns on what all others did:
    in a graph with the users' own co-visits the answers can be read. 1 leaves them in."""
    examples: int = 250_000
    """At most so many examples an epoch, drawn anew each time, so that an epoch stays short on any log."""
    learning_rate: float = 5e-3
    """Step size of AdamW at its highest, after a short warm-up."""
    weight_decay: float = 1e-2
    """Weight decay of AdamW."""
    full_softmax_up_to: int = 50_000
    """Catalogues with more products are trained with a sampled softmax."""
    samples: int = 8192
    """Products that a sampled softmax compares with."""
    seed: int = 0
    """Seed of initial weights, order, dropout and samples."""

    def __post_init__(self) -> None:
        if self.epochs is not None and self.epochs < 1:
            raise ValueError(f"epochs is {self.epochs}; it must be at least 1")
        for name in ("patience", "batch_size", "folds", "examples", "samples"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.learning_rate <= 0 or self.weight_decay < 0:
            raise ValueError("learning_rate must be positive and weight_decay not negative")


@dataclass(frozen=True)
class Epoch:
    """What one epoch of training came to."""

    number: int
    loss: float
    validation: float | None
    """The figure to maximise; None where nobody could be asked."""
    seconds: float = field(compare=False)
    """What the training took, without the validation."""


def train(
    data: HeteroData,
    histories: Histories,
    validate: Callable[[ProductGraphNetwork, HeteroData], float] | None,
    config: TrainConfig = TrainConfig(),
    graph: GraphConfig = GraphConfig(),
    *,
    device: str = "auto",
    resume: Path | None = None,
    tensorboard: Path | None = None,
    progress: bool = True,
) -> tuple[ProductGraphNetwork, list[Epoch]]:
    """A network with the weights of its best epoch on validation, and what each epoch came to.

    Without validation it has the weights of the last epoch.

    Args:
        data: The graph, with the training events (`with_events`).
        histories: Training events by user, in node numbers.
        validate: A figure to maximise, computed without gradients after every epoch, if there is one.
        config: How to train.
        graph: How what users do makes products neighbours.
        device: `"cpu"`, `"cuda"`, or `"auto"` for CUDA where there is one.
        resume: A file that keeps the state after every epoch; a killed training goes on from it, to the same
            result. The caller removes it, once what came of it is kept.
        tensorboard: A folder for TensorBoard events.
        progress: Whether to show a bar on stderr.

    Raises:
        ValueError: No history has two events, so there is nothing to learn from.
    """
    examples = Prefixes.of(histories)
    if not len(examples):
        raise ValueError(
            "no user has events at two moments, so there is no next product to learn; give more events"
        )
    torch.manual_seed(config.seed)
    data = data.to(pick_device(device))
    network = ProductGraphNetwork(data, config.network).to(pick_device(device))
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    epochs: list[Epoch] = []
    best: dict[str, Tensor] = {}
    if resume is not None and resume.exists():
        epochs, best = _restore(resume, network, optimizer, config)
    steps = -(-min(config.examples, len(examples)) // config.batch_size)
    n_epochs = config.epochs or min(max(-(-STEPS // steps), PASSES[0]), PASSES[1])
    while len(epochs) < n_epochs and not _exhausted(epochs, config.patience):
        number = len(epochs)
        torch.manual_seed(config.seed + 1000 * (number + 1))  # by epoch, so a resumed run draws the same
        network.train()
        begun = time.perf_counter()
        loss = _epoch(
            network, optimizer, data, histories, examples, config, graph, number, n_epochs, progress
        )
        seconds = time.perf_counter() - begun
        network.eval()
        with torch.no_grad():
            figure = None if validate is None else validate(network, data)
        epochs.append(Epoch(number + 1, loss, figure, seconds))
        if best_epoch(epochs) == number + 1:
            best = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
        if progress:
            found = "" if figure is None else f", validation {figure:.4f}"
            print(f"epoch {number + 1}: loss {loss:.3f}{found}", file=sys.stderr)
        if resume is not None:
            _keep(resume, network, optimizer, config, epochs, best)
    network.load_state_dict(best)
    if tensorboard is not None:
        _write_tensorboard(tensorboard, epochs)
    return network.eval(), epochs


def pick_device(device: str) -> torch.device:
    """The device of that name; `"auto"` is CUDA where there is one, else the CPU.

    >>> pick_device("cpu")
    device(type='cpu')
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def _epoch(
    network: ProductGraphNetwork,
    optimizer: torch.optim.Optimizer,
    data: HeteroData,
    histories: Histories,
    examples: Prefixes,
    config: TrainConfig,
    graph: GraphConfig,
    number: int,
    n_epochs: int,
    progress: bool,
) -> float:
    """One pass over the examples, fold by fold; the mean loss."""
    rng = np.random.default_rng([config.seed, number])
    order = rng.permutation(len(examples))[: config.examples]
    owners = histories.owners
    n_folds = 1 if config.folds == 1 else min(config.folds, max(2, len(order) // config.batch_size))
    fold_of_user = rng.permutation(len(histories)) % n_folds
    fold_of_example = fold_of_user[owners[examples.starts[order]]]
    device, total, done = network.id.weight.device, 0.0, 0
    with tqdm(total=len(order), desc=f"epoch {number + 1}", leave=False, disable=not progress) as bar:
        for fold in range(n_folds):
            known = data
            if n_folds > 1:
                others = histories.select(fold_of_user[owners] != fold)
                followed = followed_by(others, network.id.num_embeddings, graph)
                known = with_co_visits(data, others, followed).to(device)
            rows = order[fold_of_example == fold]
            for batch in np.array_split(rows, -(-len(rows) // config.batch_size)) if len(rows) else ():
                share = (number + done / len(order)) / n_epochs
                _set_learning_rate(optimizer, config.learning_rate, share)
                loss = _loss(network, known, histories, examples.take(batch), config)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                total += loss.item() * len(batch)
                done += len(batch)
                bar.update(len(batch))
    return total / len(order)


def _loss(
    network: ProductGraphNetwork,
    data: HeteroData,
    histories: Histories,
    examples: Prefixes,
    config: TrainConfig,
) -> Tensor:
    """The loss of a batch of examples, a scalar."""
    device = network.id.weight.device
    most = config.network.max_history
    edge_index, age = recent_events(examples.last(most).histories(histories), most)
    targets = torch.from_numpy(examples.targets).to(device)
    new = network.plays_new(data)
    h = network.products(data, new)
    queries = network.queries(h, edge_index.to(device), age.to(device), len(examples))
    n_products, counts = len(h), data["product"].n_events
    if new is not None:
        counts = counts.masked_fill(new, 0)
    if n_products <= config.full_softmax_up_to:
        return full_softmax(*network.factors(queries, h, counts), targets)
    # Half of the samples by popularity, half uniform: what users see often, and the long tail.
    visits = data["product"].n_events
    q = 0.5 * visits / visits.sum() + 0.5 / n_products
    samples = torch.multinomial(q, config.samples, replacement=True)
    logits = network.logits(queries, h[samples], counts[samples])
    own = network.own_logits(queries, h[targets], counts[targets])
    log_q = (q[samples] * config.samples).log()
    return sampled_softmax(own, logits, targets, samples, log_q)


def _set_learning_rate(optimizer: torch.optim.Optimizer, highest: float, done: float) -> None:
    """Linear warm-up over the first twentieth of the training, then linear decay to zero at the end."""
    for group in optimizer.param_groups:
        group["lr"] = highest * min(1.0, 20 * done + 0.02) * (1 - done)


def best_epoch(epochs: Sequence[Epoch]) -> int:
    """The number of the first epoch that is best on validation; of the last one without validation."""
    figures = [epoch.validation for epoch in epochs if epoch.validation is not None]
    return 1 + figures.index(max(figures)) if figures else len(epochs)


def _exhausted(epochs: list[Epoch], patience: int) -> bool:
    return len(epochs) - best_epoch(epochs) >= patience


def _keep(
    path: Path,
    network: ProductGraphNetwork,
    optimizer: torch.optim.Optimizer,
    config: TrainConfig,
    epochs: list[Epoch],
    best: dict[str, Tensor],
) -> None:
    state = {
        "config": repr(config),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epochs": [asdict(epoch) for epoch in epochs],
        "best": best,
    }
    with atomically(path) as unfinished:
        torch.save(state, unfinished)


def _restore(
    path: Path, network: ProductGraphNetwork, optimizer: torch.optim.Optimizer, config: TrainConfig
) -> tuple[list[Epoch], dict[str, Tensor]]:
    """Go on from a kept state, or start anew where it is of another configuration or graph."""
    state: dict[str, Any] = torch.load(path, map_location=network.id.weight.device, weights_only=True)
    shapes = {name: weight.shape for name, weight in network.state_dict().items()}
    if state["config"] != repr(config) or shapes != {n: w.shape for n, w in state["network"].items()}:
        return [], {}
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return [Epoch(**epoch) for epoch in state["epochs"]], state["best"]


def _write_tensorboard(folder: Path, epochs: list[Epoch]) -> None:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ImportError(
            'TensorBoard is not installed; pip install "cartograph-recommender[tensorboard]"'
        ) from error
    with SummaryWriter(str(folder)) as writer:
        for epoch in epochs:
            writer.add_scalar("loss/train", epoch.loss, epoch.number)
            if epoch.validation is not None:
                writer.add_scalar("validation", epoch.validation, epoch.number)
