"""Whose word a derived relationship is: what all that are written together share."""

import uuid
from datetime import UTC, datetime


def derivation() -> dict[str, str]:
    """A new `run` and `derived_at`, now, as `schema` has them."""
    now = datetime.now(UTC)
    return {
        "run": f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
        "derived_at": now.isoformat(timespec="seconds"),
    }
