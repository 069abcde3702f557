"""Full ranking: every product of the catalogue is scored, and the targets' ranks are counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..data import Histories
from ..data.dataset import BoolArray, FloatArray
from ..data.splits import Cases, Split
from .metrics import METRICS, IntArray, Values

Scorer = Callable[[Histories], FloatArray]
"""From the histories of `n` users to scores, `(n, n_products)`, columns as the rows of `Dataset.products`;
minus infinity for what must not be recommended."""

Fit = Callable[[Split], Scorer]
"""From what a model may know of a split, which is all but the test part, to a scorer."""

NEVER = 2**62
"""The rank of a target that must not be recommended: beyond a list of any length."""

MOST_SCORES = 2**24
"""At most so many scores are held at once, whatever the size of the catalogue."""


@dataclass(frozen=True)
class Trained:
    """A scorer that tells how it came about; a `Fit` may return one in place of a bare scorer."""

    scorer: Scorer
    curve: Sequence[float] = ()
    """NDCG@10 on validation after each epoch."""
    settings: Mapping[str, float | str | None] = field(default_factory=dict)
    """What was chosen on validation, by name."""
    refit: Fit | None = None
    """From `Exam.final` to the scorer that has the same settings and learned from all that is known when the
    test begins; the scorer stays as it is when absent."""

    def __call__(self, histories: Histories) -> FloatArray:
        """The scorer's scores."""
        return self.scorer(histories)


@dataclass(frozen=True)
class Ranks:
    """Where the targets stand in full rankings, and what stands at the head of these."""

    ranks: IntArray
    """0 for the best product, `NEVER` for one that was ruled out, `(n_targets,)`."""
    owner: IntArray
    """Case of each target, `(n_targets,)`."""
    targets: IntArray
    """Product row of each target, `(n_targets,)`."""
    lists: IntArray
    """Product rows of each case's first `k` in any order, `(n_cases, k)`; -1 where there is no more."""
    n_products: int

    @property
    def recommended(self) -> BoolArray:
        """Which products are among anybody's first `k`, `(n_products,)`."""
        return np.bincount(self.lists[self.lists >= 0], minlength=self.n_products) > 0

    def per_user(self, metric: str, k: int, keep: BoolArray | None = None) -> Values:
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
        k: Length of the lists.
        batch: Users scored at once; fewer where the catalogue is so large that `MOST_SCORES` would be passed.

    Raises:
        ValueError: The scorer answers in the wrong shape or with NaN.
    """
    ranks = np.zeros(len(cases.targets), dtype=np.int64)
    owner = cases.owners
    lists = np.full((len(cases), k), -1, dtype=np.int64)
    step = max(1, min(batch, MOST_SCORES // n_products))
    for start in range(0, len(cases), step):
        rows = np.arange(start, min(start + step, len(cases)))
        histories = cases.histories.take(rows)
        scores = np.array(scorer(histories), dtype=np.float32)
        if scores.shape != (len(rows), n_products):
            raise ValueError(f"scores have shape {scores.shape}; they must be {(len(rows), n_products)}")
        if np.isnan(scores.min()):
            raise ValueError("a score is NaN; a scorer must give every product a number")
        scores[histories.owners, histories.products] = -np.inf
        lists[rows, : min(k, n_products)] = _first(scores, min(k, n_products))
        here = slice(cases.offsets[start], cases.offsets[rows[-1] + 1])
        user, target = owner[here] - start, cases.targets[here]
        own = scores[user, target]
        scores[user, target] = -np.inf
        others = np.where(own == -np.inf, NEVER, _at_least(scores, user, own))
        order = np.lexsort((-own, user))  # every user's targets, best first
        before = np.arange(len(order)) - (cases.offsets[start:][user[order]] - cases.offsets[start])
        ranks[here][order] = others[order] + before
    return Ranks(ranks, owner, cases.targets, lists, n_products)


def _first(scores: FloatArray, k: int) -> IntArray:
    """The `k` best columns of every row, the earlier of equal ones, -1 for minus infinity, `(n, k)`."""
    last = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]  # fast however many are equal at the low end
    chosen = scores >= last
    # Which of equal scores a partition takes depends on the processor; what is recommended must not.
    for row in np.flatnonzero(np.count_nonzero(chosen, axis=1) > k):
        equal = np.flatnonzero(scores[row] == last[row])
        above = np.count_nonzero(chosen[row]) - len(equal)
        chosen[row, equal[k - above :]] = False
    best = np.flatnonzero(chosen).reshape(len(scores), k) % scores.shape[1]
    return np.where(np.take_along_axis(scores, best, axis=1) == -np.inf, -1, best)


def _at_least(scores: FloatArray, user: IntArray, own: FloatArray) -> IntArray:
    """How many of the user's scores are no lower than each of `own`, `(n_targets,)`; `user` ascends."""
    if len(own) < 20 * len(scores):  # up to about so many targets a user, counting is faster than sorting
        return np.array([np.count_nonzero(scores[u] >= s) for u, s in zip(user, own, strict=True)], np.int64)
    ordered = np.sort(scores, axis=1)
    ends = np.searchsorted(user, np.arange(len(scores) + 1))
    lower = [np.searchsorted(ordered[u], own[ends[u] : ends[u + 1]]) for u in range(len(scores))]
    return np.asarray(scores.shape[1] - np.concatenate(lower), np.int64)
