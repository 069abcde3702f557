"""Refusing statements that do more than read the graph.

The guard takes a statement to pieces as both databases do, and lets through only what it understands: what
could be read in two ways (escapes, numbers that run into words, quotes in comments) is refused rather than
guessed at.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from ..data import StoreError

MAX_LENGTH = 20_000
"""Characters of a statement."""
MAX_DEPTH = 60
"""Levels of brackets."""

_FIRST = {"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "EXPLAIN", "PROFILE"}
_FORBIDDEN = {
    *(
        "CREATE",
        "MERGE",
        "SET",
        "DELETE",
        "DETACH",
        "NODETACH",
        "REMOVE",
        "DROP",
        "ALTER",
        "FOREACH",
        "INSERT",
    ),
    *("UPDATE", "RENAME", "TRUNCATE", "COPY", "LOAD", "CSV", "EXPORT", "IMPORT", "INSTALL", "UNINSTALL"),
    *(
        "ATTACH",
        "USE",
        "EXTENSION",
        "MACRO",
        "SEQUENCE",
        "NEXTVAL",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "CHECKPOINT",
    ),
    *("TRANSACTION", "TRANSACTIONS", "PERIODIC", "GRANT", "REVOKE", "DENY", "TERMINATE", "SHOW"),
}
_PROCEDURES = {"SHOW_TABLES", "TABLE_INFO", "SHOW_CONNECTION", "DB_VERSION"}
_NAMESPACES = {"DATE", "DATETIME", "LOCALDATETIME", "LOCALTIME", "TIME", "DURATION", "POINT"}
"""What may stand before the dot of a function."""

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^'\\]|\\[\\'"bfnrt])*'|"(?:[^"\\]|\\[\\'"bfnrt])*")
  | (?P<name>`(?:[^`]|``)*`)
  | (?P<parameter>\$(?:\w+|`(?:[^`]|``)*`))
  | (?P<number>0[xX][0-9a-fA-F]+|0[oO][0-7]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|(?<![\w.])\.\d+)
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>[(){}\[\],:.|<>=+\-*/%^;&!?~@])
    """,
    re.VERBOSE | re.DOTALL,
)

_AMBIGUOUS = re.compile(r"""['"`;\r\v\f\x1c-\x1e\x85\u2028\u2029]|/\*""")
"""In a comment: where one reader may see its end, or a text, and another not."""


class _Token(NamedTuple):
    kind: str
    text: str


def check_reads_only(cypher: str) -> None:
    """Let through one statement that only reads the graph: no files, no procedures beyond the catalogue's.

    A database opened for reading is not enough: it still writes files (`COPY … TO`) and reads them
    (`LOAD FROM`).

    Raises:
        StoreError: It is empty, several statements, not understood, or might do more than read.

    >>> check_reads_only("MATCH (p:Product) WHERE p.title = 'SET; a table' RETURN count(*)")
    """
    if len(cypher) > MAX_LENGTH:
        raise StoreError(f"the statement has {len(cypher):,} characters; {MAX_LENGTH:,} are allowed")
    tokens = list(_tokens(cypher))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if any(token.text == ";" for token in tokens):
        raise StoreError("several statements at once; give one statement")
    _check_start(tokens)
    _check_depth(tokens)
    for place, token in enumerate(tokens):
        if token.kind == "word":
            _check_word(tokens, place)
        elif token.kind == "name" and place + 1 < len(tokens) and tokens[place + 1].text == "(":
            raise StoreError(f"{token.text:.40} is called; a function's name stands here without backticks")


def _tokens(cypher: str) -> Iterator[_Token]:
    """The pieces of a statement, without blanks and comments."""
    if re.search(r"\\[uUxX]", cypher):
        raise StoreError("an escape such as \\u0041 could hide something; write the character itself")
    at = 0
    while at < len(cypher):
        match = _TOKEN.match(cypher, at)
        if match is None:
            raise StoreError(
                f"{cypher[at : at + 10]!r} at character {at + 1} is not understood; "
                "is a quote or a bracket missing, or a backslash before something odd?"
            )
        kind, text = str(match.lastgroup), match.group()
        at = match.end()
        if kind == "number" and at < len(cypher) and (cypher[at].isalnum() or cypher[at] == "_"):
            raise StoreError(f"the number {text} runs into a word; put a blank between them")
        if kind == "comment" and _AMBIGUOUS.search(text[2:].removesuffix("\r")):
            raise StoreError(
                "a comment with quotes, semicolons or odd line ends could hide something; leave it out"
            )
        if kind not in ("space", "comment"):
            yield _Token(kind, text)


def _check_start(tokens: list[_Token]) -> None:
    """Only clauses that read may come first, after a wish to see the plan too."""
    for token in tokens:
        if token.kind != "word" or _upper(token.text) not in _FIRST:
            break
        if _upper(token.text) not in ("EXPLAIN", "PROFILE"):
            return
    else:
        token = _Token("", "nothing")
    raise StoreError(f"a query starts with MATCH, UNWIND, WITH, RETURN or CALL, not with {token.text:.40}")


def _check_depth(tokens: list[_Token]) -> None:
    depth = 0
    for token in tokens:
        if token.kind == "sign" and token.text in "([{":
            depth += 1
            if depth > MAX_DEPTH:
                raise StoreError(f"the statement nests deeper than {MAX_DEPTH} brackets; simplify it")
        elif token.kind == "sign" and token.text in ")]}":
            depth -= 1


def _check_word(tokens: list[_Token], place: int) -> None:
    """Refuse a keyword that writes, a procedure, and a function of a plugin."""
    nothing = _Token("", "")
    given = tokens[place].text
    word = _upper(given)
    before = tokens[place - 1] if place else nothing
    after = tokens[place + 1] if place + 1 < len(tokens) else nothing
    if _is_property(tokens, place):
        if after.text == "(" and _upper(tokens[place - 2].text) not in _NAMESPACES:
            raise StoreError(f"{given} is not allowed here: functions of plugins are not called")
    elif word in _FORBIDDEN:
        raise StoreError(
            f"{word} is not allowed here: this session only reads the graph (a name goes between backticks)"
        )
    elif word == "CALL" and after.kind != "word" and after.text not in ("{", "("):
        raise StoreError(f"CALL {after.text:.40} is not allowed here: this session only reads the graph")
    elif _upper(before.text) == "CALL" and (word not in _PROCEDURES or after.text == "."):
        raise StoreError(f"CALL {given} is not allowed here: this session only reads the graph")


def _is_property(tokens: list[_Token], place: int) -> bool:
    """Whether a word stands after the dot of `thing.word`; the dot of a number or a range is none."""
    if place < 2 or tokens[place - 1].text != ".":
        return False
    owner = tokens[place - 2]
    return owner.kind in ("word", "name", "parameter") or owner.text in (")", "]", "}")


def _upper(word: str) -> str:
    """A word as the most lenient reader would compare it."""
    return unicodedata.normalize("NFKC", word).upper()
