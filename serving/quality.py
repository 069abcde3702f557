"""The graph's quality on a run folder: the report, and what becomes of its proposals."""

import importlib.metadata
from collections.abc import Sequence
from typing import Any

from ..data.dataset import FloatArray
from ..kg import GraphArrays, export
from ..kg.quality import Facts, Proposal, accept, accepted, propose, quality, undo
from .run import Run


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
        vectors=_vectors(run, arrays) if run.embeddings.exists() else None,
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
        items = [item for relation in relations for item in propose(facts, relation).items]
        chosen = [item for item in items if item.confidence >= min_confidence]
        version = importlib.metadata.version("cartograph-recommender")
        return accept(store, chosen, version=version) if chosen else "", chosen


def undo_stage(run: Run, acceptance: str | None) -> tuple[str, int]:
    """Take what was accepted out of the run's graph: the acceptance's id, and how many relationships.

    Raises:
        StoreError: There is no such acceptance.
    """
    with run.open() as store:
        return undo(store, acceptance)


def _vectors(run: Run, arrays: GraphArrays) -> FloatArray:
    from ..encoders import DEFAULT_ENCODER, DEFAULT_TEMPLATE, EmbeddingCache, embed_graph, load_encoder

    state = run.state()
    encoder = load_encoder(state.encoder or DEFAULT_ENCODER)
    template = state.template or DEFAULT_TEMPLATE
    return embed_graph(arrays, encoder, EmbeddingCache(run.embeddings), template=template)["Product"]
