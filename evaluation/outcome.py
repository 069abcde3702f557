"""One model on one exam: every figure of every user in every segment."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data.dataset import BoolArray, StrArray
from ..data.splits import Cases, Exam
from .answers import Answer, Answers
from .evaluate import Fit, Ranks, Trained, rank_targets
from .lists import Catalogue, coverage, gini
from .metrics import METRICS, IntArray
from .segments import by_target

SEGMENTS = ("overall", "warm", "cold")
"""All targets, those of products with events before the test, those without."""

KS = (5, 10, 20, 50)
"""Lengths of list that accuracy is measured at."""

K = 10
"""Length of the lists whose coverage, novelty and so on are measured, and of the lists in segments."""

PartName = tuple[str, str]
"""What the targets are parted by, and which part: `("targets", "cold")`, `("user events", "3-4")`."""


@dataclass(frozen=True)
class Part:
    """The figures of the users who have a target in one part."""

    cases: IntArray
    """Which, `(n,)`."""
    names: tuple[str, ...]
    """`metric@k`."""
    values: npt.NDArray[np.float64]
    """`(n, n_figures)`."""

    def means(self) -> dict[str, float]:
        """`n_users`, and the mean of each figure where there is a user."""
        means = self.values.mean(axis=0) if len(self.cases) else ()
        return {"n_users": len(self.cases), **{n: float(v) for n, v in zip(self.names, means, strict=False)}}


@dataclass(frozen=True)
class Outcome:
    """What one model came to on one exam."""

    seed: int
    users: StrArray
    """Id of each case's user, `(n_cases,)`."""
    parts: Mapping[PartName, Part]
    whole: Mapping[str, float]
    """Figures of all lists together: coverage and Gini index."""
    answer: Answer
    """What they were computed from."""


def take(exam: Exam, name: str, fit: Fit, catalogue: Catalogue, answers: Answers | None = None) -> Outcome:
    """Fit a model on all but the test part, then open that and rank, once.

    Settings are chosen on validation; then what the validation asked for joins in, as it has happened when
    the test begins.

    Args:
        exam: What to be asked.
        name: Of the model.
        fit: Gets `exam.split()`, which does not hold the test part; what it returns is asked for its `refit`.
        catalogue: Of the exam.
        answers: Where answers are kept; a model whose answer is there is not fitted.
    """
    kept = None if answers is None else answers.find(exam, name)
    if kept is not None:
        return _outcome(exam, exam.open(name), kept, catalogue)
    begun = time.perf_counter()
    chosen = fit(exam.split())
    scorer = chosen.refit(exam.final) if isinstance(chosen, Trained) and chosen.refit else chosen
    fitted = time.perf_counter()
    cases = exam.open(name)
    found = rank_targets(scorer, cases, len(exam.train.products), k=K)
    answer = Answer(
        found,
        {"fit": fitted - begun, "score": time.perf_counter() - fitted},
        chosen.curve if isinstance(chosen, Trained) else (),
        chosen.settings if isinstance(chosen, Trained) else {},
    )
    if answers is not None:
        answers.keep(exam, name, answer)
    return _outcome(exam, cases, answer, catalogue)


def _outcome(exam: Exam, cases: Cases, answer: Answer, catalogue: Catalogue) -> Outcome:
    found = answer.found
    parts: dict[PartName, Part] = {
        ("targets", segment): measure(found, mask)
        for segment, mask in target_masks(found, exam.final.cold).items()
    }
    parts["targets", "overall"] = _with_lists(parts["targets", "overall"], found, catalogue)
    for by, segments in by_target(exam.final, cases).items():
        parts |= {(by, segment): measure(found, mask, (K,)) for segment, mask in segments.masks().items()}
    whole = {
        f"coverage@{K}": coverage(found.lists, found.n_products),
        f"gini@{K}": gini(found.lists, found.n_products),
    }
    return Outcome(exam.seed, cases.histories.users, parts, whole, answer)


def target_masks(found: Ranks, cold: BoolArray) -> dict[str, BoolArray]:
    """Which targets each of `SEGMENTS` looks for, `(n_targets,)`.

    Args:
        found: Their ranks.
        cold: Which products have no event before the test, `(n_products,)`.
    """
    is_cold = cold[found.targets]
    return dict(zip(SEGMENTS, (np.ones_like(is_cold), ~is_cold, is_cold), strict=True))


def measure(found: Ranks, keep: BoolArray, ks: Sequence[int] = KS) -> Part:
    """Every metric at every `k` of the users with a target in `keep`, `(n_targets,)`."""
    names = tuple(f"{metric}@{k}" for k in ks for metric in METRICS)
    columns = [found.per_user(metric, k, keep) for k in ks for metric in METRICS]
    return Part(np.unique(found.owner[keep]), names, np.stack(columns, axis=1))


def summarise(found: Ranks, cold: BoolArray, ks: Sequence[int] = KS) -> dict[str, dict[str, float]]:
    """Means over users by segment, for who looks at one model only.

    Args:
        found: What `rank_targets` returns.
        cold: Which products have no event before the test, `(n_products,)`.
        ks: Lengths of list.

    Returns:
        For each of `SEGMENTS`, `n_users` and each metric as `name@k`; a segment that nobody is in has only
        `n_users`. Overall has the coverage of the lists too.
    """
    out = {name: measure(found, mask, ks).means() for name, mask in target_masks(found, cold).items()}
    out["overall"][f"coverage@{found.lists.shape[1]}"] = coverage(found.lists, found.n_products)
    return out


def _with_lists(part: Part, found: Ranks, catalogue: Catalogue) -> Part:
    """The part of all cases with the figures of their lists besides."""
    figures = catalogue.per_list(found.lists)
    names = (*part.names, *(f"{name}@{K}" for name in figures))
    return Part(part.cases, names, np.column_stack([part.values, *figures.values()]))
