"""The second stage: gradient-boosted trees order the best candidates of the first anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from ..data.dataset import FloatArray, IntArray
from ..data.splits import Cases
from .index import Index
from .pairs import FEATURES, pair_features
from .parts import Parts

BATCH_CELLS = 4_000_000
"""Users are scored in batches of about so many scores, which bounds the memory."""

GROUPS = {
    "first": "first stage",
    "graph": "graph network",
    "text": "text",
    "spectral": "collaborative",
    "paths": "bought in turn",
    "facts": "facts",
    "leaf": "kind",
    "brand": "brand",
    "events": "popularity",
    "cold": "popularity",
    "history": "length of the history",
}
"""What a feature is called in front of users, by the first word of its name."""


@dataclass(frozen=True)
class SecondStageConfig:
    """How the second stage is trained (LambdaMART: Burges 2010)."""

    candidates: int = 100
    """How many products of the first stage are ordered anew."""
    trees: int = 150
    """How many trees."""
    leaves: int = 7
    """Leaves of a tree."""
    learning_rate: float = 0.05
    """What every tree counts."""
    most_users: int = 25_000
    """Train on at most so many users."""


@dataclass(frozen=True)
class SecondStage:
    """A trained second stage."""

    booster: lgb.Booster
    candidates: int
    """How many products of the first stage are ordered anew."""
    cold_offset: float = 0.0
    """Added to what the trees say of a product without events."""

    def scores(self, parts: Parts) -> FloatArray:
        """Scores of every column, `(n_users, n_columns)`: the candidates by the trees, above all others.

        Args:
            parts: What the first stage says of `n_users`, each with at least one event.
        """
        candidates, new = self.of_candidates(parts)
        new = new + self.cold_offset * (parts.index.n_events[parts.rows[candidates]] == 0)
        others = parts.scores_of_new.copy()
        np.put_along_axis(others, candidates, -np.inf, axis=1)
        best = others.max(axis=1, keepdims=True)
        drop = np.where(np.isfinite(best), best - new.min(axis=1, keepdims=True) + 1, 0)
        out: FloatArray = parts.scores - drop
        np.put_along_axis(out, candidates, new, axis=1)
        return out

    def of_candidates(self, parts: Parts) -> tuple[IntArray, FloatArray]:
        """The columns of each user's candidates, and what the trees say of them, both `(n_users, k)`."""
        candidates = best_candidates(parts, self.candidates)
        pairs = pair_features(parts, candidates)
        flat = np.asarray(self.booster.predict(pairs.reshape(-1, pairs.shape[2])), dtype=np.float32)
        return candidates, flat.reshape(candidates.shape)

    def contributions(self, parts: Parts, product: int) -> dict[str, float] | None:
        """What each group of features adds to a product's score, largest first, by TreeSHAP (Lundberg 2018).

        They add up to the score exactly. None where the product is not among the user's candidates.

        Args:
            parts: What the first stage says of one user, with at least one event.
            product: Product row.
        """
        candidates = best_candidates(parts, self.candidates)
        (place,) = np.nonzero(parts.rows[candidates[0]] == product)
        if not len(place):
            return None
        pairs = pair_features(parts, candidates)[0, place]
        amounts = np.asarray(self.booster.predict(pairs, pred_contrib=True))[0]
        out = {"everybody": float(amounts[-1])}
        out[GROUPS["cold"]] = self.cold_offset * float(parts.index.n_events[product] == 0)
        for name, amount in zip(FEATURES, amounts, strict=False):
            group = GROUPS[name.split("_")[0]]
            out[group] = out.get(group, 0.0) + float(amount)
        return dict(sorted(out.items(), key=lambda item: -abs(item[1])))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of it as arrays, to be written to a file."""
        return {
            "booster": np.frombuffer(self.booster.model_to_string().encode(), dtype=np.uint8),
            "candidates": np.array([self.candidates]),
            "cold_offset": np.array([self.cold_offset]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "SecondStage":
        """What `to_arrays` gave."""
        return cls(
            lgb.Booster(model_str=arrays["booster"].tobytes().decode()),
            int(arrays["candidates"][0]),
            float(arrays["cold_offset"][0]),
        )


def train_second_stage(
    index: Index,
    cases: Cases,
    config: SecondStageConfig,
    seed: int,
) -> SecondStage | None:
    """Learn which of the first stage's candidates users chose.

    Args:
        index: A first stage that has not seen the cases' targets, nor some of the products at all.
        cases: Whose histories the first stage has seen, but not their targets.
        config: How to train.
        seed: Of the trees, and of which users are taken.

    Returns:
        The second stage; None where no target is among the candidates.
    """
    pairs, chosen = _examples(index, cases.sample(config.most_users, seed), config.candidates)
    n_users, n_candidates, n_features = pairs.shape
    if not n_users:
        return None
    examples = lgb.Dataset(
        pairs.reshape(-1, n_features),
        chosen.ravel(),
        group=np.full(n_users, n_candidates),
        feature_name=list(FEATURES),
    )
    parameters = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": config.candidates,
        "num_leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": 50,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbose": -1,
    }
    return SecondStage(lgb.train(parameters, examples, config.trees), config.candidates)


def best_candidates(parts: Parts, k: int) -> IntArray:
    """The columns of the `k` best products of each user that are not in the history, best first.

    Products without events get at least their share of the catalogue, or the trees would hardly see them.

    Returns:
        `(n_users, k)`; fewer where there are fewer such products.
    """
    scores = parts.scores_of_new.copy()
    k = min(k, int(np.isfinite(scores).sum(axis=1).min()))
    quota = round(k * parts.index.cold_share)
    candidates = _best(scores, k - quota)
    if quota:
        np.put_along_axis(scores, candidates, -np.inf, axis=1)
        scores[:, parts.index.n_events[parts.rows] > 0] -= (
            1e6  # cold ones first; others only where those have run out
        )
        candidates = np.hstack([candidates, _best(scores, quota)])
    order = np.argsort(-np.take_along_axis(parts.scores, candidates, axis=1), axis=1, kind="stable")
    return np.take_along_axis(candidates, order, axis=1)


def _best(scores: FloatArray, k: int) -> IntArray:
    if not k:
        return np.zeros((len(scores), 0), dtype=np.int64)
    return np.argpartition(-scores, k - 1, axis=1)[:, :k].astype(np.int64)


def _examples(index: Index, cases: Cases, k: int) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Features and labels of users with a target among the candidates, `(n, k, n_features)` and `(n, k)`."""
    n_products = len(index.ids)
    wanted = cases.owners * n_products + cases.targets
    pairs, chosen = [], []
    for rows in _batches(len(cases), n_products):
        asked = cases.histories.take(rows)
        candidates = best_candidates(index.parts(asked), k)
        labels = np.isin(rows[:, None] * n_products + candidates, wanted)
        hit = np.flatnonzero(labels.any(axis=1))
        if len(hit):
            pairs.append(pair_features(index.parts(asked.take(hit)), candidates[hit]))
            chosen.append(labels[hit].astype(np.int8))
    if not pairs:
        return np.zeros((0, k, len(FEATURES)), dtype=np.float32), np.zeros((0, k), dtype=np.int8)
    return np.concatenate(pairs), np.concatenate(chosen)


def _batches(n: int, n_products: int) -> list[IntArray]:
    size = max(1, BATCH_CELLS // n_products)
    return [np.arange(start, min(start + size, n)) for start in range(0, n, size)]
