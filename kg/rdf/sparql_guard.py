"""Refusing SPARQL that does more than read the graph."""

import re

from ...data import StoreError
from ..guard import MAX_LENGTH

_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")

_HIDDEN = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\''''
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*\'"""
    r"""|<[^<>"{}|^`\\\x00-\x20]*>|\#[^\n\r]*""",
    re.DOTALL,
)
"""Texts, addresses and comments: nothing in them is a keyword."""
_PROLOGUE = re.compile(r"\s*(?:BASE\s*~|PREFIX\s+[^\s:]*:\s*~|~)", re.IGNORECASE)
_SERVICE = re.compile(r"(?<![\w?$:@.\-])SERVICE(?![\w:\-])", re.IGNORECASE)


def check_sparql(query: str) -> None:
    """Let through one query of the graph itself: no update, no `SERVICE`, nothing that could hide one.

    Raises:
        StoreError: It is too long, no query, or asks another server.

    >>> check_sparql("SELECT ?p { ?p schema:name 'SERVICE <http://there>' }")
    """
    if len(query) > MAX_LENGTH:
        raise StoreError(f"the query has {len(query):,} characters; {MAX_LENGTH:,} are allowed")
    if re.search(r"\\[uU]", query):
        raise StoreError("an escape such as \\u0041 could hide something; write the character itself")
    bare = _HIDDEN.sub("~", query)
    at = 0
    while found := _PROLOGUE.match(bare, at):
        at = found.end()
    word = bare[at:].split(None, 1)[0] if bare[at:].strip() else "nothing"
    keyword = re.match(r"[A-Za-z]*", word)
    if keyword is None or keyword.group().upper() not in _FORMS:
        raise StoreError(
            f"a query starts with {', '.join(_FORMS[:-1])} or {_FORMS[-1]}, after its prefixes, not with "
            f"{word:.40}; it can only read"
        )
    if _SERVICE.search(bare):
        raise StoreError("SERVICE is not allowed here: a query reads this graph, and asks no other server")
