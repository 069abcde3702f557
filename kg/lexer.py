"""A statement in pieces, as both databases take it apart.

What could be read in two ways (escapes, numbers that run into words, quotes in comments) is refused rather
than guessed at.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..data import StoreError

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


class Token(NamedTuple):
    """A piece of a statement."""

    kind: str
    """space, comment, string, name (between backticks), parameter, number, word or sign (one character)."""
    text: str

    @property
    def blank(self) -> bool:
        """Whether it is there for the eye only."""
        return self.kind in ("space", "comment")


def tokens_of(cypher: str) -> Iterator[Token]:
    """The pieces of a statement; together they are the statement.

    Raises:
        StoreError: Something is not understood, or could be read in two ways.

    >>> [token.text for token in tokens_of("RETURN 'a;b'") if not token.blank]
    ['RETURN', "'a;b'"]
    """
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
        yield Token(kind, text)
