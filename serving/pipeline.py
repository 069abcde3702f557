"""The stages that the command line runs on a run folder, and our model as the evaluation sees it."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Dataset, Histories, RunError, split
from ..data.dataset import FloatArray, IntArray
from ..data.splits import Cases, Split
from ..encoders import DEFAULT_ENCODER, DEFAULT_TEMPLATE, EmbeddingCache, embed_graph, load_encoder
from ..evaluation import BASELINES, Answers, Fit, Scorer, Trained, examine, rank_targets
from ..evaluation.content import content_knn
from ..gnn import Epoch, event_histories
from ..gnn.graph import with_events
from ..kg import GraphArrays, GraphStore, export, exported, load_dataset, open_store
from .baskets import Baskets
from .content import TEMPLATES, text_vectors
from .fit import FitConfig, Fitted, fit, hold_out, save
from .index import Demand, Index
from .newcomers import Newcomers
from .ranker import Ranker
from .run import Run, RunState


def load_stage(
    run: Run, dataset: Dataset, *, store: str | None = None, progress: bool = True
) -> dict[str, int]:
    """Load a dataset into the run's graph and return the graph's counts.

    Args:
        run: Created where it is not there yet; then it must hold the same dataset.
        dataset: What to load.
        store: Address of a Neo4j server; the embedded graph when absent.
        progress: Whether to show a bar on stderr.

    Raises:
        RunError: The run holds another dataset, its graph is in another store, or a new run's store holds
            another dataset's products.
    """
    wanted = RunState(dataset.name, dataset.timed, store)
    if (run.folder / "run.json").exists():
        there = run.state()
        if (there.dataset, there.store) != (wanted.dataset, wanted.store):
            raise RunError(
                f"{run.folder} holds {there.dataset!r} in {there.store or 'its embedded graph'}; "
                "choose another folder with --run, or remove this one"
            )
    with open_store(store or run.graph) as graph:
        if not (run.folder / "run.json").exists():
            _refuse_others(graph, dataset)
            run.remember(wanted)  # not before there is a store to go on with
        return load_dataset(graph, dataset, progress=progress)


def encode_stage(
    run: Run,
    *,
    encoder: str | None = None,
    template: str | None = None,
    device: str = "auto",
    progress: bool = True,
) -> dict[str, int]:
    """Encode the text of every node and return how many vectors each label has.

    Args:
        run: With a loaded graph.
        encoder: Name or folder, kept for later commands; the run's when absent.
        template: How a product reads, kept likewise.
        device: Where to compute.
        progress: Whether to show a bar on stderr.
    """
    changes = {name: value for name, value in (("encoder", encoder), ("template", template)) if value}
    state = run.update(**changes) if changes else run.state()
    with run.open(read_only=True) as graph:
        arrays = export(graph)
    model = load_encoder(state.encoder or DEFAULT_ENCODER, device=device)
    cache = EmbeddingCache(run.embeddings)
    vectors = embed_graph(
        arrays, model, cache, template=state.template or DEFAULT_TEMPLATE, progress=progress
    )
    return {label: len(values) for label, values in vectors.items()}


def train_stage(
    run: Run,
    config: FitConfig = FitConfig(),
    *,
    device: str = "auto",
    tensorboard: Path | None = None,
    progress: bool = True,
) -> list[Epoch]:
    """Train on the run's graph, each user's last visit held out for validation, and write the index.

    The index is then built with all events, so the held-out ones count in serving.

    Args:
        run: With a loaded graph; texts not encoded yet are encoded first.
        config: How to fit.
        device: Where to train.
        tensorboard: A folder for TensorBoard.
        progress: Whether to show bars on stderr.

    Raises:
        RunError: No user has the three visits that training and validation need.
    """
    state = run.state()
    with run.open(read_only=True) as graph:
        arrays = export(graph)
    encoder = load_encoder(state.encoder or DEFAULT_ENCODER, device=device)
    vectors = embed_graph(
        arrays,
        encoder,
        EmbeddingCache(run.embeddings),
        template=state.template or DEFAULT_TEMPLATE,
        progress=progress,
    )
    histories = event_histories(arrays)
    known, validation = hold_out(histories, timed=state.timed)
    if not len(validation):
        raise RunError(f"no user in {run.folder} came three times, too few to train on; load more events")
    fitted = fit(
        arrays,
        vectors,
        known,
        validation,
        _ndcg,
        config,
        timed=state.timed,
        device=device,
        resume=run.training,
        tensorboard=tensorboard,
        progress=progress,
    )
    final = _with_all_events(fitted, histories, config, timed=state.timed)
    Baskets.of(histories, final.ranker.index.leaf, timed=state.timed).save(run.baskets)
    save(final, run.checkpoint, run.index, encoder.fingerprint)
    shutil.rmtree(run.training, ignore_errors=True)
    return fitted.epochs


def cartograph(
    *,
    encoder: str = DEFAULT_ENCODER,
    template: str = DEFAULT_TEMPLATE,
    config: FitConfig = FitConfig(),
    device: str = "auto",
    cache: Path | None = None,
    progress: bool = True,
    report: Callable[[Fitted], None] | None = None,
) -> Fit:
    """Our model as a baseline among baselines: the whole way from a split to scores, through a real graph.

    Args:
        encoder: Name or folder of the text encoder.
        template: How a product reads.
        config: How to fit.
        device: Where to train.
        cache: Where text vectors are kept; `~/.cache/cartograph` when absent.
        progress: Whether to show bars on stderr.
        report: Called with what was fitted.
    """

    def run(given: Split) -> Scorer:
        prepared = prepare(
            given, encoder=encoder, template=template, device=device, cache=cache, progress=progress
        )
        fitted = prepared.fit(config, device=device, progress=progress)
        if report is not None:
            report(fitted)
        second = fitted.ranker.second
        return Trained(
            prepared.scorer(fitted.ranker),
            [epoch.validation for epoch in fitted.epochs],
            asdict(fitted.ranker.index.fusion)
            | {"second_stage_cold_offset": second.cold_offset if second is not None else None},
        )

    return run


@dataclass(frozen=True)
class Prepared:
    """A split as our model takes it: through a real graph, whose products are numbered anew."""

    split: Split
    arrays: GraphArrays
    vectors: Mapping[str, FloatArray]
    nodes: IntArray
    """The node number of every product row, `(n_products,)`."""

    def fit(self, config: FitConfig, *, device: str = "auto", progress: bool = True) -> Fitted:
        """Fit our model, its seed moved by the split's."""
        given = self.split
        return fit(
            self.arrays,
            self.vectors,
            _renumbered(given.train.histories(), self.nodes),
            _renumbered_cases(given.validation, self.nodes),
            _ndcg,
            replace(config, train=replace(config.train, seed=config.train.seed + given.seed)),
            timed=given.train.timed,
            device=device,
            progress=progress,
        )

    def scorer(self, ranker: Ranker) -> Scorer:
        """What the ranker says, by product row."""
        return lambda histories: ranker.scores(_renumbered(histories, self.nodes))[:, self.nodes]


