"""Evaluate on the public datasets that are at hand; `make docs` puts the results into the README.

    python benchmarks/ranking.py [DATASET]

Datasets are looked for under `$CARTOGRAPH_DATASETS`, else beside the repository. A result is one JSON file in
`benchmarks/results/`; what has one is not evaluated again, so a run that was interrupted goes on.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cartograph.serving.cli import main as cartograph  # noqa: E402
from tools.make_docs import RANKINGS, RESULTS  # noqa: E402

MODELS = "popular,user-knn,item-knn,content-knn,cartograph"
"""The baselines that take seconds; `benchmarks/baselines.py` tunes the others."""

DATASETS = Path(os.environ.get("CARTOGRAPH_DATASETS", ROOT.parent / "shared" / "datasets"))


def main() -> None:
    """Run what is missing."""
    for name, protocol, _ in RANKINGS:
        result = RESULTS / f"ranking-{name}-{protocol}.json"
        source = name if name == "sample" else str(DATASETS / name)
        if result.exists() or sys.argv[1:] not in ([], [name]):
            continue
        if name != "sample" and not Path(source).is_dir():
            print(f"{name} left out: {source} is absent", file=sys.stderr)
        elif cartograph(
            ["evaluate", source, "--protocol", protocol, "--models", MODELS, "--json", str(result)]
        ):
            sys.exit(1)


if __name__ == "__main__":
    main()
