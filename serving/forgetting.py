"""Deleting users from a run folder: what there is of them, and where."""

import csv
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..data import UnknownUserError
from ..data.files import atomically
from ..kg import GraphStore
from ..kg.forgetting import forget_users, known_users, only_theirs
from .run import Run


def forget(run: Run, store: GraphStore, user_ids: Sequence[str]) -> list[str]:
    """Delete users from the graph, its files and everything else in the run folder that names them.

        graph                 users, what they did, attributes that only they had; the file is written anew
        checkpoint, index     the names of such attributes are blanked; neither names users
        training/, judging/   removed: a training that was killed begins again, without them
        rejected.csv          the rows that name them go
        baskets, embeddings, evaluation     name no users

    Killed on the way, it is completed by being called again. The weights of a trained network, and the
    counts of what follows what, were made from all users' events together, until the next training.

    Args:
        run: Where.
        store: The run's graph, open for writing.
        user_ids: Whom.

    Returns:
        The ids of the attributes that only they had.

    Raises:
        UnknownUserError: One of them is known nowhere; the others are forgotten.
        StoreError: The graph cannot be written.
    """
    known, facts = known_users(store, user_ids), list[str]()
    named = _strike(run.folder / "rejected.csv", user_ids)
    if known:
        for states in (run.training, run.judging):
            if states.exists():
                shutil.rmtree(states)
        for fact in only_theirs(store, user_ids):
            for file in (run.checkpoint, run.index):
                _blank(file, fact)
        facts = forget_users(store, user_ids)
    if known or any(map(store.mentions, user_ids)):  # a killed call may have got as far as here
        store.purge()
    unknown = [user for user in user_ids if user not in known | named]
    if unknown:
        raise UnknownUserError(f"no user {unknown[0]!r} in the graph; nothing of them is in the run folder")
    return facts


def _blank(path: Path, name: str) -> None:
    """Write `#` over a name in the JSON of a file of arrays; its length stays, so that all else does."""
    if not path.exists():
        return
    content = path.read_bytes()
    plain = json.dumps(name)
    nested = json.dumps(plain)[1:-1]  # within a text of the file's head
    blanked = content.replace(plain.encode(), f'"{"#" * (len(plain) - 2)}"'.encode())
    blanked = blanked.replace(nested.encode(), f'\\"{"#" * (len(nested) - 4)}\\"'.encode())
    if blanked != content:
        with atomically(path) as unfinished:
            unfinished.write_bytes(blanked)


def _strike(path: Path, user_ids: Sequence[str]) -> set[str]:
    """Leave out the rows of a CSV file that name users; returns whom they named."""
    if not path.exists():
        return set()
    patterns = {user: re.compile(rf"(?<!\w){re.escape(user)}(?!\w)") for user in user_ids}
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    named = {user for user, pattern in patterns.items() for row in rows if any(map(pattern.search, row))}
    if named:
        kept = [row for row in rows if not any(patterns[user].search(cell) for user in named for cell in row)]
        with atomically(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *kept])
    return named
