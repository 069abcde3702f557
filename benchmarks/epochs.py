"""Train the network on a CPU or a GPU: seconds of an epoch, and validation figures. Beauty, leave-one-out.

    python benchmarks/epochs.py [cpu|cuda]

The result stands in `benchmarks/results/epochs.json` by the name of the device; those of others stay.
"""

import json
import platform
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rankings import DATASETS, RESULTS  # noqa: E402
from cartograph.data import load, split  # noqa: E402
from cartograph.evaluation import write_json  # noqa: E402
from cartograph.gnn import pick_device  # noqa: E402
from cartograph.serving.fit import FitConfig  # noqa: E402
from cartograph.serving.models import prepare  # noqa: E402

RESULT = RESULTS / "epochs.json"


def main() -> None:
    """Train once, and add the result to the file."""
    device = pick_device(sys.argv[1] if len(sys.argv) > 1 else "auto")
    prepared = prepare(split(load(str(DATASETS / "amz14_beauty")), "leave-one-out").split())
    epochs = prepared.choose(FitConfig(second_stage=None), device=device.type).epochs
    cores = f"{torch.get_num_threads()} cores of {platform.machine()}"
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else cores
    results = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    results[name] = {
        "seconds": [epoch.seconds for epoch in epochs],
        "ndcg@10": [epoch.validation for epoch in epochs],
    }
    write_json(RESULT, results)
    print(name, results[name])


if __name__ == "__main__":
    main()
