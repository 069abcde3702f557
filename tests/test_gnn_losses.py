"""The softmax losses against their formulas."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from cartograph.gnn.losses import ROWS, full_softmax, sampled_softmax


def test_full_softmax_is_the_cross_entropy_with_its_gradients() -> None:
    torch.manual_seed(0)
    n_examples = 2 * ROWS + 3
    targets = torch.randint(7, (n_examples,))
    shapes = (n_examples, 5), (7, 5), (7,)
    queries, products, prior = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes)
    given = queries, products, prior
    loss = full_softmax(queries, products, prior, targets)
    expected = functional.cross_entropy(queries @ products.T + prior, targets)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(2 * loss, given), torch.autograd.grad(2 * expected, given))


def test_sampled_softmax_is_the_formula_by_hand() -> None:
    loss = sampled_softmax(
        target_logits=torch.tensor([2.0]),
        sample_logits=torch.tensor([[0.5, 2.0]]),
        targets=torch.tensor([7]),
        samples=torch.tensor([3, 7]),  # the second sample is the target, so it is left out
        log_q=torch.tensor([0.25, 0.5]).log(),
    )
    assert float(loss) == pytest.approx(-np.log(np.exp(2) / (np.exp(2) + np.exp(0.5) / 0.25)))


def test_sampled_softmax_estimates_the_full_one() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 500)
    targets = torch.tensor([1, 2, 3, 4])
    q = torch.full((500,), 1 / 500)
    samples = torch.multinomial(q, 20_000, replacement=True)
    own = logits.gather(1, targets[:, None])[:, 0]
    estimate = sampled_softmax(own, logits[:, samples], targets, samples, (q[samples] * 20_000).log())
    assert float(estimate) == pytest.approx(float(functional.cross_entropy(logits, targets)), abs=0.05)
