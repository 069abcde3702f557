"""The one loop that moves an encoder's weights; a killed training goes on where it was."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import IntArray

PLANS = "16"
"""The processor's library keeps a plan of its work for each length of texts: so many, unless told otherwise
before it began, instead of 1,024, with which memory grows by a gigabyte."""


@dataclass(frozen=True)
class Schedule:
    """How weights are moved."""

    learning_rate: float = 5e-5
    """Step size of AdamW at its highest; it rises over a tenth of the steps, then falls to zero."""
    weight_decay: float = 0.01
    """Weight decay of AdamW."""
    keep_every: int = 20
    """A state is kept after so many steps, to go on from."""
    seed: int = 0
    """Of what is drawn."""


def train(
    model: torch.nn.Module,
    batches: torch.utils.data.IterableDataset[dict[str, Tensor]],
    states: Path,
    steps: int,
    schedule: Schedule,
    *,
    progress: bool,
) -> None:
    """Train a model in place, to the same result whether or not it was killed in between.

    Args:
        model: Called with the tensors of a batch, answers with their `loss`; what requires no gradient stays.
        batches: The steps, the same ones in the same order each time.
        states: A folder for the state to go on from; the caller removes it.
        steps: How many.
        schedule: How weights are moved.
        progress: Whether to show a bar on stderr.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", PLANS)
    from transformers import Trainer, TrainingArguments

    on_cpu = next(model.parameters()).device.type == "cpu"
    arguments = TrainingArguments(
        output_dir=str(states),
        max_steps=steps,
        per_device_train_batch_size=1,  # of steps that are drawn whole
        learning_rate=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        warmup_steps=max(1, steps // 10),
        save_steps=schedule.keep_every,
        save_total_limit=1,
        bf16=not on_cpu or has_bfloat16(),
        use_cpu=on_cpu,
        seed=schedule.seed,
        report_to="none",
        logging_steps=schedule.keep_every,
        disable_tqdm=not progress,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    trainer = Trainer(model, arguments, train_dataset=batches, data_collator=lambda steps: steps[0])
    trainer.train(resume_from_checkpoint=_last_whole(states))


def in_turns(rows: IntArray, size: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """So many rows at a time, in a new order each time all have had their turn, without end."""
    left = np.zeros(0, dtype=np.int64)
    while True:
        if len(left) < size:
            left = np.concatenate([left, rng.permutation(rows)])
        yield left[:size]
        left = left[size:]


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16; one that does not takes some thirty times as long in it."""
    there = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return there and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _last_whole(states: Path) -> str | None:
    """The last checkpoint that was written to its end; what a kill cut short is removed."""
    from transformers.trainer import TRAINER_STATE_NAME
    from transformers.trainer_utils import get_last_checkpoint

    while states.is_dir() and (last := get_last_checkpoint(str(states))):
        try:
            json.loads((Path(last) / TRAINER_STATE_NAME).read_text(encoding="utf-8"))  # is written last
        except (FileNotFoundError, ValueError):
            shutil.rmtree(last)
        else:
            return str(last)
    return None
