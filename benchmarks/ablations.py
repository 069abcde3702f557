"""What each part of the model is worth: Beauty, leave-one-out, without one part at a time.

    python benchmarks/ablations.py

The result is `benchmarks/results/ablations.json`, the document of an evaluation of the variants as models;
`make docs` puts it into `docs/results.md`. What is varied is the first stage, which stands beside the whole.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.ranking import KEPT  # noqa: E402
from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from cartograph.data import load, split  # noqa: E402
from cartograph.data.splits import Split  # noqa: E402
from cartograph.evaluation import Answers, Fit, Scorer, Trained, examine, write_json  # noqa: E402
from cartograph.gnn import GraphConfig, NetworkConfig, TrainConfig  # noqa: E402
from cartograph.kg import Edges, GraphArrays  # noqa: E402
from cartograph.serving.fit import FitConfig  # noqa: E402
from cartograph.serving.fusion import GRAPH_ONLY  # noqa: E402
from cartograph.serving.models import Prepared, cartograph, prepare  # noqa: E402
from cartograph.serving.ranker import Ranker  # noqa: E402

DATASET = "amz14_beauty"

FIRST = FitConfig(second_stage=None)

FACTS = ("Brand", "Category", "Attribute")


def variant(
    config: FitConfig = FIRST,
    change: Callable[[Prepared], Prepared] = lambda prepared: prepared,
    *,
    fused: bool = True,
) -> Fit:
    """The first stage with another configuration, on a changed graph, or the network's score alone."""

    def fit(given: Split) -> Scorer:
        prepared = change(prepare(given))
        chosen = prepared.choose(config)

        def scorer(ranker: Ranker) -> Scorer:
            return prepared.scorer(ranker if fused else Ranker(ranker.index.with_fusion(GRAPH_ONLY)))

        return Trained(
            scorer(chosen.ranker),
            refit=lambda final: scorer(prepared.fit(chosen.settings, final, config).ranker),
        )

    return fit


def without_text(prepared: Prepared) -> Prepared:
    """No vectors of texts, and no words."""
    blank = prepared.arrays.nodes["Product"].assign(title="", description="")
    arrays = GraphArrays({**prepared.arrays.nodes, "Product": blank}, prepared.arrays.edges)
    vectors = {label: np.zeros_like(values) for label, values in prepared.vectors.items()}
    return replace(prepared, arrays=arrays, vectors=vectors)


def without_facts(prepared: Prepared) -> Prepared:
    """No brands, categories and attributes."""
    edges = {ends: edges for ends, edges in prepared.arrays.edges.items() if not _describes(ends)}
    return replace(prepared, arrays=GraphArrays(prepared.arrays.nodes, edges))


def with_shuffled_facts(prepared: Prepared) -> Prepared:
    """Every product has the brand, categories and attributes of another."""
    other = np.random.default_rng(0).permutation(len(prepared.arrays.nodes["Product"]))
    edges = {
        ends: Edges(other[e.source], e.target, e.properties) if _describes(ends) else e
        for ends, e in prepared.arrays.edges.items()
    }
    return replace(prepared, arrays=GraphArrays(prepared.arrays.nodes, edges))


def _describes(ends: tuple[str, str, str]) -> bool:
    return ends[0] == "Product" and ends[2] in FACTS


def _network(network: NetworkConfig) -> FitConfig:
    return replace(FIRST, train=TrainConfig(network=network))


VARIANTS: dict[str, Fit] = {
    "cartograph": cartograph(),
    "first stage": variant(),
    "no text": variant(change=without_text),
    "no neighbours": variant(replace(FIRST, graph=GraphConfig(co_visit_gap=0, text_neighbours=0))),
    "no facts": variant(change=without_facts),
    "shuffled facts": variant(change=with_shuffled_facts),
    "no recency": variant(_network(NetworkConfig(kernels=(1e-6,)))),
    "no fusion": variant(fused=False),
    "no embeddings of products": variant(_network(NetworkConfig(identity=False))),
    "no folds": variant(replace(FIRST, train=TrainConfig(folds=1))),
    "with the shop's links": variant(replace(FIRST, graph=GraphConfig(links=True))),
}


def main() -> None:
    """Evaluate every variant; one that was evaluated before is not fitted again."""
    exam = split(load(str(DATASETS / DATASET), links=True), "leave-one-out")
    write_json(RESULTS / "ablations.json", examine([exam], VARIANTS, answers=Answers(KEPT / "ablations")))


if __name__ == "__main__":
    main()
