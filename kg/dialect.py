"""The Cypher of Neo4j, as read-only sessions take it, rewritten for the embedded store.

`docs/cypher.md` lists what is rewritten and what is refused, with examples that the tests run on both stores.
The rewriting keeps to pieces that it understands; all else is left as it is for the store to judge.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, count
from typing import Any

from ..data import StoreError
from .functions import DATE_PARTS, INSTEAD, TEMPORAL, called
from .lexer import Token
from .patterns import check_pattern, moved, types, walking, with_brackets
from .syntax import (
    Group,
    Piece,
    before,
    clauses,
    following,
    is_blank,
    is_group,
    is_sign,
    is_word,
    piece_at,
    place_of,
    split,
    text_of,
    tree,
)

HIDDEN = "_cartograph"
"""What the names start with that the rewriting makes up."""

_KEYWORD = re.compile(
    "MATCH|WITH|UNWIND|RETURN|WHERE|AND|OR|XOR|NOT|IN|IS|CASE|WHEN|THEN|ELSE|BY|AS|DISTINCT|LIMIT|SKIP|CONTAINS",
    re.IGNORECASE,
)
"""Words before brackets that are neither called nor taken from."""
_SHORTEST = {"SHORTESTPATH": "SHORTEST", "ALLSHORTESTPATHS": "ALL SHORTEST"}
_ALL_ROWS = "9223372036854775807"


@dataclass(frozen=True)
class Rewritten:
    """A statement for the embedded store."""

    text: str
    columns: tuple[str, ...] | None
    """Names of its columns as Neo4j gives them; None where only the store knows them (`RETURN *`)."""


def rewritten(cypher: str) -> Rewritten:
    """A statement as the embedded store takes it.

    Raises:
        StoreError: The embedded store has nothing of the kind; the sentence says what to write instead.

    >>> rewritten("MATCH ()-[r]->() RETURN type(r), count(*)")
    Rewritten(text='MATCH ()-[r]->() RETURN label(r), count(*)', columns=('type(r)', 'count(*)'))
    """
    pieces = tree(cypher.rstrip().rstrip(";"))
    if pieces is None:
        return Rewritten(cypher, None)
    return Rewritten(_Writer().query(pieces), column_names(pieces))


def named(
    columns: list[str], rows: list[list[Any]], statement: Rewritten
) -> tuple[list[str], list[list[Any]]]:
    """The answer of the embedded store with the names of Neo4j, without what the rewriting made up."""
    if statement.columns is not None and len(statement.columns) == len(columns):
        return list(statement.columns), rows
    kept = [i for i, name in enumerate(columns) if not name.startswith(HIDDEN)]
    return [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]


def column_names(pieces: Sequence[Piece]) -> tuple[str, ...] | None:
    """The names after `AS`, or the expressions as they are written; None where a `*` stands for some."""
    if is_word(next((piece for piece in pieces if not is_blank(piece)), None), "EXPLAIN", "PROFILE"):
        return None
    for clause in clauses(pieces):
        start = following(clause, -1)
        if not is_word(piece_at(clause, start), "RETURN"):
            continue
        if is_word(piece_at(clause, following(clause, start)), "DISTINCT"):
            start = following(clause, start)
        items = clause[start + 1 : place_of(clause, "ORDER", "SKIP", "LIMIT")]
        names = [_name_of(item) for item in split(items)]
        return None if "*" in names else tuple(names)
    return None


def _name_of(item: list[Piece]) -> str:
    alias = place_of(item, "AS")
    given = text_of(item[alias + 1 :] or item).strip()
    return given[1:-1].replace("``", "`") if given.startswith("`") and given.endswith("`") else given


class _Writer:
    """Writes one statement."""

    def __init__(self) -> None:
        self._numbers = count()
        self._times: set[str] = set()  # names of dates and times

    def query(self, pieces: Sequence[Piece]) -> str:
        """A query, or what stands between the braces of a subquery."""
        return "".join(self._clause(clause) for clause in clauses(pieces))

    def _clause(self, clause: list[Piece]) -> str:
        start = following(clause, -1)
        word = piece_at(clause, start)
        if is_word(word, "MATCH", "OPTIONAL"):
            return self._match(clause)
        if is_word(word, "CALL") and isinstance(piece_at(clause, following(clause, start)), Group):
            raise StoreError(
                "CALL { … } is not known to the embedded store; write MATCH … WITH …, or COUNT { MATCH … }"
            )
        if is_word(word, "CALL") and is_word(piece_at(clause, following(clause, start)), "DB"):
            raise StoreError(
                "the embedded store has no index that Cypher can search; use `cartograph search`, or a Neo4j "
                "server that a run is published to"
            )
        if is_word(word, "WITH") and place_of(clause, "ORDER") < len(clause):
            return self._sorted(clause)
        return self.expression(clause)

    def _sorted(self, clause: list[Piece]) -> str:
        """`WITH … ORDER BY`: the store wants a limit, and forgets the order before an aggregate."""
        where = place_of(clause, "WHERE")
        text = self.expression(clause[:where])
        if place_of(clause, "LIMIT", "SKIP") == len(clause):
            text = f"{text.rstrip()} LIMIT {_ALL_ROWS}"
        condition = self.expression(clause[where:])
        return f"{(text.rstrip() + ' ' + condition).rstrip()} UNWIND [0] AS {self._new_name()} "

    def _match(self, clause: list[Piece]) -> str:
        """`MATCH`: no relationship is met twice in it, and shortest paths are written within the brackets."""
        where = place_of(clause, "WHERE")
        pattern: list[Piece] = []
        modes: dict[int, str] = {}
        skip = -1
        for i, piece in enumerate(clause[:where]):
            after = piece_at(clause[:where], following(clause, i))
            if i <= skip:
                continue
            if isinstance(piece, Token) and piece.text.upper() in _SHORTEST and isinstance(after, Group):
                skip = following(clause, i)
                inside = with_brackets(after.inside)
                modes |= {id(one): _SHORTEST[piece.text.upper()] for one in inside}
                pattern += inside
            else:
                pattern.append(piece)
        pattern = with_brackets(pattern)
        met: list[tuple[Group, set[str]]] = []
        for i, piece in enumerate(pattern):
            if not isinstance(piece, Group):
                continue
            check_pattern(piece)
            if piece.opening == "[" and is_sign(before(pattern, i), "-"):
                if any(is_sign(one, "*") for one in piece.inside):
                    piece.inside = walking(piece.inside, modes.get(id(piece), "TRAIL"))
                else:
                    met.append((piece, types(piece)))
        others = [
            f"id({self._name(a)}) <> id({self._name(b)})"
            for (a, mine), (b, theirs) in combinations(met, 2)
            if not mine or not theirs or mine & theirs
        ]
        text = self.expression(pattern)
        condition = self.expression(clause[where:])[len("WHERE") :].strip()
        conditions = [f"({condition})" if others else condition] * bool(condition) + others
        return f"{text.rstrip()} WHERE {' AND '.join(conditions)} " if conditions else text

    def _name(self, relationship: Group) -> str:
        """The name of a relationship in a pattern, a new one if it has none."""
        first = following(relationship.inside, -1)
        piece = piece_at(relationship.inside, first)
        if isinstance(piece, Token) and piece.kind in ("word", "name"):
            return piece.text
        name = self._new_name()
        relationship.inside.insert(0, Token("word", name))
        return name

    def _new_name(self) -> str:
        return f"{HIDDEN}{next(self._numbers)}"

    def expression(self, pieces: Sequence[Piece]) -> str:
        """Pieces without clauses."""
        parts: list[str] = []
        at = 0
        while at < len(pieces):
            text, at = self._piece(pieces, at)
            parts.append(text)
        return "".join(parts)

    def _piece(self, pieces: Sequence[Piece], at: int) -> tuple[str, int]:
        """What is written for the piece at a place, and the place to go on from."""
        piece = pieces[at]
        if isinstance(piece, Group):
            return self._group(piece, before(pieces, at)), at + 1
        if is_sign(piece, "|") and at + 1 < len(pieces) and is_sign(pieces[at + 1], "|"):
            raise StoreError("|| is not known to the embedded store; write + between texts")
        if piece.kind not in ("word", "name") or is_sign(before(pieces, at), "."):
            return piece.text, at + 1
        then = following(pieces, at)
        after = piece_at(pieces, then)
        if isinstance(after, Group):
            if after.opening == "(" and not _KEYWORD.fullmatch(piece.text):
                return self._call(pieces, piece.text, after, then)
            if after.opening == "{":
                return self._braces(piece.text, after, then)
        if is_sign(after, ".") and piece.text in self._times:
            return self._part(piece.text, pieces, at)
        if is_sign(after, ":") and is_word(before(pieces, at), "WHERE", "AND", "OR", "XOR", "NOT", "WHEN"):
            label = following(pieces, then)
            return f"label({piece.text}) = '{text_of(pieces[label : label + 1]).strip('`')}'", label + 1
        return piece.text, at + 1

    def _call(self, pieces: Sequence[Piece], name: str, group: Group, at: int) -> tuple[str, int]:
        if name.lower() in INSTEAD:
            raise StoreError(f"{name}() is not known to the embedded store; {INSTEAD[name.lower()]}")
        parts = [] if not any(not is_blank(one) for one in group.inside) else split(group.inside)
        text = called(name, [self.expression(part).strip() for part in parts])
        if name.lower() not in TEMPORAL:
            return text, at + 1
        alias = following(pieces, at)
        if alias < len(pieces) and is_word(pieces[alias], "AS"):
            self._times.add(text_of(pieces[following(pieces, alias) :][:1]))
        return self._part(text, pieces, at)

    def _part(self, text: str, pieces: Sequence[Piece], at: int) -> tuple[str, int]:
        """A date or time, or the part of it that is asked for."""
        dot = following(pieces, at)
        part = following(pieces, dot) if dot < len(pieces) and is_sign(pieces[dot], ".") else len(pieces)
        if part == len(pieces):
            return text, at + 1
        asked = text_of(pieces[part : part + 1])
        if asked.lower() not in DATE_PARTS:
            raise StoreError(
                f".{asked} of a date is not known to the embedded store; {', '.join(DATE_PARTS)} are"
            )
        return DATE_PARTS[asked.lower()].format(text), part + 1

    def _braces(self, name: str, group: Group, at: int) -> tuple[str, int]:
        """A subquery, a map with some of a node's properties, or a pattern's properties."""
        first = following(group.inside, -1)
        piece = piece_at(group.inside, first)
        if name.upper() == "COLLECT":
            raise StoreError(
                "COLLECT { … } is not known to the embedded store; write OPTIONAL MATCH … and collect()"
            )
        if name.upper() in ("EXISTS", "COUNT"):
            inside = group.inside if is_word(piece, "MATCH") else [Token("word", "MATCH "), *group.inside]
            return f"{name} {{ {self.query(inside).strip()} }}", at + 1
        if is_sign(piece, "."):
            return "{" + ", ".join(self._projected(name, item) for item in split(group.inside)) + "}", at + 1
        return f"{name} {self._group(group, None)}", at + 1

    def _projected(self, name: str, item: list[Piece]) -> str:
        text = self.expression(item).strip()
        if text == ".*":
            raise StoreError(
                f"{name} {{.*}} is not known to the embedded store; name the properties: {name} {{.id}}"
            )
        return f"{text[1:].strip()}: {name}{text}" if text.startswith(".") else text

    def _group(self, group: Group, last: Piece | None) -> str:
        """What is in brackets, with them, after some piece; places in lists count from 1."""
        inside = group.inside
        if group.opening == "(":
            return f"({self.expression(inside)})"
        if group.opening == "{":
            return f"{{{self.expression(inside)}}}"
        if isinstance(last, Group) or (
            isinstance(last, Token)
            and last.kind in ("word", "name", "parameter", "string")
            and not _KEYWORD.fullmatch(last.text)
        ):
            return f"[{self._taken(inside)}]"
        first = following(inside, -1)
        bar = next((i for i, piece in enumerate(inside) if is_sign(piece, "|")), len(inside))
        if (
            first < len(inside)
            and is_word(inside[first])
            and is_word(piece_at(inside, following(inside, first)), "IN")
        ):
            return self._comprehension(inside, first, bar)
        if first < len(inside) and is_group(inside[first], "(") and bar < len(inside):
            raise StoreError(
                "[(a)-->(b) | …] is not known to the embedded store; write OPTIONAL MATCH … and collect()"
            )
        return f"[{self.expression(inside)}]"

    def _taken(self, inside: list[Piece]) -> str:
        """An index or a range of a list: first position 0 and end excluded, to first 1 and end included."""
        dots = next(
            (i for i in range(len(inside) - 1) if is_sign(inside[i], ".") and is_sign(inside[i + 1], ".")), -1
        )
        if dots < 0:
            return moved(self.expression(inside).strip(), by=1)
        start, end = (self.expression(part).strip() for part in (inside[:dots], inside[dots + 2 :]))
        return f"{moved(start, by=1) if start else ''}..{moved(end, by=0) if end else ''}"

    def _comprehension(self, inside: list[Piece], first: int, bar: int) -> str:
        """`[x IN list WHERE … | …]`."""
        name = text_of(inside[first : first + 1])
        where = min(place_of(inside, "WHERE"), bar)
        text = self.expression(inside[place_of(inside, "IN") + 1 : where]).strip()
        if where < bar:
            text = f"list_filter({text}, {name} -> {self.expression(inside[where + 1 : bar]).strip()})"
        if bar == len(inside):
            return text
        wanted = self.expression(inside[bar + 1 :]).strip()
        alone = re.fullmatch(rf"{re.escape(name)}\s*\.\s*(\w+)", wanted)
        if alone:
            return f"properties({text}, '{alone[1]}')"
        if re.search(rf"(?<![\w.]){re.escape(name)}\s*\.", wanted):  # wrong beyond some thousand rows
            raise StoreError(
                f"[{name} IN … | …] with more than {name}.id alone is not known to the embedded store; "
                f"write [{name} IN … | {name}.id], or UNWIND … AS {name}"
            )
        return f"list_transform({text}, {name} -> {wanted})"
