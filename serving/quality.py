"""The graph's quality on a run folder: the report, and what becomes of its proposals."""

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any

from ..data.dataset import FloatArray
from ..kg import GraphArrays, export
from ..kg.quality import Facts, Proposal, TextVectors, accept, accepted, propose, quality, undo
from .run import Run

WITHOUT_CATEGORY = "{title}. {brand}. {description}"
"""How a product reads whose category is asked for."""


def quality_stage(run: Run) -> dict[str, Any]:
    """The quality report of a run's graph; its text vectors, where there are any, help to find duplicates.

    Args:
        run: With a loaded graph.
    """
    state = run.state()
    with run.open(read_only=True) as store:
        arrays, there = export(store), accepted(store)
    return quality(
        arrays,
        dataset=state.dataset,
        timed=state.timed,
        vectors=_vectors(run, arrays)["Product"] if run.embeddings.exists() else None,
        texts=_texts(run, arrays),
        accepted=there,
    )


def accept_stage(run: Run, min_confidence: float, relations: Sequence[str]) -> tuple[str, list[Proposal]]:
    """Write the proposals that are sure enough into the run's graph.

    Args:
        run: With a loaded graph.
        min_confidence: In (0, 1].
        relations: Keys of `quality.proposals.RELATIONS`.

    Returns:
        The acceptance's id, `""` where nothing is sure enough, and what was written.

    Raises:
        ValueError: The confidence is out of its range.
    """
    if not 0 < min_confidence <= 1:
        raise ValueError(f"--min-confidence is {min_confidence:g}; it must be above 0 and at most 1")
    with run.open() as store:
        facts = Facts(export(store))
        texts = _texts(run, facts.arrays)
        items = [item for relation in relations for item in propose(facts, relation, texts).items]
        chosen = [sure for item in items if (sure := item.sure(min_confidence))]
        version = importlib.metadata.version("cartograph-recommender")
        return accept(store, chosen, version=version) if chosen else "", chosen


def undo_stage(run: Run, acceptance: str | None) -> tuple[str, int]:
    """Take what was accepted out of the run's graph: the acceptance's id, and how many relationships.

    Raises:
        StoreError: There is no such acceptance.
    """
    with run.open() as store:
        return undo(store, acceptance)


def _texts(run: Run, arrays: GraphArrays) -> Callable[[], TextVectors] | None:
    """Vectors to tell categories by, where the run's texts are encoded."""

    def encoded() -> TextVectors:
        vectors = _vectors(run, arrays, WITHOUT_CATEGORY)
        return TextVectors(vectors["Product"], vectors["Category"])

    return encoded if run.embeddings.exists() else None


def _vectors(run: Run, arrays: GraphArrays, template: str | None = None) -> dict[str, FloatArray]:
    from ..encoders import DEFAULT_TEMPLATE, EmbeddingCache, embed_graph

    template = template or run.state().template or DEFAULT_TEMPLATE
    return embed_graph(arrays, run.encoder(), EmbeddingCache(run.embeddings), template=template)
