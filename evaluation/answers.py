"""What models answered in exams, kept in a folder, so that a killed evaluation fits none a second time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ..data import atomically
from ..data.splits import Exam
from .evaluate import Ranks

Value = float | str | None


@dataclass(frozen=True)
class Answer:
    """How one model ranked the targets of one exam, and how it came about; its scorer may be large."""

    found: Ranks
    seconds: Mapping[str, float]
    """To fit, choosing settings included, and to score all cases."""
    curve: Sequence[float]
    """As in `Trained`."""
    settings: Mapping[str, Value]
    """As in `Trained`."""


@dataclass(frozen=True)
class Answers:
    """A folder with one file a model and seed; to have a model fitted anew, remove its files."""

    folder: Path
    """Created where it is not there yet."""
    given: Mapping[str, Value] = field(default_factory=dict)
    """What the models were told besides the split, by name: another value is another evaluation."""

    def find(self, exam: Exam, model: str) -> Answer | None:
        """What a model answered in this exam, None if it has not sat it.

        Args:
            exam: It is not opened.
            model: Its name.

        Raises:
            ValueError: What is kept answers another exam, or was given other settings.
        """
        path = self._path(exam, model)
        if not path.exists():
            return None
        with np.load(path) as kept:
            told = json.loads(str(kept["told"]))
            if told["of"] != self._of(exam):
                raise ValueError(
                    f"{path} was kept for other events, another protocol or other settings; "
                    "give another folder, or remove this one"
                )
            found = Ranks(
                kept["ranks"], kept["owner"], kept["targets"], kept["lists"], len(exam.train.products)
            )
        return Answer(found, told["seconds"], told["curve"], told["settings"])

    def keep(self, exam: Exam, model: str, answer: Answer) -> None:
        """Write what a model answered, whole or not at all."""
        told = {
            "of": self._of(exam),
            "seconds": dict(answer.seconds),
            "curve": list(answer.curve),
            "settings": dict(answer.settings),
        }
        found = answer.found
        with atomically(self._path(exam, model)) as unfinished, unfinished.open("wb") as out:
            np.savez_compressed(
                out,
                told=np.array(json.dumps(told)),
                ranks=found.ranks,
                owner=found.owner,
                targets=found.targets,
                lists=found.lists,
            )

    def _path(self, exam: Exam, model: str) -> Path:
        return self.folder / f"{quote(model, safe='')}-{exam.seed}.npz"

    def _of(self, exam: Exam) -> dict[str, Any]:
        return {"exam": exam.fingerprint(), "given": dict(self.given)}
