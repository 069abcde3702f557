"""Refusing statements that do more than read the graph.

The guard takes a statement to pieces as both databases do, and lets through only what it understands.
"""

import unicodedata

from ..data import StoreError
from .lexer import Token, tokens_of

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
_SEARCHES = {("db", ".", "index", ".", kind, ".", "queryNodes") for kind in ("fulltext", "vector")}
"""Procedures that search a Neo4j index, token by token."""
_NAMESPACES = {"DATE", "DATETIME", "LOCALDATETIME", "LOCALTIME", "TIME", "DURATION", "POINT"}
"""What may stand before the dot of a function."""


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
    tokens = [token for token in tokens_of(cypher) if not token.blank]
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


def _check_start(tokens: list[Token]) -> None:
    """Only clauses that read may come first, after a wish to see the plan too."""
    for token in tokens:
        if token.kind != "word" or _upper(token.text) not in _FIRST:
            break
        if _upper(token.text) not in ("EXPLAIN", "PROFILE"):
            return
    else:
        token = Token("", "nothing")
    raise StoreError(f"a query starts with MATCH, UNWIND, WITH, RETURN or CALL, not with {token.text:.40}")


def _check_depth(tokens: list[Token]) -> None:
    depth = 0
    for token in tokens:
        if token.kind == "sign" and token.text in "([{":
            depth += 1
            if depth > MAX_DEPTH:
                raise StoreError(f"the statement nests deeper than {MAX_DEPTH} brackets; simplify it")
        elif token.kind == "sign" and token.text in ")]}":
            depth -= 1


def _check_word(tokens: list[Token], place: int) -> None:
    """Refuse a keyword that writes, a procedure, and a function of a plugin."""
    nothing = Token("", "")
    given = tokens[place].text
    word = _upper(given)
    before = tokens[place - 1] if place else nothing
    after = tokens[place + 1] if place + 1 < len(tokens) else nothing
    if _names_a_search(tokens, place):
        return
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


def _names_a_search(tokens: list[Token], place: int) -> bool:
    """Whether a word is part of `CALL db.index.vector.queryNodes`, or of the same over texts."""
    for start in range(max(place - 6, 1), place + 1):
        name = tuple(token.text for token in tokens[start : start + 7])
        if name in _SEARCHES and _upper(tokens[start - 1].text) == "CALL":
            return True
    return False


def _is_property(tokens: list[Token], place: int) -> bool:
    """Whether a word stands after the dot of `thing.word`; the dot of a number or a range is none."""
    if place < 2 or tokens[place - 1].text != ".":
        return False
    owner = tokens[place - 2]
    return owner.kind in ("word", "name", "parameter") or owner.text in (")", "]", "}")


def _upper(word: str) -> str:
    """A word as the most lenient reader would compare it."""
    return unicodedata.normalize("NFKC", word).upper()
