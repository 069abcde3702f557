"""Values as Cypher writes them, for statements that people see and copy; programs pass parameters instead."""

import re
from collections.abc import Mapping

_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def literal(value: object) -> str:
    r"""A value as a Cypher literal that both stores read back as the same value.

    Raises:
        TypeError: It is neither text, number, truth, None nor a list of such.

    >>> print(literal(["it's", 2, 0.5, True, None]))
    ['it\'s', 2, 0.5, true, NULL]
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        escaped = "".join(_ESCAPES.get(letter, letter) for letter in value)
        # A backslash before u or x, in whatever text, is what read-only sessions refuse: they stand apart.
        return "'" + re.sub(r"(?<=\\)(?=[uUxX])", "' + '", escaped) + "'"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    raise TypeError(f"{value!r} has no Cypher literal; give text, a number, a truth value, None or a list")


def filled(cypher: str, params: Mapping[str, object]) -> str:
    r"""A statement with its parameters' values in their places.

    Args:
        cypher: Without a `$` in its texts.
        params: Every parameter that it names.

    >>> filled("MATCH (b:Brand {id: $brand}) RETURN b", {"brand": "L'Oréal"})
    "MATCH (b:Brand {id: 'L\\'Oréal'}) RETURN b"
    """
    return re.sub(r"\$(\w+)", lambda found: literal(params[found[1]]), cypher)
