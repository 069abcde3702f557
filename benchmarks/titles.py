"""What tuning on titles is worth to search: the encoder tuned on two other shops' titles, on Crowdflower.

    python benchmarks/titles.py

The encoder learns from the titles of Beauty and Complete Journey (`tune` in `encoders/tune.py`, its defaults;
what `cartograph tune --on titles` does for one shop) and never sees a query, a judgement or a product of
Crowdflower. Figures and halves of the queries are those of `benchmarks/search.py`: the way was chosen on one
half (`chosen on`), nothing on the other (`held out`). `cosine` ranks by the encoder alone, `hybrid` is
what a shop's search does. Intervals are 95 % by resampling queries, those of differences query by query. The
result is `benchmarks/results/titles.json`; the tuned encoder is kept in `runs/titles`, for
`python benchmarks/robustness.py --encoder runs/titles`.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from benchmarks.search import FIGURES, figures, halves, interval, judgements, systems  # noqa: E402
from cartograph.data import load  # noqa: E402
from cartograph.encoders import DEFAULT_ENCODER, load_encoder, tune  # noqa: E402
from cartograph.encoders.titles import Titles  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402
from cartograph.kg import exported  # noqa: E402

RESULT = RESULTS / "titles.json"
TUNED = ROOT / "runs" / "titles"
SHOPS = str(DATASETS / "amz14_beauty"), "completejourney"
SYSTEMS = "cosine", "hybrid"


def both(one: Titles, other: Titles) -> Titles:
    """The titles of two shops, whose categories have nothing to do with each other."""
    return Titles(
        [*one.titles, *other.titles],
        [*one.details, *other.details],
        np.concatenate([one.kinds, other.kinds + one.kinds.max() + 1]),
    )


def main() -> None:
    """Tune, search, print, write the result."""
    judged = judgements()
    titles = both(*(Titles.of(exported(load(shop))) for shop in SHOPS))
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as place:
        tune(encoder, titles=titles, states=Path(place) / "states")
    TUNED.parent.mkdir(exist_ok=True)
    encoder.save(TUNED)
    found = {}
    for name, weights in (("frozen", DEFAULT_ENCODER), ("tuned", str(TUNED))):
        ways = systems(judged, weights)
        found[name] = {way: figures(ways[way], judged) for way in SYSTEMS}
    parts: dict[str, Any] = {}
    for part, own in halves(judged.queries).items():
        print(f"\n{part} ({own.sum()} queries)")
        for way in SYSTEMS:
            frozen, moved = (found[name][way][own] for name in ("frozen", "tuned"))
            for i, figure in enumerate(FIGURES):
                columns = {"frozen": frozen, "tuned": moved, "tuned minus frozen": moved - frozen}
                row = {name: interval(values[:, i]) for name, values in columns.items()}
                parts.setdefault(part, {}).setdefault(way, {})[figure] = row
                cells = (f"{name} {m:.4f} [{low:.4f}, {high:.4f}]" for name, (m, low, high) in row.items())
                print(f"{way:8}{figure:24}" + "  ".join(cells))
    write_json(RESULT, {"titles": len(titles), "queries": len(judged.queries), "parts": parts})


if __name__ == "__main__":
    main()
