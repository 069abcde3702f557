"""Lines become statements: each ends with a semicolon, a blank line or the input."""

from collections.abc import Iterator

from ...data import StoreError
from ...kg.lexer import tokens_of


class Lines:
    """What was typed or piped so far."""

    def __init__(self) -> None:
        self._open = ""

    def add(self, line: str) -> Iterator[str]:
        """The statements, and commands (from `:` to the end of the line), that end with a line."""
        if not self._open and line.lstrip().startswith(":"):
            yield line.strip()
        elif not line.strip():
            yield from self.rest()
        else:
            *done, self._open = split(f"{self._open}{line.rstrip()}\n")
            yield from done

    def rest(self) -> Iterator[str]:
        """What stands there without an end."""
        *done, last = split(self._open)
        self._open = ""
        yield from done
        if last:
            yield last.strip()


def split(text: str) -> list[str]:
    """The statements between semicolons, and what is after the last one; an open text is one piece.

    >>> split("RETURN ';'; RETURN 2"), split("RETURN 1;")
    (["RETURN ';'", 'RETURN 2'], ['RETURN 1', ''])
    """
    pieces = [""]
    try:
        for token in tokens_of(text):
            if token.kind == "sign" and token.text == ";":
                pieces.append("")
            else:
                pieces[-1] += token.text
    except StoreError:
        return [text if text.strip() else ""]
    *done, last = (piece.strip() for piece in pieces)
    return [*(piece for piece in done if piece), last + "\n" if last and text.endswith("\n") else last]


def ends(text: str) -> bool:
    """Whether a text that is being typed is complete: a command, a statement with its end, or nothing."""
    return (
        not text.strip()
        or text.lstrip().startswith(":")
        or text.rstrip().endswith(";")
        or text.endswith("\n")
    )
