"""Refusing statements that do more than read the graph."""

import re

from ..data import StoreError

_LITERALS = re.compile(
    r"""'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `(?:[^`]|``)*` | //[^\n]* | /\*.*?\*/""",
    re.VERBOSE | re.DOTALL,
)
_FIRST = {"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "EXPLAIN", "PROFILE"}
_FORBIDDEN = {
    *("CREATE", "MERGE", "SET", "DELETE", "DETACH", "REMOVE", "DROP", "ALTER", "FOREACH", "COPY", "LOAD"),
    *(
        "EXPORT",
        "IMPORT",
        "INSTALL",
        "UNINSTALL",
        "ATTACH",
        "USE",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "CHECKPOINT",
    ),
    *("EXTENSION", "MACRO", "GRANT", "REVOKE", "DENY", "TERMINATE", "COMMENT"),
}
_PROCEDURES = {"SHOW_TABLES", "TABLE_INFO", "SHOW_CONNECTION", "DB_VERSION"}


def check_reads_only(cypher: str) -> None:
    """Let through one statement that only reads the graph: no files, no procedures beyond the catalogue's.

    A database opened for reading is not enough: it still writes files (`COPY … TO`) and reads them
    (`LOAD FROM`).

    Raises:
        StoreError: It is empty, several statements, or might do more than read.

    >>> check_reads_only("MATCH (p:Product) WHERE p.title = 'SET; a table' RETURN count(*)")
    """
    bare = _LITERALS.sub(" _ ", cypher).strip().rstrip(";")
    if ";" in bare:
        raise StoreError("several statements at once; give one statement")
    words = [word.upper() for word in re.findall(r"(?<![.:\w$])[A-Za-z_]\w*(?!\s*:\s*[^:])", bare)]
    if not words or words[0] not in _FIRST:
        first = words[0] if words else "nothing"
        raise StoreError(f"a query starts with MATCH, UNWIND, WITH, RETURN or CALL, not with {first}")
    called = {name.upper() for name in re.findall(r"\bCALL\s+([\w.]+)", bare, re.IGNORECASE)}
    wrong = sorted((_FORBIDDEN & set(words)) | (called - _PROCEDURES))
    if wrong:
        raise StoreError(f"{wrong[0]} is not allowed here: this session only reads the graph")