def prepare(
    given: Split,
    *,
    encoder: str = DEFAULT_ENCODER,
    template: str = DEFAULT_TEMPLATE,
    device: str = "auto",
    cache: Path | None = None,
    progress: bool = True,
) -> Prepared:
    """Load the training part of a split into a graph of its own, export it, and encode its texts."""
    arrays = exported(given.train, progress=progress)
    model = load_encoder(encoder, device=device)
    vectors = embed_graph(arrays, model, EmbeddingCache(cache), template=template, progress=progress)
    return Prepared(given, arrays, vectors, _numbers(given.train, arrays))


def models(
    *,
    encoder: str = DEFAULT_ENCODER,
    config: FitConfig = FitConfig(),
    device: str = "auto",
    cache: Path | None = None,
    progress: bool = True,
) -> dict[str, Fit]:
    """Every model by its name on the command line; arguments as of `cartograph`."""
    vectors = partial(text_vectors, encoder=encoder, device=device, cache=cache, progress=progress)
    ours = cartograph(encoder=encoder, config=config, device=device, cache=cache, progress=progress)
    return {**BASELINES, "content-knn-bert": content_knn(tuple(TEMPLATES), vectors), "cartograph": ours}


def evaluate_models(
    dataset: Dataset,
    protocol: str,
    names: Sequence[str],
    known: Mapping[str, Fit],
    *,
    seeds: Sequence[int] = (0,),
    answers: Answers | None = None,
    progress: bool = True,
    **settings: Any,
) -> dict[str, Any]:
    """Fit models on the splits of a dataset, read each test part once for each, and return the document.

    Args:
        dataset: Any.
        protocol: One of `data.PROTOCOLS`.
        names: Of the models.
        known: What names stand for, such as `models()`.
        seeds: One split is drawn, and every model fitted, with each.
        answers: Where what each model answered is kept; what is there is not fitted again.
        progress: Whether to show a bar on stderr.
        settings: Of the protocol.

    Raises:
        ValueError: A model has no such name, or what is kept answers another evaluation.
    """
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"no model {name!r}; choose from {', '.join(known)}{hint}")
    exams = (split(dataset, protocol, seed=seed, **settings) for seed in seeds)
    return examine(exams, {name: known[name] for name in names}, answers=answers, progress=progress)


