"""RDF files as columns of numbered terms: compact, and quick to look things up in."""

import json
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyoxigraph as ox

from .errors import DataError
from .json_ld import documents
from .raw import open_raw, row_bar

FORMATS = {
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".json": ox.RdfFormat.JSON_LD,
    ".html": ox.RdfFormat.JSON_LD,
    ".htm": ox.RdfFormat.JSON_LD,
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".rdf": ox.RdfFormat.RDF_XML,
}
"""By the end of a file's name; `.gz` may follow."""

_XSD_DOUBLE = ("http://www.w3.org/2001/XMLSchema#double", "http://www.w3.org/2001/XMLSchema#float")

IntColumn = npt.NDArray[np.int32]


def format_of(path: Path) -> ox.RdfFormat | None:
    """The format that a file's name tells; None where it is no RDF file."""
    return FORMATS.get(Path(path.name.removesuffix(".gz")).suffix.lower())


class Triples:
    """Statements with properties that somebody asked for, in the order of the file.

    A text has one number, whether it is the address of a node or a value. Nodes without an address are `_:`
    and something, relative addresses start with `file:///` and the file's name.
    """

    def __init__(self, paths: Iterable[Path], name_of: Callable[[str], str | None]) -> None:
        """Read files.

        Args:
            paths: Files with a name that `format_of` knows.
            name_of: A short name for each property and class to keep, None for one to leave out.

        Raises:
            DataError: A file is broken, or needs a JSON-LD context other than schema.org's.
        """
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}
        names: dict[str, str | None] = {}
        properties: dict[str, int] = {}
        subjects, predicates, objects = array("i"), array("i"), array("i")
        literal, foreign = array("b"), array("b")
        for path in paths:
            for quad in quads(path):
                address = quad.predicate.value
                if address not in names:
                    names[address] = name_of(address)
                name = names[address]
                if name is None:
                    continue
                subjects.append(self._number(_node(quad.subject)))
                predicates.append(properties.setdefault(name, len(properties)))
                found = quad.object
                if isinstance(found, ox.Literal):
                    objects.append(self._number(_value(found)))
                    foreign.append(not (found.language or "en").lower().startswith("en"))
                else:
                    objects.append(self._number(_node(found)))
                    foreign.append(False)
                literal.append(isinstance(found, ox.Literal))
        self._frame = pd.DataFrame(
            {
                "subject": np.array(subjects, dtype=np.int32),
                "property": np.array(predicates, dtype=np.int32),
                "object": np.array(objects, dtype=np.int32),
                "literal": np.array(literal, dtype=bool),
                "foreign": np.array(foreign, dtype=bool),
            }
        )
        self._properties = properties
        self._groups = self._frame.groupby("property").indices
        classes = self.of("type")
        short = {number: name_of(self.texts[number]) for number in classes["object"].unique()}
        self._classes = pd.DataFrame(
            {"subject": classes["subject"], "name": classes["object"].map(short)}
        ).drop_duplicates()

    @property
    def properties(self) -> list[str]:
        """The short names of the properties that occur."""
        return list(self._properties)

    def of(self, name: str) -> pd.DataFrame:
        """The statements with a property: `subject`, `object`, `literal`; English and plain texts first."""
        rows = self._groups.get(self._properties.get(name, -1), np.empty(0, dtype=np.int64))
        found = self._frame.iloc[rows]
        if found["foreign"].any():
            found = found.sort_values("foreign", kind="stable")
        return found[["subject", "object", "literal"]]

    def first(self, *names: str) -> pd.Series:
        """The first object of each subject, by the first of these properties that it has."""
        found = pd.concat([self.of(name) for name in names])
        return found.drop_duplicates("subject").set_index("subject")["object"]

    def typed(self, *classes: str) -> IntColumn:
        """The nodes of some classes, in the order of the file."""
        wanted = self._classes[self._classes["name"].isin(classes)]
        found: IntColumn = wanted["subject"].drop_duplicates().to_numpy(np.int32)
        return found

    def text(self, numbers: pd.Series) -> pd.Series:
        """The texts of numbered terms, `""` where there is none (NaN)."""
        texts = self.texts
        return pd.Series(
            [texts[int(number)] if number == number else "" for number in numbers],
            index=numbers.index,
            dtype="str",
        )

    def _number(self, text: str) -> int:
        number = self._numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number


def _node(node: Any) -> str:
    return f"_:{node.value}" if isinstance(node, ox.BlankNode) else str(node.value)


def _value(literal: ox.Literal) -> str:
    """The text of a value; numbers as one would write them, not as `1.1999E2`."""
    text: str = literal.value
    if literal.datatype.value in _XSD_DOUBLE:
        try:
            return json.dumps(float(text)).removesuffix(".0")
        except ValueError:
            return text
    return text


def quads(path: Path) -> Iterator[ox.Quad]:
    """The statements of an RDF file or a page, as they stand there.

    Raises:
        DataError: It is broken, or needs a JSON-LD context other than schema.org's.
    """
    kind = format_of(path)
    with row_bar(path) as bar:
        for quad in _parsed(path, kind):
            bar.update()
            yield quad


def _parsed(path: Path, kind: ox.RdfFormat | None) -> Iterator[ox.Quad]:
    if kind != ox.RdfFormat.JSON_LD:
        with open_raw(path) as file:
            yield from _statements(file, path, kind, 1)
        return
    for document, line in documents(path):
        yield from _statements(document, path, kind, line)


def _statements(
    source: IO[bytes] | bytes, path: Path, kind: ox.RdfFormat | None, line: int
) -> Iterator[ox.Quad]:
    """The statements of a document that starts in that line of the file."""
    base = f"file:///{path.name.replace(' ', '%20')}"
    try:
        yield from ox.parse(source, kind, base_iri=base, rename_blank_nodes=True)
    except SyntaxError as error:
        raise DataError(_sentence(path, error, line)) from error


def _sentence(path: Path, error: SyntaxError, start: int) -> str:
    if "LoadDocumentCallback" in str(error):
        return (
            f"{path}: there is a context that would have to be fetched; none ever is, so write it into the "
            "file; only https://schema.org is known here"
        )
    line = f", line {start + error.lineno - 1}" if error.lineno else ""
    reason = re.sub(r"^Parser error at .*?: ", "", str(error.msg or error))
    return f"{path}{line}: {reason}; give RDF as the file's name says ({', '.join(FORMATS)})"
