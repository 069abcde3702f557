"""The network against its formulas, one training step by hand, and what it learns on planted structure."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch_geometric.data import HeteroData

from cartograph.data import Dataset, Histories, RunError
from cartograph.data.dataset import FloatArray
from cartograph.gnn import (
    GraphConfig,
    NetworkConfig,
    ProductGraphNetwork,
    TrainConfig,
    best_epoch,
    build_graph,
    event_histories,
    load_checkpoint,
    recent_events,
    save_checkpoint,
    train,
    with_events,
)
from cartograph.gnn.facts import facts
from cartograph.gnn.network import RecencyConv, SumConv
from cartograph.kg import Edges, GraphArrays, export, load_dataset, open_store
from tests.planted import planted_shop

on_every_device = pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")),
    ],
)

SMALL = TrainConfig(network=NetworkConfig(dimension=16), epochs=8, patience=8, batch_size=32)


def histories_of(*sequences: list[int], at: list[int] | None = None) -> Histories:
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in sequences])]).astype(np.int64)
    products = np.array([p for s in sequences for p in s], dtype=np.int64)
    times = np.arange(len(products)) if at is None else np.array(at)
    users = np.array([f"u{i}" for i in range(len(sequences))], dtype=object)
    return Histories(users, offsets, products, np.zeros_like(products), times.astype(np.int64))


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> GraphArrays:
    with open_store(tmp_path_factory.mktemp("graph") / "graph.lbug") as store:
        load_dataset(store, planted_shop(), progress=False)
        return export(store)


@pytest.fixture(scope="module")
def vectors(arrays: GraphArrays) -> dict[str, FloatArray]:
    """Text vectors that say which group a product is of, with some noise."""
    rng = np.random.default_rng(0)
    group = np.array([int(name[1]) for name in arrays.nodes["Product"]["id"]])
    raw = np.eye(8)[group] + 0.1 * rng.standard_normal((len(group), 8))
    return {"Product": (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)}


@pytest.fixture
def data(arrays: GraphArrays, vectors: dict[str, FloatArray]) -> HeteroData:
    return with_events(build_graph(arrays, vectors), event_histories(arrays), max_history=20)


def scores_of(network: ProductGraphNetwork, data: HeteroData, histories: Histories) -> torch.Tensor:
    """What the network says to all users, their own products left out."""
    out = network(data)
    scores = network.logits(out["user"], out["product"], data["product"].n_events)
    scores[histories.owners, histories.products] = -torch.inf
    return scores


def next_product_rate(network: ProductGraphNetwork, data: HeteroData) -> float:
    """How often the best product that a user has not had is of the user's group."""
    scores = scores_of(network, data, planted_shop().histories(sorted(f"u{i}" for i in range(60))))
    groups = np.array([int(name[1]) for name in data["product"].ids])
    users = np.array([int(name[1:]) % 4 for name in sorted(f"u{i}" for i in range(60))])
    return float((groups[scores.argmax(dim=1).numpy()] == users).mean())


WALKS = histories_of(*([(start + step) % 32 for step in range(5)] for start in range(32) for _ in range(4)))
"""Everybody walks around a ring of products, always the same way."""


def walks(data: HeteroData) -> HeteroData:
    return with_events(data, WALKS, max_history=20)


def walk_rate(network: ProductGraphNetwork, data: HeteroData) -> float:
    """How often the best product after a walk is the next on the ring."""
    scores = scores_of(network, data, WALKS)
    following = (WALKS.products[WALKS.offsets[1:] - 1] + 1) % 32
    return float((scores.argmax(dim=1).cpu().numpy() == following).mean())


def test_event_histories_are_the_events_in_order(arrays: GraphArrays) -> None:
    histories = event_histories(arrays)
    expected = planted_shop().histories(sorted(f"u{i}" for i in range(60)))
    ids = arrays.nodes["Product"]["id"].to_numpy(object)
    rows = planted_shop().product_index.to_numpy(object)
    assert ids[histories.products].tolist() == rows[expected.products].tolist()
    assert histories.offsets.tolist() == expected.offsets.tolist()


def test_recency_aggregation_is_the_sum_of_the_formula() -> None:
    h = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    edge_index, age = recent_events(histories_of([0, 1], [2], []), most=5)
    out = RecencyConv((0.5, 0.1))(h, edge_index, age, n_users=3)
    expected = [
        [np.exp(-0.5), 1.0, np.exp(-0.1), 1.0],
        [2.0, 2.0, 2.0, 2.0],
        [0.0, 0.0, 0.0, 0.0],  # a user without events asks for nothing
    ]
    np.testing.assert_allclose(out.detach().numpy(), expected, atol=1e-6)


