"""Throw generated requests at a server, from its OpenAPI document; count cases, statuses and failures.

    python benchmarks/fuzz_http.py --run runs/demo [--cases 10000] [--seed 0]

The run is copied, so what the cases write stays nowhere. Half of the cases keep to the document, half break
it. A failure is a status of 500 and above, an answer that is not JSON of the one error shape, or none within
a minute. Exits with 1 if there is one.
"""

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.core.result import Err

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.http_server import LiveServer  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "fuzz_http.json"
SLOW = {"/v1/reload": 20}
"""Endpoints that take long, and how much fewer cases they get."""
HANGS = 60.0
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@dataclass
class Outcome:
    """What came back."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    """Seconds."""
    slowest_at: str = ""
    failures: list[str] = field(default_factory=list)


def fuzz(url: str, cases: int, seed: int) -> Outcome:
    """Send about `cases` requests to the server at `url`."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = []
    for found in schema.get_all_operations():
        if isinstance(found, Err):
            raise found.err()
        operations.append(found.ok())
    outcome = Outcome()
    with requests.Session() as session:
        for operation in operations:
            each = max(cases // (len(operations) * len(MODES) * SLOW.get(operation.path, 1)), 2)
            for mode in MODES:
                _operation(operation, mode, each, seed, session, outcome)
    return outcome


def _operation(
    operation: Any, mode: Any, cases: int, seed: int, session: requests.Session, outcome: Outcome
) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        start = time.perf_counter()
        where = f"{operation.method.upper()} {operation.path}"
        try:
            response = case.call(session=session, timeout=HANGS)
        except requests.RequestException as error:
            outcome.failures.append(f"{where}: {error}")
            return
        seconds = time.perf_counter() - start
        outcome.cases += 1
        outcome.statuses[response.status_code] += 1
        if seconds > outcome.slowest:
            outcome.slowest, outcome.slowest_at = seconds, where
        if trouble := _trouble(response):
            outcome.failures.append(f"{trouble}: {case.as_curl_command()}")

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # no input can break an endpoint without any
        send()


def _trouble(response: Any) -> str | None:
    """What is wrong with an answer, if anything is."""
    if response.status_code >= 500:
        return f"status {response.status_code} {response.text[:200]}"
    if response.status_code < 400:
        return None
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code} without the error shape: {response.text[:200]}"
    wrong = not {"code", "message"} <= set(error) <= {"code", "message", "hint"}
    return f"another error shape: {error}" if wrong else None


def main() -> int:
    """Run it, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "run"
        shutil.copytree(options.run, copy)
        start = time.perf_counter()
        with LiveServer(copy) as server:
            outcome = fuzz(server.url, options.cases, options.seed)
            alive = requests.get(f"{server.url}/ready", timeout=HANGS).status_code == 200
    result = {
        "schemathesis": schemathesis.__version__,
        "cases": outcome.cases,
        "seconds": round(time.perf_counter() - start),
        "statuses": {str(status): n for status, n in sorted(outcome.statuses.items())},
        "slowest_seconds": round(outcome.slowest, 2),
        "slowest_at": outcome.slowest_at,
        "failures": outcome.failures[:50],
        "alive_after": alive,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    return int(bool(outcome.failures) or not alive)


if __name__ == "__main__":
    sys.exit(main())
