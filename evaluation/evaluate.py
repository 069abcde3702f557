"""Full ranking: every product of the catalogue is scored, and the targets' ranks are counted."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data import Histories
from ..data.splits import Cases, Split
from .metrics import METRICS, IntArray, Values

Scorer = Callable[[Histories], npt.NDArray[np.float32]]
"""From the histories of `n` users to scores, `(n, n_products)`, columns as the rows of `Dataset.products`."""

Fit = Callable[[Split], Scorer]
"""From a split, of which it may read the training and the validation part, to a scorer."""

SEGMENTS = ("overall", "warm", "cold")


@dataclass(frozen=True)
class Ranks:
    """Where the targets stand in full rankings."""

    ranks: IntArray
    """0 for the best product, `(n_targets,)`."""
    owner: IntArray
    """Case of each target, `(n_targets,)`."""
    targets: IntArray
    """Product row of each target, `(n_targets,)`."""
    recommended: npt.NDArray[np.bool_]
    """Which products are among anybody's first `k`, `(n_products,)`."""

    def per_user(self, metric: str, k: int, keep: npt.NDArray[np.bool_] | None = None) -> Values:
        """One value a user of those with a target to keep.

        Args:
            metric: One of `METRICS`.
            k: Length of the list.
            keep: Which targets count, `(n_targets,)`; all when absent. The others keep their places in the
                list, but are not looked for.
        """
        chosen = np.ones(len(self.ranks), dtype=bool) if keep is None else keep
        _, owner = np.unique(self.owner[chosen], return_inverse=True)
        return METRICS[metric](self.ranks[chosen], owner.astype(np.int64), k)


def rank_targets(scorer: Scorer, cases: Cases, n_products: int, *, k: int = 10, batch: int = 512) -> Ranks:
    """Rank the whole catalogue for every case; the products of the user's own history are left out.

    Ties are broken against us: a target ranks behind all that score the same. Targets of one user stand one
    after the other, as in the list that the user is shown.

    Args:
        scorer: Scores every product.
        cases: The questions.
        n_products: Size of the catalogue.
        k: Length of the lists that `recommended` counts.
        batch: Users scored at once.

    Raises:
        ValueError: The scorer answers in the wrong shape or with NaN.
    """
    ranks = np.zeros(len(cases.targets), dtype=np.int64)
    owner = np.repeat(np.arange(len(cases)), np.diff(cases.offsets))
    recommended = np.zeros(n_products, dtype=bool)
    for start in range(0, len(cases), batch):
        rows = np.arange(start, min(start + batch, len(cases)))
        histories = cases.histories.take(rows)
        scores = np.array(scorer(histories), dtype=np.float32)
        if scores.shape != (len(rows), n_products):
            raise ValueError(f"scores have shape {scores.shape}; they must be {(len(rows), n_products)}")
        if np.isnan(scores).any():
            raise ValueError("a score is NaN; a scorer must give every product a number")
        scores[np.repeat(np.arange(len(rows)), histories.lengths), histories.products] = -np.inf
        first = min(k, n_products)
        recommended[np.unique(np.argpartition(-scores, first - 1, axis=1)[:, :first])] = True
        here = slice(cases.offsets[start], cases.offsets[rows[-1] + 1])
        user, target = owner[here] - start, cases.targets[here]
        own = scores[user, target]
        scores[user, target] = -np.inf
        others = np.array([np.count_nonzero(scores[u] >= s) for u, s in zip(user, own, strict=True)])
        order = np.lexsort((-own, user))  # every user's targets, best first
        before = np.arange(len(order)) - (cases.offsets[start:][user[order]] - cases.offsets[start])
        ranks[here][order] = others[order] + before
    return Ranks(ranks, owner, cases.targets, recommended)


def summarise(
    found: Ranks, cold: npt.NDArray[np.bool_], ks: Sequence[int] = (5, 10, 20)
) -> dict[str, dict[str, float]]:
    """Means over users by segment: all targets, those with training events (warm), those without (cold).

    Args:
        found: What `rank_targets` returns.
        cold: Which products have no training event, `(n_products,)`.
        ks: Lengths of list.

    Returns:
        For each of `SEGMENTS`, `n_users` and each metric as `name@k`; a segment that nobody is in has only
        `n_users`. Overall has `coverage@10` too: the share of the catalogue in anybody's first 10.
    """
    is_cold = cold[found.targets]
    segments = {"overall": np.ones_like(is_cold), "warm": ~is_cold, "cold": is_cold}
    out: dict[str, dict[str, float]] = {}
    for name, keep in segments.items():
        out[name] = {"n_users": len(np.unique(found.owner[keep]))}
        if keep.any():
            for k in ks:
                for metric in METRICS:
                    out[name][f"{metric}@{k}"] = float(found.per_user(metric, k, keep).mean())
    out["overall"]["coverage@10"] = float(found.recommended.mean())
    return out


def compare(split: Split, models: Mapping[str, Fit]) -> dict[str, dict[str, dict[str, float]]]:
    """Fit every model and read the test part once for each.

    Returns:
        By model name: the segments of `summarise`, and `seconds` to `fit` and to `score` all test cases.
    """
    results = {}
    for name, fit in models.items():
        begun = time.perf_counter()
        scorer = fit(split)
        fitted = time.perf_counter()
        found = rank_targets(scorer, split.test, len(split.train.products))
        seconds = {"fit": fitted - begun, "score": time.perf_counter() - fitted}
        results[name] = {**summarise(found, split.cold), "seconds": seconds}
    return results
