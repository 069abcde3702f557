"""JSON-LD files as documents that a parser takes: contexts written in, large graphs in pieces."""

import codecs
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, Any

from .errors import DataError
from .raw import open_raw
from .readers import decoded
from .vocabulary import SCHEMA

CONTEXT = {
    "@vocab": SCHEMA,
    "id": "@id",
    "type": "@type",
    "schema": SCHEMA,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gr": "http://purl.org/goodrelations/v1#",
}
"""What stands for schema.org's own context, which is never fetched."""

PAGES = (".html", ".htm")
"""Names of files in which JSON-LD stands in scripts."""

_BLOCK = 1 << 20
"""Bytes that are read at once, and about as many characters of a graph that make a piece."""
_REMOTE = re.compile(r'"@context"\s*:\s*["\[]')
_SCHEMA_ORG = re.compile(r"https?://(?:www\.)?schema\.org(?:/.*)?")
_SPACE = re.compile(r"\s*")
_HEAD = re.compile(r'\s*\{\s*"@context"\s*:\s*')
_GRAPH = re.compile(r'\s*,\s*"@graph"\s*:\s*\[')
_COMMA = re.compile(",")
_END = re.compile(r"\]\s*\}\s*\Z")
_DECODER = json.JSONDecoder()


def documents(path: Path) -> Iterator[tuple[bytes, int]]:
    """The JSON-LD documents of a file or a page, each with the line that it starts in, from 1.

    A file that is a context and a graph, in this order, is given in pieces of the graph, each with the
    context, so that memory does not grow with it. A node without an address that others refer to would be
    another one in each piece: where there is any, the file is one document. Pieces are known to be JSON, so
    that no line of theirs is ever told.

    Args:
        path: A name that ends in one of `PAGES`, or else of JSON-LD; may be packed.

    Raises:
        DataError: It is no UTF-8 or no JSON, or a page without such a script.
    """
    if path.name.removesuffix(".gz").lower().endswith(PAGES):
        yield from _scripts(path)
    elif _comes_in_pieces(path):
        with open_raw(path) as file:
            for piece in _pieces(_Text(file)):
                yield _with_contexts(piece, path, 1), 1
    else:
        yield _with_contexts(_whole(path), path, 1), 1


def says_context(path: Path) -> bool:
    """Whether the beginning of a JSON file says how it is to be read as JSON-LD."""
    with open_raw(path) as file:
        return b'"@context"' in file.read(_BLOCK)


class _NotPiecesError(Exception):
    """The file is not a context, then a graph of nodes."""


class _Text:
    """A file's text as far as it is needed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.ended = False
        self.text = ""
        self.at = 0
        self.more()

    def more(self) -> None:
        """Read on, and forget what is behind."""
        block = self._file.read(_BLOCK)
        self.ended = not block
        self.text = self.text[self.at :] + self._decoder.decode(block, final=self.ended)
        self.at = 0

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Go behind what has to stand here."""
        found = pattern.match(self.text, self.at)
        while found is None and not self.ended:
            self.more()
            found = pattern.match(self.text, self.at)
        if found is None:
            raise _NotPiecesError
        self.at = found.end()

    def value(self) -> str:
        """The JSON value that stands here, as it is written."""
        while True:
            try:
                _, end = _DECODER.raw_decode(self.text, self.at)
            except ValueError as error:
                if self.ended:
                    raise _NotPiecesError from error
                self.more()
                continue
            taken = self.text[self.at : end]
            self.at = end
            return taken

    def peek(self) -> str:
        """The next character that is no space."""
        self.skip(_SPACE)
        while self.at == len(self.text) and not self.ended:
            self.more()
            self.skip(_SPACE)
        return self.text[self.at : self.at + 1]


def _comes_in_pieces(path: Path) -> bool:
    """Whether the whole file is JSON of that shape."""
    try:
        with open_raw(path) as file:
            for piece in _pieces(_Text(file)):
                if '"_:' in piece:
                    return False
    except (_NotPiecesError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _pieces(text: _Text) -> Iterator[str]:
    """Documents of some nodes each."""
    text.skip(_HEAD)
    context = text.value()
    text.skip(_GRAPH)
    nodes: list[str] = []
    size = 0
    more = text.peek() != "]"
    while more:
        if text.peek() != "{":
            raise _NotPiecesError
        nodes.append(text.value())
        size += len(nodes[-1])
        more = text.peek() == ","
        if more:
            text.skip(_COMMA)
        if size >= _BLOCK or not more:
            yield f'{{"@context": {context}, "@graph": [{",".join(nodes)}]}}'
            nodes, size = [], 0
    text.skip(_END)


def _whole(path: Path) -> str:
    with open_raw(path) as file:
        return decoded(file.read(), path)


def _scripts(path: Path) -> Iterator[tuple[bytes, int]]:
    page = _Page()
    page.feed(_whole(path))
    if not page.scripts:
        raise DataError(f'{path}: there is no <script type="application/ld+json"> in it; add one')
    for line, script in page.scripts:
        yield _with_contexts(script, path, line), line


def _with_contexts(text: str, path: Path, line: int) -> bytes:
    """The document with our context where it names schema.org's."""
    if not _REMOTE.search(text):
        return text.encode()
    try:
        return json.dumps(json.loads(text, object_hook=_local)).encode()
    except (ValueError, RecursionError) as error:
        at = line + getattr(error, "lineno", 1) - 1
        reason = getattr(error, "msg", str(error))
        raise DataError(f"{path}, line {at}: is not JSON ({reason}); correct it there") from error


def _local(node: dict[str, Any]) -> dict[str, Any]:
    if "@context" in node:
        given = node["@context"]
        contexts = given if isinstance(given, list) else [given]
        node["@context"] = [
            CONTEXT if isinstance(one, str) and _SCHEMA_ORG.fullmatch(one) else one for one in contexts
        ]
    return node


class _Page(HTMLParser):
    """Takes the JSON-LD scripts out of a page, each with the line it starts in."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[tuple[int, str]] = []
        self._parts: list[str] | None = None
        self._line = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember that a script of that kind begins."""
        kind = (dict(attrs).get("type") or "").split(";")[0].strip().lower()
        if tag == "script" and kind == "application/ld+json":
            self._parts, self._line = [], self.getpos()[0]

    def handle_endtag(self, tag: str) -> None:
        """Keep the script that ends."""
        if self._parts is not None and "".join(self._parts).strip():
            self.scripts.append((self._line, "".join(self._parts)))
        self._parts = None

    def handle_data(self, data: str) -> None:
        """Gather what is inside."""
        if self._parts is not None:
            self._parts.append(data)
