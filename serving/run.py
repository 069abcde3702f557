"""The run folder: graph, embeddings, checkpoint, index and what they were made from."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..data import RunError
from ..data.files import atomically
from ..kg import GraphStore, open_store

if TYPE_CHECKING:
    from ..encoders import Precision, TextEncoder


@dataclass(frozen=True)
class RunState:
    """What a run folder remembers between commands, as `run.json`."""

    dataset: str
    """Name of the dataset that is loaded."""
    timed: bool
    """Whether its events have times."""
    store: str | None = None
    """Address of a Neo4j server; None for the embedded graph in the folder."""
    encoder: str | None = None
    """What the texts are encoded with; None for the default encoder."""
    template: str | None = None
    """How a product reads; None for the default template."""
    precision: "Precision" = "float32"
    """What the encoder computes with."""


@dataclass(frozen=True)
class Run:
    """A folder in which the commands find each other's results."""

    folder: Path

    @property
    def graph(self) -> Path:
        """The embedded graph."""
        return self.folder / "graph.lbug"

    @property
    def embeddings(self) -> Path:
        """The folder of text vectors."""
        return self.folder / "embeddings"

    @property
    def tuned(self) -> Path:
        """The folder of the tuned encoder, if `cartograph tune` made one."""
        return self.folder / "encoder"

    @property
    def checkpoint(self) -> Path:
        """The trained network."""
        return self.folder / "checkpoint.safetensors"

    @property
    def index(self) -> Path:
        """What ranking needs."""
        return self.folder / "index.safetensors"

    @property
    def baskets(self) -> Path:
        """Which products were in one basket."""
        return self.folder / "baskets.safetensors"

    @property
    def evaluation(self) -> Path:
        """What `cartograph evaluate --json` wrote there, if anything: the page shows it."""
        return self.folder / "evaluation.json"

    @property
    def judging(self) -> Path:
        """States of the judging of reviews, only while it learns."""
        return self.folder / "judging"

    @property
    def training(self) -> Path:
        """The folder with the states of a training that has not ended."""
        return self.folder / "training"

    def state(self) -> RunState:
        """What `run.json` says.

        Raises:
            RunError: There is no run, or its file is damaged.
        """
        file = self.folder / "run.json"
        try:
            return RunState(**json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise RunError(
                f"{self.folder} is not a run folder; run `cartograph load SOURCE --run {self.folder}` first"
            ) from error
        except (ValueError, TypeError) as error:
            raise RunError(f"{file} is damaged ({error}); remove the folder and load again") from error

    def remember(self, state: RunState) -> None:
        """Write `run.json`, whole or not at all."""
        with atomically(self.folder / "run.json") as unfinished:
            unfinished.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")

    def update(self, **changes: str) -> RunState:
        """Remember some fields anew."""
        state = replace(self.state(), **changes)  # type: ignore[arg-type]
        self.remember(state)
        return state

    def encoder(self, *, device: str = "auto") -> "TextEncoder":
        """What the run's texts are encoded with: the tuned encoder, or else the one that `run.json` names."""
        from ..encoders import DEFAULT_ENCODER, load_encoder

        state = self.state()
        name = self.tuned if self.tuned.is_dir() else state.encoder or DEFAULT_ENCODER
        return load_encoder(name, device=device, precision=state.precision)

    def open(self, *, read_only: bool = False) -> GraphStore:
        """The run's graph."""
        return open_store(self.state().store or self.graph, read_only=read_only)
