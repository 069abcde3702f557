"""Evaluate on the public datasets that are at hand; `make docs` puts the results into README and docs.

    python benchmarks/ranking.py [NAME …]

`benchmarks/rankings.py` lists what is evaluated; `amz14_beauty-user-cold-3` is the name of one. Datasets are
looked for under `$CARTOGRAPH_DATASETS`, else beside the repository. A result is one JSON file in
`benchmarks/results/`; what has one with all its models is not evaluated again. What each model answered is
kept in `runs/ranking/`: a run that was interrupted goes on with the model it was at, and a model that is
added to the list is fitted alone. To evaluate one anew, remove what is kept of it, and the results:

    rm runs/ranking/*/cartograph-*.npz benchmarks/results/ranking-*.json
"""

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import RANKINGS, Ranking  # noqa: E402
from cartograph.serving.cli import main as cartograph  # noqa: E402

KEPT = ROOT / "runs" / "ranking"


def main(names: Sequence[str]) -> int:
    """Run what is missing; the exit code.

    Args:
        names: Of the rankings to look at; all when empty.
    """
    known = [ranking.name for ranking in RANKINGS]
    if unknown := set(names) - set(known):
        print(f"no ranking {', '.join(sorted(unknown))}; choose from {', '.join(known)}", file=sys.stderr)
        return 1
    for ranking in RANKINGS:
        if ranking.done or (names and ranking.name not in names):
            continue
        if not ranking.at_hand:
            print(f"{ranking.name} left out: {ranking.source} is absent", file=sys.stderr)
        elif failed := cartograph(command(ranking)):
            return failed
    return 0


def command(ranking: Ranking) -> list[str]:
    """What follows `cartograph`."""
    options = {
        "protocol": ranking.protocol,
        **ranking.options,
        "models": ",".join(ranking.models),
        "seeds": ",".join(map(str, ranking.seeds)),
        "keep": KEPT / ranking.name,
        "json": ranking.result,
    }
    return ["evaluate", ranking.source, *(part for k, v in options.items() for part in (f"--{k}", str(v)))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
