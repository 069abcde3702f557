"""The inductive product-graph network: products from their facts and neighbours, users as queries."""

from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import HeteroData
from torch_geometric.nn import MessagePassing

from .facts import FACTS

PRODUCT_RELATIONS = ("co_visited", "similar_to", "linked")
"""Relations between products over which vectors are propagated."""


@dataclass(frozen=True)
class NetworkConfig:
    """Size and shape of a `ProductGraphNetwork`."""

    dimension: int = 128
    """Length of every node vector."""
    kernels: tuple[float, ...] = (0.6, 0.35, 0.1, 0.02)
    """Decay per event that each recency kernel starts from; they are learned."""
    temperature: float = 0.07
    """What cosines are divided by before the softmax."""
    identity: bool = True
    """Whether products that training sees have an embedding of their own besides their facts and text."""
    simulated_cold: float = 0.1
    """Share of products that play new ones in a training step, without embedding, co-visits and events."""
    max_history: int = 100
    """How many of the last events of a user count."""


class SumConv(MessagePassing):  # type: ignore[misc]
    """The sum of the sources' vectors, weighed by the edges: the adjacency times the vectors.

    PyG's `SimpleConv` with message and sum fused, and the gradient taken through the edges the other way
    round, which are given too: to turn them around anew in every step costs as much as the sum.

    Shapes:
        - x: `(n_sources, d)`; adj_t: sparse `(n_targets, n_sources)`; adj: sparse `(n_sources, n_targets)`
        - output: `(n_targets, d)`
    """

    def __init__(self) -> None:
        super().__init__(aggr="sum")

    def forward(self, x: Tensor, adj_t: Tensor, adj: Tensor) -> Tensor:
        out: Tensor = self.propagate(adj_t, x=x, adj=adj)
        return out

    def message_and_aggregate(self, adj_t: Tensor, x: Tensor, adj: Tensor) -> Tensor:
        out: Tensor = _SparseProduct.apply(adj_t, adj, x)  # type: ignore[no-untyped-call]
        return out