def test_words_describe_products_unless_one_has_them_alone_or_most_do(arrays: GraphArrays) -> None:
    products = (
        arrays.nodes["Product"]
        .head(4)
        .assign(title=["Red shoe", "red HAT, red", "blue shoe", "shoe"], description=["", "", "a hat", ""])
    )
    few = GraphArrays({**arrays.nodes, "Product": products}, {})
    described = facts(few, GraphConfig(rarest_word=2, commonest_word=0.5))
    ids, incidence = described["word"]
    assert set(described) == {"word"}
    assert ids.tolist() == ["hat", "red"]
    assert incidence.toarray().tolist() == [[0, 1], [1, 1], [1, 0], [0, 0]]


def test_facts_stand_side_by_side_and_rare_ones_weigh_more(data: HeteroData) -> None:
    kinds = ("brand", "category", "attribute")
    by_hand = np.hstack(
        [
            (data[k, "describes", "product"].adj_t.to_dense().numpy() > 0) * data[k].rarity.numpy()
            for k in kinds
        ]
    )
    by_hand /= np.linalg.norm(by_hand, axis=1, keepdims=True)
    np.testing.assert_allclose(data["product"].facts.toarray(), by_hand, atol=1e-6)


def test_a_product_vector_is_the_propagated_sum_of_its_channels(data: HeteroData) -> None:
    network = ProductGraphNetwork(data, NetworkConfig(dimension=4)).eval()
    parts = network.parts(data)
    assert set(parts) == {"id", "text", "brand", "category", "attribute"}
    h = sum(parts.values())
    by_hand = h
    for relation, gate in network.gates.items():
        by_hand = by_hand + gate * (data["product", relation, "product"].adj_t.to_dense() @ h)
    torch.testing.assert_close(network.products(data), by_hand)


def test_the_shop_s_links_make_neighbours_when_asked(
    arrays: GraphArrays, vectors: dict[str, FloatArray]
) -> None:
    link = Edges(np.array([0]), np.array([1]), {})
    edges = {
        **arrays.edges,
        ("Product", "ALSO_BOUGHT", "Product"): link,
        ("Product", "ALSO_VIEWED", "Product"): link,
    }
    linked = GraphArrays(arrays.nodes, edges)
    assert ("product", "linked", "product") not in build_graph(linked, vectors).edge_types
    base = build_graph(linked, vectors, GraphConfig(links=True))
    neighbours = base["product", "linked", "product"].adj_t.to_dense()
    assert neighbours.nonzero().tolist() == [[0, 1], [1, 0]]
    assert neighbours[0, 1] == pytest.approx(2 / np.sqrt(2 * 2))
    network = ProductGraphNetwork(with_events(base, WALKS, max_history=20), NetworkConfig(dimension=4))
    assert set(network.gates) == {"co_visited", "similar_to", "linked"}


def test_without_identity_a_product_is_its_facts_and_text(data: HeteroData) -> None:
    network = ProductGraphNetwork(data, NetworkConfig(dimension=4, identity=False))
    assert set(network.parts(data)) == {"text", "brand", "category", "attribute"}


def test_forward_gives_a_vector_to_every_node(data: HeteroData) -> None:
    out = ProductGraphNetwork(data, NetworkConfig(dimension=4)).eval()(data)
    assert {kind: tuple(vectors.shape) for kind, vectors in out.items()} == {
        "product": (32, 4),
        "brand": (4, 4),
        "category": (5, 4),
        "attribute": (2, 4),
        "user": (60, 4),
    }


def test_a_product_without_events_has_no_embedding_of_its_own(data: HeteroData) -> None:
    network = ProductGraphNetwork(data, NetworkConfig(dimension=4)).eval()
    cold = (data["product"].n_events == 0).numpy()
    assert cold.sum() == 4
    assert not network.parts(data)["id"].detach().numpy()[cold].any()


def test_a_sum_over_edges_has_the_gradient_of_the_product() -> None:
    torch.manual_seed(0)
    adjacency = torch.randn(4, 6) * (torch.rand(4, 6) < 0.5)
    x = torch.randn(6, 3, requires_grad=True)
    weight = torch.randn(4, 3)
    (SumConv()(x, adjacency.to_sparse_csr(), adjacency.T.to_sparse_csr()) * weight).sum().backward()
    torch.testing.assert_close(x.grad, adjacency.T @ weight)


