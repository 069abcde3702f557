"""Remove the event that an explanation names first, and see whether the score falls.

    python benchmarks/faithfulness.py RUN [USERS]

RUN is a trained run folder, that of `cartograph demo` say. Users are drawn at random, once with their whole
history and once with their last 2 to 10 events, and for each of their ten best products every event is
removed in turn and the whole ranking asked anew. It is counted how often the score falls without the event
that is named first, and how often it falls by more than without another one drawn at random, for three ways
to name one: what the score hinges on (ours), what contributes most, and the latest. This is done for the
first stage's score and for the second's; a run without a second stage gets one, trained on its last visits.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cartograph.data import Histories
from cartograph.data.dataset import IntArray
from cartograph.gnn import event_histories
from cartograph.kg import export
from cartograph.serving.explain import channel_contributions
from cartograph.serving.fit import hold_out
from cartograph.serving.ranker import Ranker
from cartograph.serving.removal import drops, n_counted, ranking_drops
from cartograph.serving.run import Run
from cartograph.serving.second_stage import SecondStageConfig, train_second_stage

RESULT = Path(__file__).parent / "results" / "faithfulness.json"
K = 10
SHORT = 10
"""Events of a short history, at most."""


@dataclass(frozen=True)
class Trial:
    """What happened to one product's score."""

    naming: str
    drop: float
    """What the score lost without the event named first."""
    random: float
    """What it lost without another one, drawn at random."""


def main(folder: Path, n_users: int) -> None:
    """Run the benchmark."""
    run = Run(folder)
    ranker = Ranker.load(run.index)
    with run.open(read_only=True) as store:
        histories = event_histories(export(store))
    second = ranker.second
    if second is None:
        _, cases = hold_out(histories, timed=run.state().timed)
        second = train_second_stage(ranker.index, cases, SecondStageConfig(), 0)
    rankers = {"first stage": Ranker(ranker.index), "second stage": Ranker(ranker.index, second)}
    results = []
    for stage, asked in rankers.items():
        for length, most in (("whole", None), (f"last 2 to {SHORT}", SHORT)):
            trials = list(measure(asked, histories, n_users, most))
            for naming in dict.fromkeys(trial.naming for trial in trials):
                own = [trial for trial in trials if trial.naming == naming]
                result = {
                    "score": stage,
                    "history": length,
                    "named first": naming,
                    "n": len(own),
                    "falls": float(np.mean([trial.drop > 0 for trial in own])),
                    "falls more than without a random one": float(
                        np.mean([trial.drop > trial.random for trial in own])
                    ),
                    "mean fall": float(np.mean([trial.drop for trial in own])),
                    "mean fall without a random one": float(np.mean([trial.random for trial in own])),
                }
                results.append(result)
                print(
                    f"{stage:13s} {length:13s} {naming:20s} n {len(own):5d}  falls {result['falls']:.3f}, "
                    f"by more than random {result['falls more than without a random one']:.3f}; "
                    f"mean {result['mean fall']:+.4f}, random {result['mean fall without a random one']:+.4f}"
                )
    RESULT.write_text(json.dumps({"dataset": run.state().dataset, "results": results}, indent=2) + "\n")


def measure(ranker: Ranker, histories: Histories, n_users: int, most: int | None) -> Iterator[Trial]:
    """Three trials for each user and each of the user's ten best products, one for each way to name.

    Args:
        ranker: Whose scores are looked at.
        histories: Of all users.
        n_users: So many are drawn of those with two events.
        most: Only the last events count, between 2 and so many; all when absent.
    """
    rng = np.random.default_rng(0)
    users = np.flatnonzero(histories.lengths >= 2)
    index = ranker.index
    for user in rng.choice(users, min(n_users, len(users)), replace=False):
        events = histories.of(user)
        if most is not None:
            events = events[-int(rng.integers(2, most + 1)) :]
        scores = ranker.scores(without_each(events, n_counted(index, events)))
        rows, _ = ranker.best(events, K)
        first = drops(index, events, rows)
        for column, row in enumerate(rows):
            found = scores[0, row] - scores[1:, row]  # (n_counted,), the last event's last
            _, amounts = channel_contributions(index, events, int(row))
            hinges = first[:, column]
            if ranker.second is not None:
                hinges = ranking_drops(index, ranker.second, events, int(row))
            named = {
                "what it hinges on": len(found) - len(hinges) + int(hinges.argmax()),
                "largest contribution": int(amounts.sum(axis=1).argmax()),
                "latest event": len(found) - 1,
            }
            step = int(rng.integers(1, len(found)))
            for naming, event in named.items():
                yield Trial(naming, float(found[event]), float(found[(event + step) % len(found)]))


def without_each(events: IntArray, most: int) -> Histories:
    """The history, and the same without each of its last `most` events, as those of `1 + most` users."""
    n = len(events)
    keep: npt.NDArray[np.bool_] = np.ones((most + 1, n), dtype=bool)
    keep[np.arange(1, most + 1), np.arange(n - most, n)] = False
    offsets = np.concatenate([[0], np.cumsum(keep.sum(axis=1))]).astype(np.int64)
    products = np.broadcast_to(events, keep.shape)[keep]
    zeros = np.zeros(len(products), dtype=np.int64)
    return Histories(np.full(most + 1, "", dtype=object), offsets, products, zeros, zeros)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("give the folder of a trained run")
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)
