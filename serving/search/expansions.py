"""Query expansion through the graph: nodes that a query names or means, or that its best products share."""

from dataclasses import dataclass

import numpy as np

from ...data.dataset import FloatArray, IntArray
from ...kg.schema import CATEGORY_SEPARATOR
from .config import SearchConfig
from .dense import Scale
from .facts import Facts
from .results import Because, Expansion
from .terms import terms

FEWEST = 5
"""What fewer products share may be chance."""


@dataclass(frozen=True)
class Expanded:
    """Nodes with weights, each once; strongest first."""

    nodes: IntArray
    weights: FloatArray
    """In (0, 1]."""
    because: tuple[Because, ...]

    def told(self, facts: Facts) -> tuple[Expansion, ...]:
        """The same for people."""
        return tuple(
            Expansion(
                facts.nodes[i].kind, facts.nodes[i].id, facts.nodes[i].name, round(float(weight), 4), why
            )
            for i, weight, why in zip(self.nodes, self.weights, self.because, strict=True)
        )


NOTHING = Expanded(np.zeros(0, np.int64), np.zeros(0, np.float32), ())


def asked_for(query: str, vector: FloatArray, facts: Facts, scale: Scale, config: SearchConfig) -> Expanded:
    """The nodes that a query names, or means: those whose vectors are nearest to its own, far beyond chance.

    Args:
        query: As it is answered.
        vector: Its unit vector, `(d,)`.
        facts: The nodes.
        scale: What a cosine says.
        config: Thresholds.
    """
    if not facts.nodes:
        return NOTHING
    chosen: dict[int, tuple[float, Because]] = {}
    near = scale.nearness(facts.vectors @ vector)
    least = scale.threshold(config.meant_spreads)
    for kind in ("brand", "category", "attribute"):
        own = np.flatnonzero(facts.of_kind[kind] & (near >= least))
        for i in own[np.argsort(-near[own], kind="stable")][: config.most_meant].tolist():
            chosen[i] = (min(float(near[i]), 1.0), "meant")
    for i, weight in zip(*facts.named(terms(query)), strict=True):
        chosen[int(i)] = (min(float(weight), 1.0), "named")
    return _ordered(chosen)


def with_shared(asked: Expanded, best: IntArray, facts: Facts, config: SearchConfig) -> Expanded:
    """The same with the brands and categories that many of the best products have and few of the others.

    Of a category and one below it, the lower one says it all. So a query for a kind of thing leads to
    the brands that make it.
    """
    if len(best) < FEWEST or not facts.nodes:
        return asked
    found, shares = facts.shared(best, config.shared_share, config.shared_lift)
    paths = [facts.nodes[i].id for i in found if facts.nodes[i].kind == "category"]
    above = [any(path.startswith(facts.nodes[i].id + CATEGORY_SEPARATOR) for path in paths) for i in found]
    chosen: dict[int, tuple[float, Because]] = {}
    for kind in ("brand", "category"):
        own = np.flatnonzero(facts.of_kind[kind][found] & ~np.array(above, dtype=np.bool_))
        for at in own[np.argsort(-shares[own], kind="stable")][: config.most_meant].tolist():
            chosen[int(found[at])] = (config.shared_weight * float(shares[at]), "shared")
    for i, weight, because in zip(asked.nodes, asked.weights, asked.because, strict=True):
        chosen[int(i)] = (float(weight), because)
    return _ordered(chosen)


def _ordered(chosen: dict[int, tuple[float, Because]]) -> Expanded:
    best = sorted(chosen.items(), key=lambda item: (-item[1][0], item[0]))
    return Expanded(
        np.array([i for i, _ in best], dtype=np.int64),
        np.array([weight for _, (weight, _) in best], dtype=np.float32),
        tuple(because for _, (_, because) in best),
    )