class _SparseProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, adj_t: Tensor, adj: Tensor, x: Tensor) -> Tensor:
        ctx.adj = adj
        return adj_t @ x

    @staticmethod
    def backward(ctx: Any, *outside: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, ctx.adj @ outside[0]


class RecencyConv(nn.Module):
    """Sum what a user touched, recent events first: `q_u = Σ_k exp(-γ_j · age_k) · h_k` for each kernel j.

    Message passing along `(user, event, product)` edges, with message and sum fused, since the messages of a
    batch would need `n_events · n_kernels · d` numbers.

    Shapes:
        - x: `(n_products, d)`; edge_index: `(2, n_events)`, product → user, users ascending
        - age: `(n_events,)`, 0 = latest
        - output: `(n_users, n_kernels · d)`
    """

    def __init__(self, kernels: tuple[float, ...]) -> None:
        super().__init__()
        self.log_decay = nn.Parameter(torch.tensor(kernels).log())

    def forward(self, x: Tensor, edge_index: Tensor, age: Tensor, n_users: int) -> Tensor:
        product, user = edge_index
        offsets = torch.searchsorted(user, torch.arange(n_users, device=user.device))
        sums = [
            functional.embedding_bag(
                product, x, offsets, mode="sum", per_sample_weights=torch.exp(-decay * age)
            )
            for decay in self.log_decay.exp()
        ]
        return torch.cat(sums, dim=1)


class ProductGraphNetwork(nn.Module):
    """Vectors for every node such that a user's query is close to the product that comes next.

    A product is `h_p = e_p + Σ_a α_a · x_a + T · t_p`: its own embedding (absent where training never saw
    it), its facts, its text; then `h + g_1 Â_1 h + g_2 Â_2 h` over co-visits and text neighbours, with
    learned gates. A user is `q_u = W · Σ_k exp(-γ · age_k) · h_k`; a score is `cos(q_u, h_p)`. All of it is
    linear in the events and in the parts of a product, so that every score can be taken apart exactly.
    """

    def __init__(self, data: HeteroData, config: NetworkConfig = NetworkConfig()) -> None:
        super().__init__()
        d = config.dimension
        self.config = config
        self.id = nn.Embedding(data["product"].num_nodes, d)
        self.text = nn.Linear(data["product"].x.size(1), d, bias=False)
        self.facts = nn.ModuleDict(
            {t: nn.Embedding(data[t].num_nodes, d) for t in FACTS if t in data.node_types}
        )
        relations = [r for r in PRODUCT_RELATIONS if ("product", r, "product") in data.edge_types]
        self.gates = nn.ParameterDict({r: nn.Parameter(torch.ones(())) for r in relations})
        self.sum = SumConv()
        self.recency = RecencyConv(config.kernels)
        self.popularity = nn.Parameter(torch.zeros(()))
        self.query = nn.Linear(len(config.kernels) * d, d, bias=False)
        for name, weight in self.named_parameters():
            if name == "id.weight" or name.startswith("facts."):
                nn.init.normal_(weight, std=d**-0.5)
        with torch.no_grad():  # every kernel starts as the identity, so a query starts as a mean of products
            self.query.weight.copy_(torch.eye(d).repeat(1, len(config.kernels)) / len(config.kernels))

    def plays_new(self, data: HeteroData) -> Tensor | None:
        """Which products play new ones in a training step, `(n_products,)`; None where none does."""
        if not (self.training and self.config.simulated_cold):
            return None
        return (
            torch.rand(data["product"].num_nodes, device=self.id.weight.device) < self.config.simulated_cold
        )

    def parts(self, data: HeteroData, new: Tensor | None = None) -> dict[str, Tensor]:
        """What each channel adds to each product before propagation, every one `(n_products, d)`.

        Args:
            data: The graph.
            new: Products that count as never trained, `(n_products,)`.
        """
        trained = data["product"].trained if new is None else data["product"].trained & ~new
        parts = {"id": self.id.weight * trained[:, None]} if self.config.identity else {}
        parts["text"] = self.text(data["product"].x)
        for fact in self.facts:
            table = self.facts.get_parameter(f"{fact}.weight")
            describes = data[fact, "describes", "product"]
            parts[fact] = self.sum(table, describes.adj_t, describes.adj)
        return parts

    def propagate(self, h: Tensor, data: HeteroData, new: Tensor | None = None) -> Tensor:
        """One step of message passing between products, `(n_products, d)` → `(n_products, d)`.

        Args:
            h: Product vectors.
            data: The graph.
            new: Products that count as never visited, `(n_products,)`.
        """
        out = h
        for relation, gate in self.gates.items():
            edges = data["product", relation, "product"]
            message = gate * self.sum(h, edges.adj_t, edges.adj)
            if relation == "co_visited" and new is not None:
                message = message.masked_fill(new[:, None], 0.0)
            out = out + message
        return out

    def products(self, data: HeteroData, new: Tensor | None = None) -> Tensor:
        """Product vectors, `(n_products, d)`; `new` as in `parts`."""
        return self.propagate(reduce(torch.add, self.parts(data, new).values()), data, new)

    def queries(self, h: Tensor, edge_index: Tensor, age: Tensor, n_users: int) -> Tensor:
        """What the users ask for: `(n_users, d)` from product vectors `(n_products, d)` and their events."""
        out: Tensor = self.query(self.recency(h, edge_index, age, n_users))
        return out

    def forward(self, data: HeteroData) -> dict[str, Tensor]:
        """Vectors of every node by type, each `(n_nodes, d)`."""
        h = self.products(data)
        events = data["product", "visited_by", "user"]
        out = {"product": h, **{fact: self.facts.get_parameter(f"{fact}.weight") for fact in self.facts}}
        return out | {"user": self.queries(h, events.edge_index, events.age, data["user"].num_nodes)}

    def factors(self, queries: Tensor, products: Tensor, n_events: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the scores over the temperature are made of, as queries · products + a prior of each product.

        Args:
            queries: `(n_users, d)`.
            products: `(n_products, d)`.
            n_events: Events of each product, `(n_products,)`.

        Returns:
            `(n_users, d)`, `(n_products, d)` and `(n_products,)`.
        """
        scaled = functional.normalize(queries) / self.config.temperature
        prior = self.popularity / self.config.temperature * torch.log1p(n_events.float())
        return scaled, functional.normalize(products), prior

    def logits(self, queries: Tensor, products: Tensor, n_events: Tensor) -> Tensor:
        """Scores over the temperature, `(n_users, n_products)`; arguments as of `factors`."""
        scaled, unit, prior = self.factors(queries, products, n_events)
        return torch.addmm(prior, scaled, unit.T)

    def own_logits(self, queries: Tensor, products: Tensor, n_events: Tensor) -> Tensor:
        """The same for each user with one product of its own, all arguments by user, `(n_users,)`."""
        cosines = functional.cosine_similarity(queries, products)
        return (cosines + self.popularity * torch.log1p(n_events.float())) / self.config.temperature
