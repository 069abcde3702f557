"""The training of LightGCN, which takes torch."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor
from torch.nn import functional
from torch_geometric.nn.models import LightGCN

from ..data.dataset import FloatArray
from .tuning import best_epoch, exhausted, passes

if TYPE_CHECKING:
    from .lightgcn import LightGcnConfig


def train(
    chosen: sp.csr_array, config: "LightGcnConfig", validate: Callable[[FloatArray], float] | None
) -> tuple[FloatArray, int]:
    """The product vectors of the epoch that is best on validation, `(n_products, d)`, and its number, from 1.

    Args:
        chosen: Which products each user chose, 0 or 1, `(n_users, n_products)`.
        config: How to train.
        validate: A figure to maximise, computed from the product vectors after every epoch; when absent,
            the last epoch is taken.
    """
    torch.manual_seed(config.seed)
    n_users, n_products = chosen.shape
    pairs = sp.coo_array(chosen)
    users = torch.from_numpy(pairs.row.astype(np.int64))
    products = n_users + torch.from_numpy(pairs.col.astype(np.int64))  # nodes: users first
    graph = normalised(users, products, n_users + n_products)
    network = LightGCN(n_users + n_products, config.d, config.layers, normalize=False)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    figures: list[float] = []
    best = current = np.zeros((n_products, config.d), dtype=np.float32)
    n_passes = passes(len(users), config.batch_size, config.steps)
    for _ in range(config.epochs):
        order = torch.cat([torch.randperm(len(users)) for _ in range(n_passes)])
        for start in range(0, len(order), config.batch_size):
            batch = order[start : start + config.batch_size]
            others = n_users + torch.randint(n_products, (len(batch),))
            nodes = torch.stack([users[batch], products[batch], others])
            # Looked up as an embedding: the gradient of indexing adds in an order that threads decide.
            vectors = functional.embedding(nodes, network.get_embedding(graph))  # (3, n_batch, d)
            liked, other = (vectors[0] * vectors[1]).sum(-1), (vectors[0] * vectors[2]).sum(-1)
            loss = network.recommendation_loss(
                liked, other, node_id=nodes.flatten(), lambda_reg=config.regularization
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            current = network.get_embedding(graph)[n_users:].numpy()
        if validate is None:
            continue
        figures.append(validate(current))
        if figures[-1] > max(figures[:-1], default=-np.inf):
            best = current
        if exhausted(figures, config.patience):
            break
    return best if figures else current, best_epoch(figures, config.epochs)


def normalised(users: Tensor, products: Tensor, n_nodes: int) -> Tensor:
    """Edges of both directions with the weight `1 / √(deg(i) deg(j))`, `(n_nodes, n_nodes)` in CSR."""
    edges = torch.stack([torch.cat([users, products]), torch.cat([products, users])])
    scale = torch.bincount(edges[0], minlength=n_nodes).clamp(min=1).float() ** -0.5
    weights = scale[edges[0]] * scale[edges[1]]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
        whole = torch.sparse_coo_tensor(edges, weights, (n_nodes, n_nodes), check_invariants=False)
        return whole.to_sparse_csr()
