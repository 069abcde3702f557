"""The whole way on the bundled sample, printed."""

import time

import numpy as np

from ..data import Columns, Dataset, load
from ..evaluation import to_table, write_json
from .loading import load_stage
from .models import evaluate_models, models
from .printing import print_explanation, print_ranking
from .recommender import Recommender
from .run import Run
from .stages import encode_stage, train_stage

c = Columns


def run_demo(run: Run) -> None:
    """Load, encode, train and evaluate the sample, and print what can be asked then.

    All events of one product are kept from the graph, so that it is as new as one that came in today.
    """
    begun = time.monotonic()
    sample = load("sample")
    newcomer, buyers = _newcomer(sample)
    known = sample.with_events(sample.events[sample.events[c.PRODUCT] != newcomer])
    _heading(
        f"1. Load {len(known.products):,} products and {len(known.events):,} events into the product graph"
    )
    counts = load_stage(run, known)
    print(", ".join(f"{count:,} {name}" for name, count in counts.items() if count))
    _heading("2. Encode every text with BERT")
    vectors = encode_stage(run)
    print(", ".join(f"{count:,} {name}" for name, count in vectors.items() if count))
    _heading("3. Train the graph network")
    epochs = train_stage(run)
    print(f"{len(epochs)} epochs, best NDCG@10 on validation {max(e.validation or 0 for e in epochs):.4f}")
    _heading("4. Evaluate on a time split: train on the past, ask about the future")
    names = ("popular", "item-knn", "cartograph")
    document = evaluate_models(sample, "time", names, models(cache=run.embeddings))
    print(to_table(document["models"]))
    write_json(run.evaluation, document)
    with Recommender.load(run.folder) as recommender:
        _show(recommender, sample, newcomer, buyers)
    _heading(f"Done in {time.monotonic() - begun:.0f} s. Go on with")
    user = buyers[0]
    print(f"cartograph serve --run {run.folder}     # a page to look at, and the HTTP API behind it")
    print(f"cartograph recommend --run {run.folder} --user {user}")
    print(f"cartograph explain {newcomer} --run {run.folder} --user {user}")
    print(f"cartograph similar {newcomer} --run {run.folder}")
    print(f"cartograph search 'something sweet for breakfast' --run {run.folder}")
    print(
        f'cartograph cypher --run {run.folder} "MATCH (p:Product)-[:IN_CATEGORY]->(c:Category) '
        'RETURN c.id AS category, count(*) AS products ORDER BY products DESC LIMIT 5"'
    )
    print("cartograph load YOUR_FOLDER --run runs/mine     # the format: docs/folder-format.md")


def _show(recommender: Recommender, sample: Dataset, newcomer: str, buyers: list[str]) -> None:
    user = buyers[0]
    _heading(f"5. For household {user}, who is known")
    ranking = recommender.for_user(user, 5)
    print_ranking(ranking)
    print("\nWhy the first one:")
    print_explanation(recommender.explain(user, ranking[0].product_id))
    touched = [recommender.search(query, 1)[0] for query in ("tortilla chips", "salsa")]
    names = " and ".join(item.title for item in touched)
    _heading(f"6. For a new visitor who has touched {names}")
    print_ranking(recommender.for_events([item.product_id for item in touched], 5))
    title = recommender.catalogue.title(recommender.catalogue.row(newcomer))
    _heading(f"7. {title} ({newcomer}), which training never saw")
    ranks = [recommender.rank(buyer, newcomer) for buyer in buyers]
    print(
        f"{len(buyers)} households bought it in the events that were kept back; among all "
        f"{len(sample.products):,} products it ranks {int(np.median(ranks)):,} for the median one of them"
    )
    print("a visitor who looks at it first is recommended:")
    print_ranking(recommender.for_events([newcomer], 5))
    popular = sample.events[c.PRODUCT].value_counts().index[0]
    _heading(f"8. Similar to {recommender.catalogue.title(recommender.catalogue.row(popular))} ({popular})")
    print_ranking(recommender.similar(popular, 5))
    _heading(f"9. What completes a basket with {names}")
    print_ranking(recommender.complete_basket([item.product_id for item in touched], 5))
    _heading("10. Search: diapers for a newborn")
    print_ranking(recommender.search("diapers for a newborn", 5))


def _newcomer(sample: Dataset) -> tuple[str, list[str]]:
    """The hundredth most bought product, and its buyers."""
    product = str(sample.events[c.PRODUCT].value_counts().index[100])
    buyers = sample.events.loc[sample.events[c.PRODUCT] == product, c.USER]
    return product, sorted(set(buyers.astype(str)))


def _heading(text: str) -> None:
    print(f"\n== {text}", flush=True)
