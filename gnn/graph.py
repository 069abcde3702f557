"""`HeteroData` from the exported product graph, the text vectors of its nodes, and histories."""

import copy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from ..data import EVENT_TYPES, Histories
from ..data.dataset import FloatArray, IntArray
from ..data.matrices import Matrix, largest
from ..kg import EVENT_RELATIONS, LINK_RELATIONS, GraphArrays
from .facts import fact_matrix, facts, idf_weighted, rarity


@dataclass(frozen=True)
class GraphConfig:
    """How products become neighbours of each other."""

    co_visit_gap: int = 5
    """Two products of one history are co-visited when at most this many events lie between them."""
    co_visit_scale: float = 2.0
    """A co-visit `gap` events apart weighs `exp(-gap / co_visit_scale)`."""
    successors: int = 200
    """Of the products that come after one, only so many are kept, the most frequent and closest."""
    text_neighbours: int = 10
    """How many of the nearest products by text each product is linked to."""
    links: bool = False
    """Whether products that the shop itself links are neighbours too. Such links often stem from later events
    than those they are tested on, so figures with them are to be shown beside figures without."""
    rarest_word: int = 2
    """A word describes products when at least so many have it."""
    commonest_word: float = 0.1
    """A word describes products when at most this share of them has it, in (0, 1]."""


def event_histories(arrays: GraphArrays) -> Histories:
    """Every user's events, oldest first; users and products are node numbers, ids are not kept.

    Events at the same second are ordered by type, then by product.
    """
    columns: list[tuple[IntArray, ...]] = []
    for number, kind in enumerate(EVENT_TYPES):
        edges = arrays.edges.get(("User", EVENT_RELATIONS[kind], "Product"))
        if edges is not None and len(edges.source):
            types = np.full(len(edges.source), number, dtype=np.int64)
            columns.append((edges.source, edges.target, types, edges.properties["at"].astype(np.int64)))
    empty = np.zeros(0, dtype=np.int64)
    users, products, types, at = (
        np.concatenate(parts) for parts in (zip(*columns, strict=True) if columns else [[empty]] * 4)
    )
    order = np.lexsort((products, types, at, users))
    ids = arrays.nodes["User"]["id"].to_numpy(object)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=len(ids)))]).astype(np.int64)
    return Histories(ids, offsets, products[order], types[order], at[order])


def recent_events(histories: Histories, most: int) -> tuple[Tensor, Tensor]:
    """The last `most` events of each user as edges.

    Returns:
        `edge_index` `(2, n_edges)`, product → user, and `age` `(n_edges,)` float32, 0 = latest event.
    """
    recent = histories.last(most)
    edge_index = torch.from_numpy(np.stack([recent.products, recent.owners]))
    return edge_index, torch.from_numpy(recent.ages.astype(np.float32))


def followed_by(histories: Histories, n_products: int, config: GraphConfig) -> Matrix:
    """How often, and how closely, the column's product came after the row's, `(n_products, n_products)`."""
    user = histories.owners
    total = sp.csr_array((n_products, n_products), dtype=np.float32)
    for gap in range(1, config.co_visit_gap + 1):
        same = user[gap:] == user[:-gap]
        pair = (histories.products[:-gap][same], histories.products[gap:][same])
        weight = np.full(np.count_nonzero(same), np.exp(-gap / config.co_visit_scale), dtype=np.float32)
        total = total + sp.coo_array((weight, pair), shape=total.shape).tocsr()
    total.setdiag(0)
    total.eliminate_zeros()
    return sp.csr_array(total)


def leads_to(followed: Matrix, config: GraphConfig) -> Matrix:
    """How strongly the row's product leads to the column's, `(n_products, n_products)`.

    `F[p, q] / √(1 + Σ_q F[p, q])` of `followed_by`: brought to scale by the product that it starts from
    alone, so that what many lead to stays strong.
    """
    kept = largest(followed, config.successors)
    scale = sp.diags_array(1 / np.sqrt(1 + np.asarray(followed.sum(axis=1), dtype=np.float32)))
    return sp.csr_array(scale @ kept)