def test_one_training_step_is_the_step_by_hand(data: HeteroData) -> None:
    config = TrainConfig(
        network=NetworkConfig(dimension=4, simulated_cold=0.0), epochs=1, folds=1, examples=4, seed=3
    )
    histories = histories_of([0, 1], [2, 3], [4, 5], [6, 7])
    data = with_events(data, histories, max_history=20)
    trained, _ = train(data, histories, lambda *_: 0.0, config, device="cpu", progress=False)
    torch.manual_seed(config.seed)
    network = ProductGraphNetwork(data, config.network)
    order = np.random.default_rng([config.seed, 0]).permutation(4)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate * 0.02, weight_decay=1e-2)
    last = torch.tensor([0, 2, 4, 6])[order]
    h = network.products(data)
    queries = network.query(torch.cat([h[last]] * 4, dim=1))  # one event of age 0: every kernel weighs 1
    scores = functional.normalize(queries) @ functional.normalize(h).T
    scores = scores + network.popularity * torch.log1p(data["product"].n_events.float())
    loss = functional.cross_entropy(scores / 0.07, torch.tensor([1, 3, 5, 7])[order])
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    for name, weight in network.named_parameters():
        torch.testing.assert_close(trained.get_parameter(name), weight, msg=name)


def test_users_learn_on_what_others_did_only(data: HeteroData) -> None:
    """Everybody walks a way of their own: a graph with it gives the answers away, one without has none."""
    own = histories_of(*([4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3] for i in range(8)))
    graph = with_events(data, own, max_history=20)
    gates = {}
    for folds in (1, 4):
        config = TrainConfig(network=SMALL.network, epochs=4, batch_size=4, folds=folds)
        network, _ = train(graph, own, lambda *_: 0.0, config, device="cpu", progress=False)
        gates[folds] = network.gates["co_visited"].item()
    assert gates[1] > 1 > gates[4]


@on_every_device
def test_training_learns_the_planted_walk(data: HeteroData, device: str) -> None:
    torch.manual_seed(0)
    before = walk_rate(ProductGraphNetwork(walks(data), SMALL.network).eval(), walks(data))
    network, epochs = train(walks(data), WALKS, walk_rate, SMALL, device=device, progress=False)
    assert before < 0.75
    assert walk_rate(network.cpu(), walks(data)) > 0.9
    assert epochs[-1].loss < epochs[0].loss


@on_every_device
def test_training_with_sampled_softmax_learns_the_planted_walk_too(data: HeteroData, device: str) -> None:
    config = TrainConfig(
        network=SMALL.network, epochs=12, patience=12, batch_size=32, full_softmax_up_to=1, samples=16
    )
    network, _ = train(walks(data), WALKS, walk_rate, config, device=device, progress=False)
    assert walk_rate(network.cpu(), walks(data)) > 0.9


def test_training_twice_with_one_seed_gives_the_same_weights(data: HeteroData, arrays: GraphArrays) -> None:
    first, second = (
        train(data, event_histories(arrays), lambda *_: 0.0, SMALL, device="cpu", progress=False)[0]
        for _ in range(2)
    )
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name]), name


def test_training_stops_when_validation_no_longer_rises(data: HeteroData, arrays: GraphArrays) -> None:
    figures = iter([0.1, 0.3, 0.2, 0.2, 0.9])
    config = TrainConfig(network=SMALL.network, epochs=5, patience=2)
    _, epochs = train(
        data, event_histories(arrays), lambda *_: next(figures), config, device="cpu", progress=False
    )
    assert [epoch.validation for epoch in epochs] == [0.1, 0.3, 0.2, 0.2]


def test_without_validation_training_ends_with_its_last_epoch(data: HeteroData, arrays: GraphArrays) -> None:
    config = TrainConfig(network=SMALL.network, epochs=3)
    last, epochs = train(data, event_histories(arrays), None, config, device="cpu", progress=False)
    figures = iter([0.1, 0.2, 0.3])
    best, _ = train(
        data, event_histories(arrays), lambda *_: next(figures), config, device="cpu", progress=False
    )
    assert [epoch.validation for epoch in epochs] == [None] * 3
    assert best_epoch(epochs) == 3
    for name, weight in last.state_dict().items():
        assert torch.equal(weight, best.state_dict()[name]), name


