"""Softmax losses over the catalogue: full, and sampled with the logQ correction."""

from typing import Any

import torch
from torch import Tensor

ROWS = 64
"""Examples of which the full softmax computes the logits at once."""


def full_softmax(queries: Tensor, products: Tensor, prior: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of the targets against every product, logits being `queries @ products.T + prior`.

    Logits of a few examples at a time become gradients in place: those of a whole batch would be written to
    memory and read again several times, which takes longer than the products themselves.

    Args:
        queries: `(n_examples, d)`.
        products: `(n_products, d)`.
        prior: `(n_products,)`.
        targets: Product numbers, `(n_examples,)`.

    Returns:
        A scalar.
    """
    loss: Tensor = _FullSoftmax.apply(queries, products, prior, targets)  # type: ignore[no-untyped-call]
    return loss


class _FullSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, queries: Tensor, products: Tensor, prior: Tensor, targets: Tensor) -> Tensor:
        loss = queries.new_zeros(())
        gradients = torch.empty_like(queries), torch.zeros_like(products), torch.zeros_like(prior)
        for start in range(0, len(queries), ROWS):
            rows = slice(start, start + ROWS)
            some, target = queries[rows], targets[rows, None]
            logits = torch.addmm(prior, some, products.T)
            own, highest = logits.gather(1, target), logits.amax(dim=1, keepdim=True)
            softmax = logits.sub_(highest).exp_()
            total = softmax.sum(dim=1, keepdim=True)
            loss += (total.log() + highest - own).sum()
            difference = softmax.div_(total).scatter_add_(1, target, -torch.ones_like(total))
            gradients[0][rows] = difference @ products
            gradients[1].addmm_(difference.T, some)
            gradients[2].add_(difference.sum(dim=0))
        ctx.save_for_backward(*(gradient.div_(len(queries)) for gradient in gradients))
        return loss / len(queries)

    @staticmethod
    def backward(ctx: Any, *outside: Tensor) -> tuple[Tensor | None, ...]:
        return *(outside[0] * gradient for gradient in ctx.saved_tensors), None


def sampled_softmax(
    target_logits: Tensor, sample_logits: Tensor, targets: Tensor, samples: Tensor, log_q: Tensor
) -> Tensor:
    """Mean cross-entropy of the targets against sampled products, a scalar (Bengio and Senécal 2008).

    A sample's logit is corrected by `-log Q`, its expected count, so that the loss estimates the full
    softmax; a sample that happens to be the target is left out.

    Args:
        target_logits: Logits of the targets, `(n_examples,)`.
        sample_logits: Logits of the samples, shared by the batch, `(n_examples, n_samples)`.
        targets: Product numbers, `(n_examples,)`.
        samples: Product numbers, `(n_samples,)`.
        log_q: Log of the expected count of each sample, `(n_samples,)`.
    """
    corrected = (sample_logits - log_q).float().masked_fill(samples == targets[:, None], -torch.inf)
    everything = torch.cat([target_logits.float()[:, None], corrected], dim=1)
    return (everything.logsumexp(dim=1) - target_logits.float()).mean()