def _refuse_others(graph: GraphStore, dataset: Dataset) -> None:
    """Two datasets in one graph would be trained as one."""
    there = graph.frame("MATCH (p:Product) RETURN p.id AS id")
    others = sorted(set(there.get("id", ())) - set(dataset.product_index))
    if len(others):
        raise RunError(
            f"the store holds {len(others):,} products that {dataset.name!r} has not, {others[0]!r} say; "
            "empty it with MATCH (n) DETACH DELETE n, or give another server"
        )


def _ndcg(ranker: Ranker, cases: Cases) -> float:
    found = rank_targets(ranker.scores, cases, len(ranker.index.ids))
    return float(found.per_user("ndcg", 10).mean())


def _with_all_events(fitted: Fitted, histories: Histories, config: FitConfig, *, timed: bool) -> Fitted:
    """The same network on the graph with all events; training has still seen only its own products."""
    data = with_events(fitted.data, histories, config.train.network.max_history, config.graph)
    data["product"].trained = fitted.data["product"].trained
    demand = Demand.of(histories, int(data["product"].num_nodes), timed=timed)
    index = Index.of(fitted.network, data, fitted.ranker.index.fusion, demand)
    newcomers = Newcomers.of(fitted.network, data, config.graph.text_neighbours)
    return replace(fitted, ranker=Ranker(index, fitted.ranker.second, newcomers), data=data)


def _numbers(dataset: Dataset, arrays: GraphArrays) -> IntArray:
    """The node number of every product row, `(n_products,)`."""
    order = np.argsort(dataset.product_index.to_numpy(object).astype(str))
    nodes = np.empty(len(order), dtype=np.int64)
    nodes[order] = np.arange(len(order))
    if not (arrays.nodes["Product"]["id"].to_numpy(object)[nodes] == dataset.product_index).all():
        raise RunError("the exported graph has other products than the dataset that was loaded into it")
    return nodes


def _renumbered(histories: Histories, nodes: IntArray) -> Histories:
    return replace(histories, products=nodes[histories.products])


def _renumbered_cases(cases: Cases, nodes: IntArray) -> Cases:
    return replace(cases, histories=_renumbered(cases.histories, nodes), targets=nodes[cases.targets])
