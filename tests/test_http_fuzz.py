"""Generated requests, from the OpenAPI document; `benchmarks/fuzz_http.py` sends many more."""

import pytest

from benchmarks.fuzz_http import fuzz
from cartograph.serving.run import Run
from tests.http_server import LiveServer

CASES = 400


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_generated_request_is_the_servers_fault(copied: Run) -> None:
    with LiveServer(copied.folder) as server:
        outcome = fuzz(server.url, CASES, seed=0)
    assert outcome.failures == []
    assert outcome.cases > CASES // 2
    assert outcome.slowest < 30