def nearest_by_text(vectors: FloatArray, k: int, chunk: int = 1024) -> Matrix:
    """Cosines of each product with its `k` nearest by text, made symmetric, `(n_products, n_products)`.

    Exact, so `n_products²` products of vectors: a minute at 100,000 products on two cores.

    Args:
        vectors: Unit length, or zero for a product without text, `(n_products, d)`.
        k: Neighbours a product; fewer where the catalogue is smaller.
        chunk: Rows computed at once.
    """
    n = len(vectors)
    k = min(k, n - 1)
    if k < 1:
        return sp.csr_array((n, n), dtype=np.float32)
    found = []
    for start in range(0, n, chunk):
        cosines = vectors[start : start + chunk] @ vectors.T
        rows = np.arange(start, start + len(cosines))
        cosines[rows - start, rows] = -np.inf
        columns = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        weight = np.take_along_axis(cosines, columns, axis=1).clip(min=0)
        found.append((weight.ravel(), np.repeat(rows, k), columns.ravel()))
    weight, source, target = (np.concatenate(parts) for parts in zip(*found, strict=True))
    nearest = sp.coo_array((weight, (source, target)), shape=(n, n)).tocsr()
    symmetric = sp.csr_array(nearest.maximum(nearest.T))
    symmetric.eliminate_zeros()
    return symmetric


def build_graph(
    arrays: GraphArrays, vectors: Mapping[str, FloatArray], config: GraphConfig = GraphConfig()
) -> HeteroData:
    """What does not depend on events: products with their text, facts and text neighbours.

    Args:
        arrays: The exported graph.
        vectors: Text vectors by label, unit length; `Product` is needed, `(n_products, d_text)`.
        config: How products become neighbours.

    Returns:
        Node types product (`x` text centred by `mean`, `leaf` and `brand` numbers or -1, `facts` as
        `fact_matrix` gives them, `degree` of its text neighbours), brand, category, attribute, word (each
        with `ids`), relations `(fact, describes, product)`, `(product, similar_to, product)` and, where asked
        for, `(product, linked, product)` as sparse `adj_t`, and `adj`, the same the other way round.
    """
    mean = vectors["Product"].mean(axis=0)
    text = centred(vectors["Product"])
    data = HeteroData()
    data["product"].ids = arrays.nodes["Product"]["id"].to_numpy(object)
    data["product"].num_nodes = len(text)
    data["product"].x = torch.from_numpy(text)
    data["product"].mean = torch.from_numpy(mean)
    data["product"].leaf = torch.from_numpy(_fact(arrays, "IN_CATEGORY", "Category"))
    data["product"].brand = torch.from_numpy(_fact(arrays, "MADE_BY", "Brand"))
    described = facts(arrays, config)
    data["product"].facts = fact_matrix([incidence for _, incidence in described.values()], len(text))
    for kind, (ids, incidence) in described.items():
        data[kind].ids = ids
        data[kind].num_nodes = len(ids)
        data[kind].rarity = torch.from_numpy(rarity(incidence))
        weighted = idf_weighted(incidence)
        data[kind, "describes", "product"].adj_t = _sparse(weighted)
        data[kind, "describes", "product"].adj = _sparse(Matrix(weighted.T))
    similar = nearest_by_text(text, config.text_neighbours)
    data["product"].degree = torch.from_numpy(np.asarray(similar.sum(axis=1), dtype=np.float32))
    _make_neighbours(data, "similar_to", similar)
    if config.links:
        _make_neighbours(data, "linked", _links(arrays))
    return data


