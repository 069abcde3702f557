"""The graph as files for `neo4j-admin database import`: the quickest way into an empty Neo4j server.

    Product.csv                     id:ID(Product),title:string,price:double, …
    User-PURCHASED-Product.csv      :START_ID(User),:END_ID(Product),at:long, …
    arguments.txt                   what to import as what, for the tool to read

Format: https://neo4j.com/docs/operations-manual/5/import/
"""

import shutil
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from ..data import StoreError
from .learned import shown
from .pages import node_pages, relationships_of
from .schema import ARROW, NODES, RELATIONS, Kind, Relation
from .store import GraphStore
from .versions import KEY, LABEL, SCHEMA_VERSION

ARGUMENTS = "arguments.txt"
"""The file that names the others."""

_PAGE = 2_000
"""Nodes at once, with all that leads from them: a user may have hundreds of events."""

_TYPES: dict[Kind, str] = {"STRING": "string", "INT64": "long", "DOUBLE": "double"}


@dataclass(frozen=True)
class Written:
    """What an export holds."""

    nodes: int
    relationships: int


def export_neo4j_import(store: GraphStore, folder: Path) -> Written:
    """Write the whole graph, users and events included, to a folder that is there as a whole or not at all.

    Import it into a server that is stopped, within the folder:
    `neo4j-admin database import full neo4j --overwrite-destination @arguments.txt`.
    Opening the graph afterwards adds the constraints that loads and queries rely on.

    Args:
        store: Read a page of nodes at a time.
        folder: New or empty.

    Raises:
        StoreError: The folder holds something, or the store cannot be read.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise StoreError(f"{folder} is there and not an empty folder; give another one")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        written = _write(store, unfinished)
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return written


def _write(store: GraphStore, folder: Path) -> Written:
    arguments = ["--id-type=string", "--multiline-fields=true"]
    n_nodes = n_edges = 0
    for label in NODES:
        leading = [
            (relation, target)
            for relation in RELATIONS.values()
            for source, target in relation.ends
            if source == label
        ]
        with ExitStack() as stack:
            nodes = stack.enter_context(closing(_nodes(folder, label, NODES[label].properties)))
            edges = [stack.enter_context(closing(_edges(folder, label, *which))) for which in leading]
            for page in node_pages(store, label, _PAGE):
                nodes.write(page)
                for (relation, target), file in zip(leading, edges, strict=True):
                    ends = (label, target)
                    file.write(relationships_of(store, page, relation.name, ends, relation.properties))
        arguments.append(f"--nodes={label}={nodes.name}")
        arguments += [
            f"--relationships={relation.name}={file.name}"
            for (relation, _), file in zip(leading, edges, strict=True)
        ]
        n_nodes += nodes.n
        n_edges += sum(file.n for file in edges)
    with closing(_nodes(folder, LABEL, {"version": "INT64", "published": "STRING"})) as schema:
        schema.write(pd.DataFrame({"id": [KEY], "version": [SCHEMA_VERSION], "published": [shown(store)]}))
    arguments.append(f"--nodes={LABEL}={schema.name}")
    (folder / ARGUMENTS).write_text("\n".join(arguments) + "\n", encoding="utf-8")
    return Written(n_nodes, n_edges)


class _File:
    """A CSV file that rows are added to."""

    def __init__(self, path: Path, ids: Mapping[str, str], properties: Mapping[str, Kind]) -> None:
        """Open a file and write its header.

        Args:
            path: The file.
            ids: Columns of ids, and what the header calls them.
            properties: The other columns.
        """
        self.name = path.name
        self.n = 0
        columns: dict[str, Kind] = {**dict.fromkeys(ids, "STRING"), **properties}
        self._schema = pa.schema([(name, ARROW[kind]) for name, kind in columns.items()])
        header = [*ids.values(), *(f"{name}:{_TYPES[kind]}" for name, kind in properties.items())]
        self._file = path.open("wb")
        self._file.write((",".join(header) + "\n").encode())
        options = pa.csv.WriteOptions(include_header=False)
        self._writer = pa.csv.CSVWriter(self._file, self._schema, write_options=options)

    def write(self, rows: pd.DataFrame) -> None:
        """Add rows; NaN and None are written as absent, which an empty text is not."""
        if len(rows):
            self._writer.write(pa.Table.from_pandas(rows, self._schema, preserve_index=False))
            self.n += len(rows)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()
        self._file.close()


def _nodes(folder: Path, label: str, properties: Mapping[str, Kind]) -> _File:
    return _File(folder / f"{label}.csv", {"id": f"id:ID({label})"}, properties)


def _edges(folder: Path, source: str, relation: Relation, target: str) -> _File:
    ends = {"source": f":START_ID({source})", "target": f":END_ID({target})"}
    return _File(folder / f"{source}-{relation.name}-{target}.csv", ends, relation.properties)
