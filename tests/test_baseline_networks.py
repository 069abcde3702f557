"""The networks among the baselines: what a state reads, and losses and graphs against arithmetic by hand."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from torch.nn import functional
from torch_geometric.nn.models import LightGCN

from cartograph.data import DataError, Dataset, Histories
from cartograph.evaluation.lightgcn import LightGcnConfig
from cartograph.evaluation.lightgcn_training import normalised, train
from cartograph.evaluation.sasrec import SasRecConfig
from cartograph.evaluation.transformer import Layer, Transformer, next_product_loss, padded
from cartograph.evaluation.transformer import train as train_transformer
from cartograph.serving.content import text_vectors

SMALL = SasRecConfig(d=8, heads=2, layers=2, max_history=4, samples=3, dropout=0.0)


@pytest.fixture
def network() -> Transformer:
    torch.manual_seed(0)
    return Transformer(10, SMALL).eval()


def of(*histories: list[int]) -> Histories:
    flat = np.array([p for row in histories for p in row], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in histories])]).astype(np.int64)
    names = np.array([str(i) for i in range(len(histories))], dtype=object)
    return Histories(names, offsets, flat, np.zeros_like(flat), np.zeros_like(flat))


def states(network: Transformer, *histories: list[int]) -> torch.Tensor:
    out: torch.Tensor = network(*padded(of(*histories)))
    return out


def test_a_state_reads_what_came_before_and_nothing_later(network: Transformer) -> None:
    first = states(network, [1, 2, 3])
    other = states(network, [1, 2, 9])
    torch.testing.assert_close(first[:2], other[:2])
    assert not torch.allclose(first[2], other[2])
    assert not torch.allclose(first[1], states(network, [5, 2, 3])[1])


def test_a_state_reads_nothing_of_other_users(network: Transformer) -> None:
    together = states(network, [1, 2, 3], [4], [2, 1])
    alone = torch.cat([states(network, row) for row in ([1, 2, 3], [4], [2, 1])])
    torch.testing.assert_close(together, alone)


def test_a_layer_is_the_librarys_where_weights_are_the_same(network: Transformer) -> None:
    layer = network.layers[0]
    assert isinstance(layer, Layer)
    library = torch.nn.TransformerEncoderLayer(
        8, 2, 8, 0.0, activation="gelu", batch_first=True, norm_first=True
    ).eval()
    pairs: dict[str, torch.nn.Module] = {
        "norm1": layer.to_attention[0],
        "self_attn.in_proj_": layer.to_attention[1],
        "self_attn.out_proj": layer.from_attention,
        "norm2": layer.maps[0],
        "linear1": layer.maps[1],
        "linear2": layer.maps[4],
    }
    library.load_state_dict(
        {
            name + ("" if name.endswith("_") else ".") + part: weight
            for name, module in pairs.items()
            for part, weight in module.state_dict().items()
        }
    )
    x = torch.randn(5, 8)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(5)
    expected = library(x[None], src_mask=mask, is_causal=True)[0]
    torch.testing.assert_close(layer(x, torch.ones(1, 5, dtype=torch.bool)), expected)


def test_histories_are_padded_to_the_longest_of_the_batch_and_scores_do_not_notice(
    network: Transformer,
) -> None:
    products, mask = padded(of([1, 2, 3], [4]))
    assert products.tolist() == [[1, 2, 3], [4, 0, 0]]
    assert mask.tolist() == [[True, True, True], [True, False, False]]
    both, alone = network.scores(of([1, 2, 3], [], [4])), network.scores(of([4]))
    np.testing.assert_allclose(both[2], alone[0], rtol=1e-5)
    assert not both[1].any()
    assert not network.scores(of([])).any()


def test_only_the_last_events_are_read(network: Transformer) -> None:
    np.testing.assert_allclose(
        network.scores(of([9, 8, 1, 2, 3, 4])), network.scores(of([1, 2, 3, 4])), rtol=1e-5
    )


def test_a_score_is_the_cosine_over_the_temperature(network: Transformer) -> None:
    state = states(network, [1, 2])[1]
    expected = functional.cosine_similarity(state, network.products.weight[7], dim=0) / 0.07
    assert network.scores(of([1, 2]))[0, 7] == pytest.approx(expected.item(), rel=1e-4)


def test_the_sampled_loss_is_the_cross_entropy_against_what_was_drawn(network: Transformer) -> None:
    products, mask = padded(of([1, 2], [3]))
    torch.manual_seed(5)
    loss = next_product_loss(network, products, mask)
    torch.manual_seed(5)
    drawn = [p for p in torch.randint(10, (3,)).tolist() if p != 2]
    scores = network.scores(of([1]))[0].astype(np.float64)
    others = 10 / 3 * sum(np.exp(scores[p]) for p in drawn)  # 3 drawn ones stand for 10
    assert loss.item() == pytest.approx(-np.log(np.exp(scores[2]) / (np.exp(scores[2]) + others)), rel=1e-4)


def test_a_small_catalogue_is_compared_with_as_a_whole() -> None:
    torch.manual_seed(0)
    network = Transformer(3, SMALL).eval()
    scores = network.scores(of([0]))[0].astype(np.float64)
    loss = next_product_loss(network, *padded(of([0, 2])))
    assert loss.item() == pytest.approx(-np.log(np.exp(scores[2]) / np.exp(scores).sum()), rel=1e-4)


def test_histories_of_one_event_cannot_be_learnt_from() -> None:
    with pytest.raises(DataError, match="no user has two training events"):
        train_transformer(of([1], [2]), 10, SMALL, lambda network: 0.0)


def test_edges_weigh_one_over_the_root_of_both_degrees_as_in_the_library() -> None:
    users, products = torch.tensor([0, 0, 1]), torch.tensor([2, 3, 3])  # nodes 0, 1 are users; 2, 3 products
    graph = normalised(users, products, 4)
    expected = np.zeros((4, 4))
    expected[0, 2] = expected[2, 0] = 1 / np.sqrt(2 * 1)
    expected[0, 3] = expected[3, 0] = 1 / np.sqrt(2 * 2)
    expected[1, 3] = expected[3, 1] = 1 / np.sqrt(1 * 2)
    np.testing.assert_allclose(graph.to_dense().numpy(), expected, rtol=1e-6)
    plain = LightGCN(4, 3, 2)
    ours = LightGCN(4, 3, 2, normalize=False)
    ours.load_state_dict(plain.state_dict())
    edges = torch.stack([torch.cat([users, products]), torch.cat([products, users])])
    torch.testing.assert_close(ours.get_embedding(graph), plain.get_embedding(edges))


def test_training_keeps_the_vectors_of_the_best_epoch_and_stops_after_its_patience() -> None:
    seen: list[np.ndarray] = []

    def validate(vectors: np.ndarray) -> float:
        seen.append(vectors.copy())
        return [0.1, 0.3, 0.2, 0.2, 0.9][len(seen) - 1]

    chosen = sp.csr_array(np.eye(4, dtype=np.float32))
    kept, epoch = train(chosen, LightGcnConfig(d=3, patience=2, steps=2), validate)
    assert len(seen) == 4
    assert epoch == 2
    np.testing.assert_array_equal(kept, seen[1])
    # Where nobody can be asked, so many epochs come to the same.
    again, last = train(chosen, LightGcnConfig(d=3, epochs=2, steps=2), None)
    assert last == 2
    np.testing.assert_array_equal(again, seen[1])


def test_a_transformer_is_trained_for_as_many_epochs_as_were_best_where_nobody_can_be_asked() -> None:
    histories = of([1, 2, 3], [2, 3, 4], [5, 6])
    figures = iter([0.1, 0.3, 0.2, 0.2])
    _, epoch = train_transformer(histories, 10, replace(SMALL, patience=2), lambda network: next(figures))
    assert epoch == 2
    network, last = train_transformer(histories, 10, replace(SMALL, epochs=2), None)
    assert last == 2
    assert not network.training


def test_products_read_alike_where_their_titles_do(shop: Dataset) -> None:
    vectors = text_vectors(shop, "title", progress=False)
    assert vectors.shape[0] == 32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    nearest = np.argsort(-(vectors @ vectors[0]))[:8]
    assert sorted(nearest.tolist()) == list(range(8))  # the eight spades
