"""Tuning the encoder on a shop's own events, where products a few steps apart go together, or its titles."""

import shutil
from pathlib import Path
from typing import Literal

import numpy as np

from ..data import Histories
from ..data.matrices import Matrix
from ..encoders import DEFAULT_TEMPLATE, TextEncoder, TuneConfig, node_texts, tune
from ..encoders.titles import Titles
from ..encoders.together import Together
from ..gnn.graph import followed_by
from ..kg import GraphArrays
from .fit import FitConfig, past

On = Literal["events", "titles", "both"]


def tuned(
    encoder: TextEncoder,
    arrays: GraphArrays,
    histories: Histories,
    config: FitConfig,
    tuning: TuneConfig,
    folder: Path,
    *,
    timed: bool,
    on: On = "events",
    template: str = DEFAULT_TEMPLATE,
    progress: bool = True,
) -> None:
    """Tune an encoder on what the network of the past in `choose` may know, and keep it in a folder.

    The second stage learns what text scores are worth from later events, and from products that play new
    ones: neither may have shaped the texts' vectors.

    Args:
        encoder: To start from; it is changed in place.
        arrays: The exported graph.
        histories: Training events, in node numbers, as `choose` gets them.
        config: As `choose` gets it.
        tuning: How to tune.
        folder: Where the tuned encoder goes, whole or not at all; states are kept beside it.
        timed: Whether `at` is in seconds.
        on: What to tune on; of the titles, where events are at work too, those of products they know.
        template: How a product reads.
        progress: Whether to show a bar on stderr.

    Raises:
        EncoderError: No products go together, or none has a title.
    """
    together = rows = None
    if on != "titles":
        n_products = len(arrays.nodes["Product"])
        known, _ = past(histories, n_products, config, timed=timed)
        followed = followed_by(known, n_products, config.graph)
        texts = node_texts(arrays, template)["Product"]
        together, rows = Together(texts, Matrix(followed + followed.T)), np.unique(known.products)
    titles = None if on == "events" else Titles.of(arrays, rows)
    states = folder.with_name(f".{folder.name}.{on}.states")  # another tuning does not go on from them
    tune(encoder, tuning, together=together, titles=titles, states=states, progress=progress)
    encoder.save(folder)
    shutil.rmtree(states)