def test_what_is_bought_at_one_moment_does_not_predict_itself(data: HeteroData) -> None:
    with pytest.raises(ValueError, match="no user has events at two moments"):
        train(data, histories_of([0, 1, 2], at=[5, 5, 5]), lambda *_: 0.0, SMALL, progress=False)


def test_training_writes_tensorboard_events_when_asked(
    data: HeteroData, arrays: GraphArrays, tmp_path: Path
) -> None:
    config = TrainConfig(network=SMALL.network, epochs=1)
    train(data, event_histories(arrays), lambda *_: 0.0, config, tensorboard=tmp_path, progress=False)
    assert list(tmp_path.glob("events.out.tfevents*"))


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0.0}])
def test_a_configuration_that_cannot_train_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        TrainConfig(**wrong)  # type: ignore[arg-type]


class TestCheckpoint:
    def test_a_loaded_network_gives_the_same_vectors(self, data: HeteroData, tmp_path: Path) -> None:
        network = ProductGraphNetwork(data, SMALL.network).eval()
        save_checkpoint(tmp_path / "c.safetensors", network, data, "encoder")
        loaded = load_checkpoint(tmp_path / "c.safetensors", data, "encoder")
        torch.testing.assert_close(loaded(data)["user"], network(data)["user"])

    def test_a_product_that_came_later_stands_on_its_facts(
        self, data: HeteroData, arrays: GraphArrays, vectors: dict[str, FloatArray], tmp_path: Path
    ) -> None:
        network = ProductGraphNetwork(data, SMALL.network).eval()
        save_checkpoint(tmp_path / "c.safetensors", network, data, "encoder")
        nodes = {**arrays.nodes, "Product": arrays.nodes["Product"].replace({"id": {"p00": "new"}})}
        later = with_events(
            build_graph(GraphArrays(nodes, arrays.edges), vectors), event_histories(arrays), max_history=20
        )
        loaded = load_checkpoint(tmp_path / "c.safetensors", later, "encoder")
        assert not loaded.parts(later)["id"].detach()[0].any()
        assert loaded.parts(later)["brand"].detach()[0].any()

    def test_another_catalogue_is_refused(
        self, data: HeteroData, arrays: GraphArrays, vectors: dict[str, FloatArray], tmp_path: Path
    ) -> None:
        save_checkpoint(tmp_path / "c.safetensors", ProductGraphNetwork(data, SMALL.network), data, "encoder")
        other = arrays.nodes["Product"].assign(id=[f"other{i:02}" for i in range(32)])
        graph = build_graph(GraphArrays({**arrays.nodes, "Product": other}, arrays.edges), vectors)
        with pytest.raises(RunError, match="does not fit this graph: only 0 of the 32 products"):
            load_checkpoint(tmp_path / "c.safetensors", graph, "encoder")

    def test_another_encoder_is_refused(self, data: HeteroData, tmp_path: Path) -> None:
        save_checkpoint(tmp_path / "c.safetensors", ProductGraphNetwork(data, SMALL.network), data, "encoder")
        with pytest.raises(RunError, match="encoded by encoder, these are encoded by another"):
            load_checkpoint(tmp_path / "c.safetensors", data, "another")

    def test_an_absent_checkpoint_says_what_to_run(self, data: HeteroData, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="run `cartograph train` first"):
            load_checkpoint(tmp_path / "none", data, "encoder")

    def test_a_damaged_checkpoint_is_named(self, data: HeteroData, tmp_path: Path) -> None:
        (tmp_path / "c.safetensors").write_bytes(b"nonsense")
        with pytest.raises(RunError, match="is damaged"):
            load_checkpoint(tmp_path / "c.safetensors", data, "encoder")


def test_a_shop_without_brands_categories_and_attributes_still_trains(tmp_path: Path) -> None:
    shop = planted_shop()
    bare = Dataset.of("bare", shop.products[["product_id", "title"]], shop.events)
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, bare, progress=False)
        arrays = export(store)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((32, 8)).astype(np.float32)
    histories = event_histories(arrays)
    data = with_events(build_graph(arrays, {"Product": x}), histories, max_history=20)
    network, _ = train(data, histories, next_product_rate, SMALL, device="cpu", progress=False)
    assert set(network.parts(data)) == {"id", "text"}
    assert next_product_rate(network, data) > 0.95
