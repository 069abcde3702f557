"""SASRec's network and its training, which take torch."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data import DataError, Histories
from ..data.dataset import FloatArray
from .tuning import best_epoch, exhausted, passes

if TYPE_CHECKING:
    from .sasrec import SasRecConfig


class Layer(nn.Module):
    """Causal attention, then two linear maps, each on what is normalised first and added to it afterwards."""

    def __init__(self, config: "SasRecConfig") -> None:
        """Draw the weights.

        Args:
            config: Shape of the network.
        """
        super().__init__()
        d = config.d
        self.heads = config.heads
        self.to_attention = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 3 * d))
        self.from_attention = nn.Linear(d, d)
        self.maps = nn.Sequential(
            nn.LayerNorm(d), nn.Linear(d, d), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(d, d)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """What the events come to, `(n_events, d)` like `x`.

        Only attention takes padded rows: most histories are much shorter than the longest of a batch.

        Args:
            x: Users one after the other, oldest event first, `(n_events, d)`.
            mask: Which cells of the padded rows are events, `(n_users, length)`.
        """
        rows = x.new_zeros(*mask.shape, 3 * x.shape[1])
        rows[mask] = self.to_attention(x)
        queries, keys, values = rows.view(*mask.shape, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        read = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        x = x + self.dropout(self.from_attention(read.transpose(1, 2).flatten(2)[mask]))
        out: Tensor = x + self.dropout(self.maps(x))
        return out


class Transformer(nn.Module):
    """Reads a history and says what comes next (Kang, McAuley 2018), with products tied in and out.

    The score of a product is `cos(state, product) / temperature`.
    """

    def __init__(self, n_products: int, config: "SasRecConfig") -> None:
        """Draw the weights.

        Args:
            n_products: Size of the catalogue.
            config: Shape of the network.
        """
        super().__init__()
        self.config = config
        self.products = nn.Embedding(n_products, config.d)
        self.positions = nn.Embedding(config.max_history, config.d)
        nn.init.normal_(self.products.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.d)

    def forward(self, products: Tensor, mask: Tensor) -> Tensor:
        """The state after every event, `(n_events, d)`, users one after the other.

        Args:
            products: Product rows, oldest first from position 0, `(n_users, length)`.
            mask: Which cells are events, `(n_users, length)`.
        """
        position = torch.arange(mask.shape[1]).expand_as(mask)[mask]
        # As large as in the paper's code: as they are drawn, what the layers add would drown them.
        x = self.products(products[mask]) * self.config.d**0.5
        x = self.dropout(x + self.positions(position))
        for layer in self.layers:
            x = layer(x, mask)
        out: Tensor = self.norm(x)
        return out

    @torch.no_grad()
    def scores(self, histories: Histories) -> FloatArray:
        """Scores of all products after each history, 0 after an empty one, `(n_users, n_products)`."""
        recent = histories.last(self.config.max_history)
        some = torch.from_numpy(recent.lengths > 0)
        states = torch.zeros(len(recent), self.config.d)
        states[some] = self(*padded(recent))[torch.from_numpy(recent.offsets[1:])[some] - 1]
        out: FloatArray = self.logits(states, self.products.weight).numpy()
        return out

    def logits(self, states: Tensor, vectors: Tensor) -> Tensor:
        """Scores of product vectors, `(…, n, d)` and `(…, m, d)` to `(…, n, m)`."""
        unit = functional.normalize(states, dim=-1) / self.config.temperature
        return unit @ functional.normalize(vectors, dim=-1).mT


def train(
    histories: Histories,
    n_products: int,
    config: "SasRecConfig",
    validate: Callable[[Transformer], float] | None,
) -> tuple[Transformer, int]:
    """The network of the epoch that is best on validation, and the number of that epoch, from 1.

    Args:
        histories: Training events.
        n_products: Size of the catalogue.
        config: How to train.
        validate: A figure to maximise, computed after every epoch; when absent, the last epoch is taken.

    Raises:
        DataError: No user has two training events.
    """
    recent = histories.last(config.max_history + 1)
    recent = recent.take(np.flatnonzero(recent.lengths >= 2))
    if not len(recent):
        raise DataError("no user has two training events, which 'sasrec' learns from; leave it out")
    torch.manual_seed(config.seed)
    network = Transformer(n_products, config)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    n_passes = passes(len(recent), config.batch_size, config.steps)
    n_steps = config.epochs * n_passes * -(-len(recent) // config.batch_size)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, n_steps)
    figures: list[float] = []
    best: dict[str, Tensor] = {}
    for epoch in range(config.epochs):
        network.train()
        rng = np.random.default_rng([config.seed, epoch])
        for _ in range(n_passes):
            order = rng.permutation(len(recent))
            for rows in np.split(order, range(config.batch_size, len(order), config.batch_size)):
                loss = next_product_loss(network, *padded(recent.take(rows)))
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
        if validate is None:
            continue
        figures.append(validate(network.eval()))
        if figures[-1] > max(figures[:-1], default=-np.inf):
            best = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
        if exhausted(figures, config.patience):
            break
    network.load_state_dict(best or network.state_dict())
    return network.eval(), best_epoch(figures, config.epochs)


def padded(histories: Histories) -> tuple[Tensor, Tensor]:
    """Histories as rows that are as long as the longest, and which cells are events.

    Returns:
        Product rows, 0 after the end of a history, and the mask, both `(n_users, length)`.
    """
    lengths = histories.lengths
    mask = np.arange(max(lengths.max(initial=0), 1)) < lengths[:, None]
    products = np.zeros(mask.shape, dtype=np.int64)
    products[mask] = histories.products
    return torch.from_numpy(products), torch.from_numpy(mask)


def next_product_loss(network: Transformer, products: Tensor, mask: Tensor) -> Tensor:
    """Mean cross-entropy of every next product against negatives that the batch shares.

    With negatives drawn uniformly, `n_products / samples` copies of each stand for the whole catalogue
    (Jean et al. 2015); those that are the target itself do not count.
    """
    config = network.config
    n_products = network.products.num_embeddings
    asked = mask[:, 1:]
    states = network(products[:, :-1], asked)  # (n, d)
    targets = products[:, 1:][asked]  # (n,)
    if n_products <= config.samples:
        return functional.cross_entropy(network.logits(states, network.products.weight), targets)
    samples = torch.randint(n_products, (config.samples,))
    vectors = network.products(torch.cat([targets, samples]))
    own = network.logits(states[:, None], vectors[: len(targets), None])[:, 0, 0]
    others = network.logits(states, vectors[len(targets) :]) + float(np.log(n_products / config.samples))
    others = others.masked_fill(samples == targets[:, None], -torch.inf)
    return functional.softplus(torch.logsumexp(others, dim=1) - own).mean()
