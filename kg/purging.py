"""An embedded graph written anew: deleting marks rows in the file, and their bytes stay there."""

import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..data import StoreError
from .learned import show, shown
from .schema import NODES, RELATIONS, quoted
from .versions import LABEL

if TYPE_CHECKING:
    from .store import GraphStore

PURGED = ".purged"
"""What the name of the new file ends in until it takes the place of the old one."""
_LOGS = ".wal", ".wal.checkpoint", ".shadow"
"""What Ladybug keeps beside a graph's file holds what is not merged into it yet …"""
_LOCKS = ".checkpoint.intent.lock", ".checkpoint.apply.lock"
"""… or says that it is being merged; a process that is killed leaves them there."""


def copy_graph(old: "GraphStore", new: "GraphStore", tables: set[str]) -> None:
    """Write everything that a graph holds into an empty one; a table at a time is in memory.

    Args:
        old: Read.
        new: Written to.
        tables: Of the old one.

    Raises:
        StoreError: It has tables that are none of the schema's, which would be lost.
    """
    others = tables - {*NODES, *RELATIONS, LABEL}
    if others:
        raise StoreError(
            f"the graph has tables of its own ({', '.join(sorted(others))}); drop them, then it can be "
            "written anew"
        )
    for label, node in NODES.items():
        returned = "".join(f", n.{quoted(name)} AS {quoted(name)}" for name in node.properties)
        new.write_nodes(label, old.frame(f"MATCH (n:{quoted(label)}) RETURN n.id AS id{returned}"))
    for name, relation in RELATIONS.items():
        returned = "".join(f", r.{quoted(p)} AS {quoted(p)}" for p in relation.properties)
        for source, target in relation.ends:
            rows = old.frame(
                f"MATCH (a:{quoted(source)})-[r:{quoted(name)}]->(b:{quoted(target)}) "
                f"RETURN a.id AS source, b.id AS target{returned}"
            )
            new.write_relationships(name, (source, target), rows)
    show(new, shown(old))


def take_place(fresh: Path, path: Path) -> None:
    """Put a closed graph in the place of another closed one, for good, or leave both as they are.

    Raises:
        StoreError: The old one has logs that are not merged, which the new one must not inherit.
    """
    for log in _beside(path, _LOGS):
        if log.exists():
            raise StoreError(f"{log} is still there; close what uses the graph and try again")
    descriptor = os.open(fresh, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(fresh, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove(path: Path) -> None:
    """Remove a graph that a killed process has left unfinished."""
    for file in (path, *_beside(path, _LOGS + _LOCKS)):
        file.unlink(missing_ok=True)


def file_mentions(path: Path, text: str) -> bool:
    """Whether the bytes of a text are in a graph's file or its logs."""
    for file in (path, *_beside(path, _LOGS)):
        if file.exists() and file.stat().st_size:
            with (
                file.open("rb") as opened,
                mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as whole,
            ):
                if whole.find(text.encode()) >= 0:
                    return True
    return False


def _beside(path: Path, endings: tuple[str, ...]) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in endings]
