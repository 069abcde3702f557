"""Our model as the evaluation sees it: the whole way from a split to scores, a model among the baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from torch_geometric.data import HeteroData

from ..data import Columns, Dataset, Histories, RunError, split
from ..data.dataset import FloatArray, IntArray
from ..data.splits import Cases, Split
from ..encoders import (
    DEFAULT_ENCODER,
    DEFAULT_TEMPLATE,
    EmbeddingCache,
    TuneConfig,
    embed_graph,
    load_encoder,
)
from ..evaluation import BASELINES, Answers, Fit, Scorer, Trained, examine, rank_targets
from ..evaluation.content import content_knn
from ..gnn import GraphConfig, build_graph
from ..kg import GraphArrays, exported
from .content import TEMPLATES, text_vectors
from .fit import Chosen, FitConfig, Fitted, Settings, choose, fit
from .ranker import Ranker
from .tuning import tuned


def cartograph(
    *,
    encoder: str = DEFAULT_ENCODER,
    template: str = DEFAULT_TEMPLATE,
    config: FitConfig = FitConfig(),
    tuning: TuneConfig | None = TuneConfig(),
    device: str = "auto",
    cache: Path | None = None,
    progress: bool = True,
) -> Fit:
    """Our model as a baseline among baselines: the whole way from a split to scores, through a real graph.

    Args:
        encoder: Name or folder of the text encoder.
        template: How a product reads.
        config: How to fit.
        tuning: How the encoder is tuned on each split's training part, where enough products are without
            events; None leaves it as it is.
        device: Where to train.
        cache: Where text vectors are kept; `~/.cache/cartograph` when absent.
        progress: Whether to show bars on stderr.
    """

    def run(given: Split) -> Scorer:
        prepared = prepare(
            given,
            encoder=encoder,
            template=template,
            config=config,
            tuning=tuning,
            device=device,
            cache=cache,
            progress=progress,
        )
        chosen = prepared.choose(config, device=device, progress=progress)
        settings = chosen.settings

        def refit(final: Split) -> Scorer:
            fitted = prepared.fit(settings, final, config, device=device, progress=progress)
            return prepared.scorer(fitted.ranker)

        return Trained(
            prepared.scorer(chosen.ranker),
            [epoch.validation for epoch in chosen.epochs if epoch.validation is not None],
            asdict(settings.fusion)
            | {
                "epochs": settings.epochs,
                "second_stage_cold_offset": settings.second.cold_offset if settings.second else None,
            },
            refit,
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
    _graphs: dict[GraphConfig, HeteroData] = field(default_factory=dict, init=False, repr=False)

    def choose(self, config: FitConfig, *, device: str = "auto", progress: bool = True) -> Chosen:
        """What the validation part decides, the seed moved by the split's."""
        given = self.split
        return choose(
            self._graph(config),
            _renumbered(given.train.histories(), self.nodes),
            _renumbered_cases(given.validation, self.nodes),
            ndcg,
            _seeded(config, given),
            timed=given.train.timed,
            device=device,
            progress=progress,
        )

    def fit(
        self,
        settings: Settings,
        final: Split,
        config: FitConfig,
        *,
        device: str = "auto",
        progress: bool = True,
    ) -> Fitted:
        """Our model with what was chosen, trained on all that is known when the test begins.

        Args:
            settings: What `choose` decided with the same configuration.
            final: Of the same exam as the split.
            config: How to fit.
            device: Where to train.
            progress: Whether to show bars on stderr.
        """
        return fit(
            self._graph(config),
            _renumbered(final.train.histories(), self.nodes),
            settings,
            _seeded(config, final),
            timed=final.train.timed,
            device=device,
            progress=progress,
        )

    def _graph(self, config: FitConfig) -> HeteroData:
        """The graph without events, built once: its text neighbours take the square of the catalogue."""
        if config.graph not in self._graphs:
            self._graphs[config.graph] = build_graph(self.arrays, self.vectors, config.graph)
        return self._graphs[config.graph]

    def scorer(self, ranker: Ranker) -> Scorer:
        """What the ranker says, by product row."""
        return lambda histories: ranker.scores(_renumbered(histories, self.nodes))[:, self.nodes]


def prepare(
    given: Split,
    *,
    encoder: str = DEFAULT_ENCODER,
    template: str = DEFAULT_TEMPLATE,
    config: FitConfig = FitConfig(),
    tuning: TuneConfig | None = TuneConfig(),
    device: str = "auto",
    cache: Path | None = None,
    progress: bool = True,
) -> Prepared:
    """Load the training part of a split into a graph of its own, export it, and encode its texts.

    Arguments as of `cartograph`.
    """
    arrays = exported(given.train, progress=progress)
    nodes = _numbers(given.train, arrays)
    model = load_encoder(encoder, device=device)
    titles = given.train.products[Columns.TITLE]
    if tuning is not None and given.cold.mean() >= tuning.cold_share and (titles != "").any():
        with TemporaryDirectory() as folder:
            tuned(
                model,
                arrays,
                _renumbered(given.train.histories(), nodes),
                _seeded(config, given),
                tuning,
                Path(folder) / "encoder",
                timed=given.train.timed,
                template=template,
                progress=progress,
            )
    vectors = embed_graph(arrays, model, EmbeddingCache(cache), template=template, progress=progress)
    return Prepared(given, arrays, vectors, nodes)


def _seeded(config: FitConfig, given: Split) -> FitConfig:
    """The configuration, its seed moved by the split's."""
    return replace(config, train=replace(config.train, seed=config.train.seed + given.seed))


def models(
    *,
    encoder: str = DEFAULT_ENCODER,
    config: FitConfig = FitConfig(),
    tuning: TuneConfig | None = TuneConfig(),
    device: str = "auto",
    cache: Path | None = None,
    progress: bool = True,
) -> dict[str, Fit]:
    """Every model by its name on the command line; arguments as of `cartograph`."""
    vectors = partial(text_vectors, encoder=encoder, device=device, cache=cache, progress=progress)
    ours = cartograph(
        encoder=encoder, config=config, tuning=tuning, device=device, cache=cache, progress=progress
    )
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


def ndcg(ranker: Ranker, cases: Cases) -> float:
    """The mean NDCG@10 of a ranker over cases: what settings are chosen by."""
    found = rank_targets(ranker.scores, cases, len(ranker.index.ids))
    return float(found.per_user("ndcg", 10).mean())


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
