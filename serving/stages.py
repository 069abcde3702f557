"""The stages that the command line runs on a run folder: tune, encode, train."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from ..data import EncoderError
from ..encoders import (
    DEFAULT_ENCODER,
    DEFAULT_TEMPLATE,
    EmbeddingCache,
    Precision,
    TuneConfig,
    embed_graph,
    load_encoder,
)
from ..gnn import Epoch, build_graph, event_histories
from ..kg import export
from .baskets import Baskets
from .fit import UNTRAINED, FitConfig, choose, fit, hold_out, save
from .models import ndcg
from .newcomers import Newcomers
from .run import Run
from .tuning import On, tuned


def encode_stage(
    run: Run,
    *,
    encoder: str | None = None,
    template: str | None = None,
    precision: Precision | None = None,
    device: str = "auto",
    progress: bool = True,
) -> dict[str, int]:
    """Encode the text of every node and return how many vectors each label has.

    Args:
        run: With a loaded graph.
        encoder: Name or folder, kept for later commands; the run's when absent.
        template: How a product reads, kept likewise.
        precision: What to compute with, kept likewise.
        device: Where to compute.
        progress: Whether to show a bar on stderr.
    """
    given = {"encoder": encoder, "template": template, "precision": precision}
    changes = {name: value for name, value in given.items() if value}
    state = run.update(**changes) if changes else run.state()
    with run.open(read_only=True) as graph:
        arrays = export(graph)
    if encoder and run.tuned.is_dir():
        shutil.rmtree(run.tuned)
        if progress:
            print(f"the tuned encoder gives way to {encoder}; `tune` again to tune that", file=sys.stderr)
    model = run.encoder(device=device)
    cache = EmbeddingCache(run.embeddings)
    vectors = embed_graph(
        arrays, model, cache, template=state.template or DEFAULT_TEMPLATE, progress=progress
    )
    return {label: len(values) for label, values in vectors.items()}


def tune_stage(
    run: Run,
    config: FitConfig = FitConfig(),
    tuning: TuneConfig = TuneConfig(),
    *,
    on: On = "events",
    device: str = "auto",
    progress: bool = True,
) -> Path:
    """Tune the run's encoder on the run's events, titles or both; later commands encode with it.

    Args:
        run: With a loaded graph.
        config: As for `train_stage`: what it holds out, tuning does not see.
        tuning: How to tune.
        on: Events make what goes together read alike, titles keep to what a query asks for.
        device: Where to compute.
        progress: Whether to show a bar on stderr.

    Returns:
        Its folder.

    Raises:
        EncoderError: There are no events, no products go together, or none has a title.
    """
    state = run.state()
    with run.open(read_only=True) as graph:
        arrays = export(graph)
    known = event_histories(arrays)
    if on != "titles":
        if not len(known.products):
            raise EncoderError(f"{run.folder} has no events to tune on; --on titles needs none")
        known, _ = hold_out(known, timed=state.timed)
    encoder = load_encoder(state.encoder or DEFAULT_ENCODER, device=device)
    template = state.template or DEFAULT_TEMPLATE
    tuned(
        encoder,
        arrays,
        known,
        config,
        tuning,
        run.tuned,
        timed=state.timed,
        on=on,
        template=template,
        progress=progress,
    )
    return run.tuned


def train_stage(
    run: Run,
    config: FitConfig = FitConfig(),
    *,
    device: str = "auto",
    tensorboard: Path | None = None,
    progress: bool = True,
) -> list[Epoch]:
    """Choose settings with what came last held out, then train on all of the run's graph; write the index.

    Args:
        run: With a loaded graph; texts not encoded yet are encoded first.
        config: How to fit.
        device: Where to train.
        tensorboard: A folder for TensorBoard.
        progress: Whether to show bars on stderr.

    Returns:
        What each epoch came to; none where no user has the three visits that it takes to train and choose.
    """
    state = run.state()
    with run.open(read_only=True) as graph:
        arrays = export(graph)
    encoder = run.encoder(device=device)
    vectors = embed_graph(
        arrays,
        encoder,
        EmbeddingCache(run.embeddings),
        template=state.template or DEFAULT_TEMPLATE,
        progress=progress,
    )
    histories = event_histories(arrays)
    known, validation = hold_out(histories, timed=state.timed)
    base = build_graph(arrays, vectors, config.graph)
    settings, epochs = UNTRAINED, list[Epoch]()
    if len(validation):
        chosen = choose(
            base,
            known,
            validation,
            ndcg,
            config,
            timed=state.timed,
            device=device,
            resume=run.training,
            tensorboard=tensorboard,
            progress=progress,
        )
        settings, epochs = chosen.settings, chosen.epochs
    elif progress:
        print(
            f"no user in {run.folder} came three times: texts and facts rank until there are more events",
            file=sys.stderr,
        )
    fitted = fit(
        base,
        histories,
        settings,
        config,
        timed=state.timed,
        device=device,
        resume=run.training,
        progress=progress,
    )
    newcomers = Newcomers.of(fitted.network, fitted.data, config.graph.text_neighbours)
    fitted = replace(fitted, ranker=replace(fitted.ranker, newcomers=newcomers))
    Baskets.of(histories, fitted.ranker.index.leaf, timed=state.timed).save(run.baskets)
    save(fitted, run.checkpoint, run.index, encoder.fingerprint)
    shutil.rmtree(run.training, ignore_errors=True)
    cold = fitted.ranker.index.cold_share
    if progress and epochs and cold >= TuneConfig.cold_share and not run.tuned.is_dir():
        print(
            f"{cold:.0%} of the products have no events; `cartograph tune --run {run.folder}`, then `encode` "
            "and `train` again, teaches their texts to speak for them",
            file=sys.stderr,
        )
    return epochs
