"""Our figures against those of another library, PyTorch Geometric's, on lists drawn at random."""

import numpy as np
import pytest
import torch
from torch_geometric.metrics import (
    LinkPredAveragePopularity,
    LinkPredCoverage,
    LinkPredMAP,
    LinkPredMRR,
    LinkPredNDCG,
    LinkPredRecall,
)

from cartograph.evaluation import rank_targets
from cartograph.evaluation.lists import coverage, mean_of
from tests.test_evaluation import cases_of, constant

N_USERS, N_PRODUCTS = 60, 90


@pytest.mark.parametrize("k", [1, 5, 10, 30])
def test_figures_are_those_of_another_library(k: int) -> None:
    rng = np.random.default_rng(k)
    scores = rng.random((N_USERS, N_PRODUCTS)).astype(np.float32)
    targets = [rng.choice(N_PRODUCTS, rng.integers(1, 20), replace=False).tolist() for _ in range(N_USERS)]
    found = rank_targets(constant(scores.tolist()), cases_of([[]] * N_USERS, targets), N_PRODUCTS, k=k)
    events = rng.integers(0, 50, N_PRODUCTS)
    listed = torch.tensor(np.argsort(-scores, axis=1)[:, :k].copy())
    edges = torch.tensor(np.stack([found.owner, found.targets]))
    for ours, theirs in (
        (found.per_user("recall", k).mean(), LinkPredRecall(k)),
        (found.per_user("ndcg", k).mean(), LinkPredNDCG(k)),
        (found.per_user("mrr", k).mean(), LinkPredMRR(k)),
        (found.per_user("map", k).mean(), LinkPredMAP(k)),
        (coverage(found.lists, N_PRODUCTS), LinkPredCoverage(k, N_PRODUCTS)),
        (
            mean_of(events.astype(np.float64), found.lists).mean(),
            LinkPredAveragePopularity(k, torch.tensor(events)),
        ),
    ):
        theirs.update(listed, edges)
        assert ours == pytest.approx(float(theirs.compute()), rel=1e-5), type(theirs).__name__
