"""SASRec's network and its training, which take torch."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data import DataError, Histories
from ..data.dataset import IntArray
from .matrices import FloatArray
from .tuning import exhausted, passes

if TYPE_CHECKING:
    from .sasrec import SasRecConfig


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
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                config.d,
                config.heads,
                4 * config.d,
                config.dropout,
                activation="gelu",
                batch_first=True,
                norm_first=True,
            )
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.d)

    def forward(self, products: Tensor) -> Tensor:
        """The state after every event, `(n_users, length, d)`.

        Args:
            products: Product rows, oldest first from position 0; what stands after a history's end is read
                by no state within it, `(n_users, length)`.
        """
        length = products.shape[1]
        x = self.products(products) + self.positions.weight[:length]
        x = self.dropout(x)
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=True)
        out: Tensor = self.norm(x)
        return out

    @torch.no_grad()
    def scores(self, histories: Histories) -> FloatArray:
        """Scores of all products after each history, `(n_users, n_products)`; an empty one's mean nothing."""
        recent = histories.last(self.config.max_history)
        products, _ = padded(recent)
        last = torch.from_numpy(np.maximum(recent.lengths - 1, 0))
        states = self(products)[torch.arange(len(recent)), last]  # (n_users, d)
        out: FloatArray = self.logits(states, self.products.weight).numpy()
        return out

    def logits(self, states: Tensor, vectors: Tensor) -> Tensor:
        """Scores of product vectors, `(…, d)` and `(n, d)` to `(…, n)`."""
        unit = functional.normalize(states, dim=-1)
        return unit @ functional.normalize(vectors, dim=-1).T / self.config.temperature


def train(
    histories: Histories,
    n_products: int,
    config: "SasRecConfig",
    validate: Callable[[Transformer], float],
) -> Transformer:
    """The network of the epoch that is best on validation.

    Args:
        histories: Training events.
        n_products: Size of the catalogue.
        config: How to train.
        validate: A figure to maximise, computed after every epoch.

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
    while len(figures) < config.epochs and not exhausted(figures, config.patience):
        network.train()
        rng = np.random.default_rng([config.seed, len(figures)])
        for _ in range(n_passes):
            for rows in batches(recent.lengths, config.batch_size, rng):
                loss = next_product_loss(network, *padded(recent.take(rows)))
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
        figures.append(validate(network.eval()))
        if figures[-1] == max(figures):
            best = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
    network.load_state_dict(best)
    return network.eval()


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
    states = network(products[:, :-1])[asked]  # (n, d)
    targets = products[:, 1:][asked]  # (n,)
    if n_products <= config.samples:
        return functional.cross_entropy(network.logits(states, network.products.weight), targets)
    samples = torch.randint(n_products, (config.samples,))
    logits = network.logits(states, network.products(samples))
    logits = logits + float(np.log(n_products / config.samples))
    logits = logits.masked_fill(samples == targets[:, None], -torch.inf)
    unit = functional.normalize(states, dim=-1)
    own = (unit * functional.normalize(network.products(targets), dim=-1)).sum(-1) / config.temperature
    return (torch.logsumexp(torch.cat([own[:, None], logits], dim=1), dim=1) - own).mean()


def batches(lengths: IntArray, size: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Rows in batches of like length, in random order, so that little is padded."""
    order = rng.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    starts = np.arange(0, len(order), size)
    for start in rng.permutation(starts):
        yield order[start : start + size]
