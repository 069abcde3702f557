"""Models against each other, on one exam or on those of several seeds, as the one documented shape."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ..data.splits import Exam
from .answers import Answers
from .bootstrap import FEWEST_USERS, LEVEL, RESAMPLES, Sample, interval, p_value, resample
from .evaluate import Fit
from .lists import Catalogue
from .outcome import KS, SEGMENTS, K, Outcome, PartName, take

COMPARED = (f"recall@{K}", f"ndcg@{K}")
"""What models are compared in, in pairs."""

FloatArray = npt.NDArray[np.float64]
Resampled = dict[str, FloatArray]
"""By segment, the `COMPARED` figures in every resample, `(resamples, 2)`."""


def compare(exam: Exam, models: Mapping[str, Fit]) -> dict[str, dict[str, Any]]:
    """Fit every model, read the test part once for each, and return the document's `models`."""
    models_part: dict[str, dict[str, Any]] = examine([exam], models)["models"]
    return models_part


def examine(
    exams: Iterable[Exam],
    models: Mapping[str, Fit],
    *,
    answers: Answers | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Fit every model on every exam, read each test part once for each model, and return the document.

    Args:
        exams: One, or one a seed of the same protocol; taken one by one, so that they need not be in memory
            together.
        models: What to fit, by name.
        answers: Where what each answered is kept; what is there is not fitted again.
        progress: Whether to show a bar on stderr.

    Returns:
        The shape that `docs/evaluation.md` describes: figures are means over users, then over seeds.

    Raises:
        ValueError: There is no exam, no model, a model has had an exam before, or what is kept answers
            another.
    """
    outcomes: dict[str, list[Outcome]] = {name: [] for name in models}
    seeds, without, last = [], [], None
    for exam in exams:
        catalogue = Catalogue.of(exam.final)
        for name in (bar := tqdm(models, leave=False, disable=not progress)):
            bar.set_description(f"{name}, seed {exam.seed}")
            outcomes[name].append(take(exam, name, models[name], catalogue, answers))
        seeds.append(exam.seed)
        without.append(exam.n_without_target)
        last = exam
    if last is None or not models:
        raise ValueError("give at least one exam and one model")
    rows = _user_rows(next(iter(outcomes.values())))
    entries, resampled = {}, {}
    for name, by_seed in outcomes.items():
        entries[name], resampled[name] = _entry(by_seed, rows)
    return {
        "dataset": last.train.name,
        "protocol": last.protocol,
        "settings": dict(last.settings),
        "seeds": seeds,
        "n_products": len(last.train.products),
        "n_without_target": round(float(np.mean(without))),
        "ks": list(KS),
        "intervals": {"level": LEVEL, "resamples": RESAMPLES},
        "models": entries,
        "differences": _differences(entries, resampled),
    }


def _user_rows(by_seed: list[Outcome]) -> list[npt.NDArray[np.int64]]:
    """The number of every case's user among the users of all seeds, `(n_cases,)` a seed."""
    users = np.concatenate([outcome.users for outcome in by_seed]).astype(str)
    _, rows = np.unique(users, return_inverse=True)
    return np.split(rows, np.cumsum([len(outcome.users) for outcome in by_seed])[:-1])


def _entry(by_seed: list[Outcome], rows: list[npt.NDArray[np.int64]]) -> tuple[dict[str, Any], Resampled]:
    """What the document says of one model, and its figures in the resamples."""
    names = list(dict.fromkeys(name for outcome in by_seed for name in outcome.parts))
    samples = {name: _sample(name, by_seed, rows) for name in names}
    enough = [name for name in names if samples[name].n_distinct >= FEWEST_USERS]
    n_users = 1 + max(int(row.max()) for row in rows)
    resampled = dict(zip(enough, resample([samples[name] for name in enough], n_users), strict=True))
    entry: dict[str, Any] = {}
    for segment in SEGMENTS:
        entry[segment] = _figures(("targets", segment), by_seed, samples, resampled)
    entry["overall"] |= {
        figure: float(np.mean([outcome.whole[figure] for outcome in by_seed])) for figure in by_seed[0].whole
    }
    entry["seconds"] = {
        what: float(np.mean([outcome.answer.seconds[what] for outcome in by_seed]))
        for what in by_seed[0].answer.seconds
    }
    entry["segments"] = {}
    for by, segment in names:
        if by != "targets" and samples[by, segment].n_distinct:
            figures = _figures((by, segment), by_seed, samples, resampled)
            entry["segments"].setdefault(by, {})[segment] = figures
    entry["seeds"] = [_of_seed(outcome) for outcome in by_seed]
    main = {segment: resampled[name] for name in enough for by, segment in [name] if by == "targets"}
    columns = [by_seed[0].parts["targets", "overall"].names.index(figure) for figure in COMPARED]
    return entry, {segment: figures[:, columns] for segment, figures in main.items()}


def _sample(name: PartName, by_seed: list[Outcome], rows: list[npt.NDArray[np.int64]]) -> Sample:
    there = [
        (outcome.parts[name], row)
        for outcome, row in zip(by_seed, rows, strict=True)
        if name in outcome.parts
    ]
    return Sample([row[part.cases] for part, row in there], [part.values for part, _ in there])


def _figures(
    name: PartName,
    by_seed: list[Outcome],
    samples: Mapping[PartName, Sample],
    resampled: Mapping[PartName, FloatArray],
) -> dict[str, Any]:
    """`n_users`, every figure, and the intervals of those that have one."""
    parts = [outcome.parts[name] for outcome in by_seed if name in outcome.parts]
    out: dict[str, Any] = {"n_users": round(float(np.mean([len(part.cases) for part in parts])))}
    if samples[name].n_distinct:
        out |= dict(zip(parts[0].names, samples[name].means().tolist(), strict=True))
    if name in resampled:
        ends = interval(resampled[name])
        out["intervals"] = {figure: ends[:, i].tolist() for i, figure in enumerate(parts[0].names)}
    return out


def _of_seed(outcome: Outcome) -> dict[str, Any]:
    """What the document says of one model and one seed."""
    means = {segment: outcome.parts["targets", segment].means() for segment in SEGMENTS}
    means["overall"] |= outcome.whole
    return {
        "seed": outcome.seed,
        **means,
        "seconds": dict(outcome.answer.seconds),
        "curve": list(outcome.answer.curve),
        "settings": dict(outcome.answer.settings),
    }


def _differences(
    entries: Mapping[str, dict[str, Any]], resampled: Mapping[str, Resampled]
) -> list[dict[str, Any]]:
    """Every pair of models, `model` minus `other`, by segment and figure."""
    names = list(entries)
    out = []
    for i, other in enumerate(names):
        for model in names[i + 1 :]:
            for segment in (s for s in SEGMENTS if s in resampled[model]):
                for column, figure in enumerate(COMPARED):
                    seen = entries[model][segment][figure] - entries[other][segment][figure]
                    again = resampled[model][segment][:, column] - resampled[other][segment][:, column]
                    out.append(
                        {
                            "model": model,
                            "other": other,
                            "targets": segment,
                            "figure": figure,
                            "difference": seen,
                            "interval": interval(again[:, None])[:, 0].tolist(),
                            "p": p_value(seen, again),
                        }
                    )
    return out
