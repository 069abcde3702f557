"""Encode product titles with our encoder and with sentence-transformers, same weights, same run.

    python benchmarks/encode.py [FOLDER with the Amazon Beauty 2014 sequence files]

The texts are cut into chunks which the two encode in turn (ours, theirs, theirs, ours, …), so that a machine
that slows down slows down both. Theirs runs at its default batch size. Then ours once more, from the cache.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from cartograph.data import load
from cartograph.encoders import DEFAULT_ENCODER, EmbeddingCache, load_encoder
from cartograph.encoders.weights import find_weights

ROOT = Path(__file__).parent.parent
CHUNKS = 8


def main() -> None:
    """Run the benchmark."""
    source = sys.argv[1] if len(sys.argv) > 1 else str(ROOT.parent / "shared" / "datasets" / "amz14_beauty")
    texts = load(source).products["title"].tolist()
    ours = load_encoder(device="cpu")
    theirs = SentenceTransformer(str(find_weights(DEFAULT_ENCODER)), device="cpu")
    ours.encode(texts[:64])
    theirs.encode(texts[:64])
    seconds = {"ours": 0.0, "theirs": 0.0}
    difference = 0.0
    for number, chunk in enumerate(np.array_split(np.array(texts, dtype=object), CHUNKS)):
        vectors = {}
        for name in ("ours", "theirs") if number % 2 == 0 else ("theirs", "ours"):
            begun = time.perf_counter()
            if name == "ours":
                vectors[name] = ours.encode(list(chunk))
            else:
                vectors[name] = theirs.encode(list(chunk), normalize_embeddings=True, show_progress_bar=False)
            seconds[name] += time.perf_counter() - begun
        difference = max(difference, float(np.abs(vectors["ours"] - vectors["theirs"]).max()))
    with tempfile.TemporaryDirectory() as folder:
        EmbeddingCache(Path(folder)).encode(ours, texts)
        begun = time.perf_counter()
        EmbeddingCache(Path(folder)).encode(load_encoder(device="cpu"), texts)
        cached = time.perf_counter() - begun
    results = {
        "texts": len(texts),
        "seconds": seconds,
        "ratio": seconds["theirs"] / seconds["ours"],
        "largest_difference": difference,
        "second_time_seconds": cached,
    }
    print(f"{len(texts):,} titles: ours {len(texts) / seconds['ours']:,.0f} a second, sentence-transformers")
    print(f"{len(texts) / seconds['theirs']:,.0f} a second: ours is {results['ratio']:.2f} times as fast")
    print(
        f"largest difference of two vectors {difference:.1e}; the second time, from the cache, {cached:.1f} s"
    )
    (ROOT / "benchmarks" / "results" / "encode.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
