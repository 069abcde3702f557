"""Asking a graph and writing the answers, for one statement as for a shell."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...data.files import atomically
from ...kg.question import values
from ...kg.questions import question_named
from ...kg.store import ReadSession
from .answers import Answer, as_csv, as_json, as_table

TEXTS: dict[str, Callable[[Answer], str]] = {"table": as_table, "json": as_json, "csv": as_csv}
PICTURES = ("png", "svg", "html")
FORMATS = (*TEXTS, *PICTURES)

Write = Callable[[str], object]


class Explorer:
    """Sends read-only statements to a graph, and writes what comes back in a chosen form."""

    def __init__(self, session: ReadSession, *, limit: int, write: Write, note: Write) -> None:
        """An explorer that writes tables.

        Args:
            session: Its time limit holds for every statement.
            limit: Most rows of an answer.
            write: Takes the answers that go to no file.
            note: Takes lines about them.
        """
        self._session = session
        self._limit = limit
        self._write = write
        self.note = note
        self.params: dict[str, Any] = {}
        self.format = "table"
        self.out: Path | None = None

    def into(self, form: str | None, out: Path | None) -> None:
        """Choose how the next answers are written.

        Args:
            form: One of `FORMATS`; by the ending of `out`, else a table, when absent.
            out: The file, replaced by every answer; stdout when absent.

        Raises:
            ValueError: There is no such form, or a picture has no file.
        """
        if form is None:
            ending = "" if out is None else out.suffix[1:].lower()
            form = ending if ending in FORMATS else "table"
        if form not in FORMATS:
            raise ValueError(f"no format {form!r}; there are {', '.join(FORMATS)}")
        if form in PICTURES and out is None:
            raise ValueError(f"{form} is a picture and goes into a file; say which, such as graph.{form}")
        self.format, self.out = form, out

    def question(self, name: str, given: Mapping[str, str]) -> None:
        """Answer a named question.

        Args:
            name: As `kg.questions` has it.
            given: Its parameters; those that were set before count too.

        Raises:
            ValueError: There is none of this name, or a parameter is missing or wrong.
            StoreError: It takes too long.
        """
        question = question_named(name)
        names = [blank.name for blank in question.parameters]
        known = {name: str(self.params[name]) for name in names if name in self.params}
        self.statement(question.cypher, values(question, known | dict(given)), title=question.question)

    def statement(self, cypher: str, params: Mapping[str, Any] | None = None, title: str = "") -> None:
        """Answer a statement.

        Args:
            cypher: It.
            params: Instead of those that were set before.
            title: Of a picture; the statement when absent.

        Raises:
            StoreError: It is refused, or takes too long.
            ValueError: It cannot be drawn.
        """
        given = self.params if params is None else params
        columns, rows = self._session.table(cypher, given, limit=self._limit + 1)
        answer = Answer(tuple(columns), rows[: self._limit], len(rows) > self._limit)
        self._show(answer, title or cypher)
        if answer.truncated:
            self.note("there are more rows; raise --limit to see them")
        elif not rows:
            self.note("no rows")

    def _show(self, answer: Answer, title: str) -> None:
        if self.format in TEXTS:
            text = TEXTS[self.format](answer)
            if self.out is None:
                self._write(text)
                return
            with atomically(self.out) as unfinished:
                unfinished.write_text(text, encoding="utf-8")
        else:
            self._draw(answer, title)
        self.note(f"wrote {self.out}")

    def _draw(self, answer: Answer, title: str) -> None:
        from .picture import draw, page, pictured  # matplotlib and NetworkX take a second to import

        assert self.out is not None
        graph = pictured(answer)
        with atomically(self.out) as unfinished:
            if self.format == "html":
                unfinished.write_text(page(graph, title), encoding="utf-8")
            else:
                draw(graph, unfinished, self.format)


def pairs(given: list[str]) -> dict[str, str]:
    """Parameters given as `name=value`.

    Raises:
        ValueError: One has no `=`.

    >>> pairs(["brand=Acme", "days=7"])
    {'brand': 'Acme', 'days': '7'}
    """
    for pair in given:
        if not pair.partition("=")[0].strip() or "=" not in pair:
            raise ValueError(f"{pair!r} is no parameter; give it as name=value")
    split = (pair.partition("=") for pair in given)
    return {name.strip().removeprefix("$"): value for name, _, value in split}


def literal(text: str) -> Any:
    """What a text stands for in a statement: JSON where it is, what is between quotes, or itself.

    >>> literal("20"), literal("'20'"), literal("[1, 2]"), literal("Acme")
    (20, '20', [1, 2], 'Acme')
    """
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    try:
        return json.loads(text, parse_constant=_no_number)
    except ValueError:
        return text


def _no_number(name: str) -> None:
    raise ValueError(name)
