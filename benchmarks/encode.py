"""Encode product titles with our encoder and with sentence-transformers, same weights, same run.

    python benchmarks/encode.py [FOLDER with the Amazon Beauty 2014 sequence files]

The texts are cut into chunks which all encode in turn (ours in float32, ours in bfloat16, theirs in float32,
then in reverse, …), so that a machine that slows down slows down all. Theirs runs at its default batch size.
Then ours once more, from the cache; one query after the other on one core; and the first stage of the
recommender trained on the vectors of either precision, whose NDCG@10 on the validation part is compared.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer
from threadpoolctl import threadpool_limits

from cartograph.data import Dataset, load, split
from cartograph.data.dataset import FloatArray
from cartograph.encoders import (
    DEFAULT_ENCODER,
    EmbeddingCache,
    Precision,
    TextEncoder,
    embed_graph,
    load_encoder,
)
from cartograph.encoders.weights import find_weights
from cartograph.evaluation import rank_targets
from cartograph.serving.fit import FitConfig
from cartograph.serving.models import prepare

ROOT = Path(__file__).parent.parent
CHUNKS = 8
QUERIES = 500
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")


def main() -> None:
    """Run the benchmark."""
    source = sys.argv[1] if len(sys.argv) > 1 else str(ROOT.parent / "shared" / "datasets" / "amz14_beauty")
    dataset = load(source)
    texts = dataset.products["title"].tolist()
    ours = {precision: load_encoder(device="cpu", precision=precision) for precision in PRECISIONS}
    theirs = SentenceTransformer(str(find_weights(DEFAULT_ENCODER)), device="cpu")
    encoders: dict[str, Callable[[list[str]], FloatArray]] = {
        name: encoder.encode for name, encoder in ours.items()
    }
    encoders["theirs"] = partial(theirs.encode, normalize_embeddings=True, show_progress_bar=False)
    seconds = dict.fromkeys(encoders, 0.0)
    differences: dict[str, float] = dict.fromkeys(PRECISIONS, 0.0)
    for encode in encoders.values():
        encode(texts[:64])
    for number, chunk in enumerate(np.array_split(np.array(texts, dtype=object), CHUNKS)):
        vectors: dict[str, FloatArray] = {}
        for name in list(encoders)[:: 1 if number % 2 == 0 else -1]:
            begun = time.perf_counter()
            vectors[name] = encoders[name](list(chunk))
            seconds[name] += time.perf_counter() - begun
        for name in PRECISIONS:
            gap = float(np.abs(vectors[name] - vectors["theirs"]).max())
            differences[name] = max(differences[name], gap)
    results = {
        "texts": len(texts),
        "seconds": seconds,
        "ratio": {name: seconds["theirs"] / seconds[name] for name in PRECISIONS},
        "largest_difference": differences,
        "second_time_seconds": cached(texts),
        "query_milliseconds": {name: queries(encoder, texts) for name, encoder in ours.items()},
        "validation_ndcg": {name: trained(dataset, encoder) for name, encoder in ours.items()},
    }
    print(json.dumps(results, indent=2))
    (ROOT / "benchmarks" / "results" / "encode.json").write_text(json.dumps(results, indent=2) + "\n")


def cached(texts: list[str]) -> float:
    """Seconds to get vectors that are in the cache, loading the encoder included."""
    with tempfile.TemporaryDirectory() as folder:
        EmbeddingCache(Path(folder)).encode(load_encoder(device="cpu"), texts)
        begun = time.perf_counter()
        EmbeddingCache(Path(folder)).encode(load_encoder(device="cpu"), texts)
        return time.perf_counter() - begun


def queries(encoder: TextEncoder, texts: list[str]) -> dict[str, float]:
    """Median and 99th percentile of encoding the first words of a title, on one core."""
    took = []
    with threadpool_limits(1):
        for text in texts[:QUERIES]:
            begun = time.perf_counter()
            encoder.encode([" ".join(text.split()[:4])], role="query")
            took.append(1000 * (time.perf_counter() - begun))
    return {"median": float(np.median(took)), "p99": float(np.quantile(took, 0.99))}


def trained(dataset: Dataset, encoder: TextEncoder) -> float:
    """NDCG@10 of the first stage on the validation part of leave-one-out, which chose its settings."""
    given = split(dataset, "leave-one-out").split()
    with tempfile.TemporaryDirectory() as folder:
        cache = EmbeddingCache(Path(folder))
        prepared = prepare(given, cache=cache.folder)
        prepared = replace(prepared, vectors=embed_graph(prepared.arrays, encoder, cache))
    chosen = prepared.choose(FitConfig(second_stage=None), device="cpu")
    found = rank_targets(prepared.scorer(chosen.ranker), given.validation, len(given.cold))
    return float(found.per_user("ndcg", 10).mean())


if __name__ == "__main__":
    main()
