"""The first stage of a run: a dataset into its graph. Needs no torch, so a load has the memory to itself."""

from ..data import Dataset, RunError
from ..kg import GraphStore, load_dataset, open_store
from ..kg.quality import supersede
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
        counts = load_dataset(graph, dataset, progress=progress)
        return graph.counts() if supersede(graph) else counts


def _refuse_others(graph: GraphStore, dataset: Dataset) -> None:
    """Two datasets in one graph would be trained as one."""
    there = graph.frame("MATCH (p:Product) RETURN p.id AS id")
    others = sorted(set(there.get("id", ())) - set(dataset.product_index))
    if len(others):
        raise RunError(
            f"the store holds {len(others):,} products that {dataset.name!r} has not, {others[0]!r} say; "
            "empty it with MATCH (n) DETACH DELETE n, or give another server"
        )
