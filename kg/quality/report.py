"""How good a graph is, as the one documented shape."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from ...data.dataset import FloatArray
from ..export import GraphArrays
from .brands import attribute_findings, brand_findings
from .categories import TextVectors
from .contradictions import contradictions
from .duplicates import duplicate_findings
from .facts import Facts
from .gaps import gaps
from .overview import cold, components, counts, coverage, degrees, growth, summary
from .proposals import RELATIONS, propose

T = TypeVar("T")


def quality(
    arrays: GraphArrays,
    *,
    dataset: str,
    timed: bool,
    vectors: FloatArray | None = None,
    texts: Callable[[], TextVectors] | None = None,
    accepted: list[dict[str, Any]] | None = None,
    now: int | None = None,
) -> dict[str, Any]:
    """Look a graph through.

    Minutes for 100,000 products; the time goes into near-duplicates and proposals.

    Args:
        arrays: The exported graph.
        dataset: Its name, as a title.
        timed: Whether `at` is in seconds; if not, there is no growth and no future.
        vectors: Unit text vectors of the products, `(n_products, d)`, to find duplicates by.
        texts: Vectors of texts that name no category, computed if categories are missing, to propose them by.
        accepted: What `acceptance.accepted` returns.
        now: Seconds since epoch, UTC; the present when absent.

    Returns:
        The document that docs/quality.md describes.
    """
    now = int(time.time()) if now is None else now
    facts, seconds = Facts(arrays), dict[str, float]()

    def timed_part(name: str, work: Callable[[], T]) -> T:
        start = time.perf_counter()
        found = work()
        seconds[name] = round(time.perf_counter() - start, 2)
        return found

    spread = timed_part("degrees", lambda: degrees(facts))
    document = {
        "dataset": dataset,
        "written_at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "counts": counts(arrays),
        "degrees": {name: summary(degree) for name, degree in spread.items()},
        "distributions": {name: _survival(degree.tolist()) for name, degree in spread.items()},
        "components": timed_part("components", lambda: components(arrays)),
        "coverage": timed_part("coverage", lambda: coverage(facts)),
        "cold": cold(facts),
        "growth": growth(facts) if timed else [],
    }
    findings = [
        *timed_part("duplicates", lambda: duplicate_findings(facts, vectors)),
        *timed_part("brands", lambda: brand_findings(facts)),
        *attribute_findings(facts),
        *timed_part("contradictions", lambda: contradictions(facts, now, timed=timed)),
        *timed_part("gaps", lambda: gaps(facts)),
    ]
    document["findings"] = [finding.to_dict() for finding in findings]
    document["proposals"] = [
        timed_part(f"proposals of {relation}", partial(propose, facts, relation, texts)).to_dict()
        for relation in RELATIONS
    ]
    document["accepted"] = accepted or []
    document["seconds"] = seconds
    return document


def _survival(degree: list[int]) -> list[tuple[int, float]]:
    """Which share of the nodes has at least so many, at powers of two and at the end.

    >>> _survival([0, 1, 1, 5])
    [(1, 0.75), (2, 0.25), (4, 0.25), (5, 0.25)]
    """
    most = max(degree)
    points = [*(1 << i for i in range(most.bit_length())), most]
    return [(n, sum(d >= n for d in degree) / len(degree)) for n in sorted(set(points)) if n]