def _fact(arrays: GraphArrays, relation: str, label: str) -> IntArray:
    """The number of the fact that each product has, -1 for none, `(n_products,)`."""
    out = np.full(len(arrays.nodes["Product"]), -1, dtype=np.int64)
    edges = arrays.edges.get(("Product", relation, label))
    if edges is not None:
        out[edges.source] = edges.target
    return out


def _links(arrays: GraphArrays) -> Matrix:
    """How many kinds of the shop's links join two products, either way, `(n_products, n_products)`."""
    n = len(arrays.nodes["Product"])
    total = Matrix((n, n), dtype=np.float32)
    for relation in LINK_RELATIONS.values():
        edges = arrays.edges["Product", relation, "Product"]
        ones = np.ones(len(edges.source), dtype=np.float32)
        linked = sp.coo_array((ones, (edges.source, edges.target)), shape=(n, n)).tocsr()
        total = total + linked.maximum(linked.T)
    total.setdiag(0)
    total.eliminate_zeros()
    return Matrix(total)


def with_co_visits(data: HeteroData, histories: Histories, followed: Matrix) -> HeteroData:
    """A copy of the graph (tensors shared) with what products' vectors depend on: event counts and co-visits.

    Products without an event are marked as not `trained`.

    Args:
        data: The graph.
        histories: What users did.
        followed: The same as `followed_by` tells it.
    """
    out = copy.copy(data)
    counts = np.bincount(histories.products, minlength=int(data["product"].num_nodes))
    out["product"].n_events = torch.from_numpy(counts)
    out["product"].trained = torch.from_numpy(counts > 0)
    _make_neighbours(out, "co_visited", Matrix(followed + followed.T))
    return out


def with_events(
    data: HeteroData, histories: Histories, max_history: int, config: GraphConfig = GraphConfig()
) -> HeteroData:
    """The same as `with_co_visits`, and with what leads to what, and users with their recent events."""
    followed = followed_by(histories, int(data["product"].num_nodes), config)
    out = with_co_visits(data, histories, followed)
    out["product", "leads_to", "product"].adj = _sparse(leads_to(followed, config))
    out["user"].num_nodes = len(histories)
    edge_index, age = recent_events(histories, max_history)
    out["product", "visited_by", "user"].edge_index = edge_index
    out["product", "visited_by", "user"].age = age
    return out


def centred(vectors: FloatArray) -> FloatArray:
    """Unit vectors around the mean of the catalogue; what all titles share says nothing about one.

    >>> centred(np.array([[4, 0], [0, 3]], dtype=np.float32)).tolist()
    [[0.800000011920929, -0.6000000238418579], [-0.800000011920929, 0.6000000238418579]]
    """
    moved = vectors - vectors.mean(axis=0)
    norm = np.linalg.norm(moved, axis=1, keepdims=True)
    out: FloatArray = np.divide(moved, norm, out=np.zeros_like(moved), where=norm > 1e-6)
    return out


def _make_neighbours(data: HeteroData, relation: str, weights: Matrix) -> None:
    """Give products a relation to each other, from weights that are the same both ways."""
    edges = data["product", relation, "product"]
    edges.adj_t = edges.adj = _sparse(symmetrically_normalised(weights))


def symmetrically_normalised(weights: Matrix) -> Matrix:
    """`D^-½ A D^-½` with `D` the row sums (Kipf and Welling 2017, without self-loops)."""
    degree = np.asarray(weights.sum(axis=1), dtype=np.float32)
    scale = sp.diags_array(np.divide(1, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0))
    return sp.csr_array(scale @ weights @ scale)


def to_matrix(adjacency: Tensor) -> Matrix:
    """A sparse adjacency as SciPy's, sharing memory where it is on the CPU."""
    parts = adjacency.values(), adjacency.col_indices(), adjacency.crow_indices()
    rows, columns = adjacency.shape
    return Matrix(tuple(part.cpu().numpy() for part in parts), shape=(rows, columns))


def _sparse(matrix: Matrix) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            matrix.shape,
            check_invariants=False,
        )
