"""Softmax losses over the catalogue: full, and sampled with the logQ correction."""

import torch
from torch import Tensor
from torch.nn import functional


def full_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of the targets against every product, a scalar.

    Args:
        logits: `(n_examples, n_products)`.
        targets: Product numbers, `(n_examples,)`.
    """
    return functional.cross_entropy(logits.float(), targets)


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
