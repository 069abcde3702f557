"""A statement as a tree of brackets, and what is often asked of its pieces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .lexer import Token, tokens_of

_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass
class Group:
    """What stands between two brackets."""

    opening: str
    inside: "list[Piece]"


Piece: TypeAlias = Token | Group


def tree(cypher: str) -> list[Piece] | None:
    """The pieces of a statement, what is in brackets as groups; None where brackets do not match.

    A comment becomes a blank.

    Raises:
        StoreError: Something is not understood.
    """
    levels: list[Group] = [Group("", [])]
    for token in tokens_of(cypher):
        if token.kind == "sign" and token.text in _CLOSING:
            levels.append(Group(token.text, []))
        elif token.kind == "sign" and token.text in _CLOSING.values():
            done = levels.pop()
            if _CLOSING.get(done.opening) != token.text:
                return None
            levels[-1].inside.append(done)
        else:
            levels[-1].inside.append(Token("space", " ") if token.kind == "comment" else token)
    return levels[0].inside if len(levels) == 1 else None


def text_of(pieces: Sequence[Piece]) -> str:
    """The pieces written out.

    >>> text_of(tree("RETURN size([1, 2])"))
    'RETURN size([1, 2])'
    """
    return "".join(
        piece.text
        if isinstance(piece, Token)
        else piece.opening + text_of(piece.inside) + _CLOSING[piece.opening]
        for piece in pieces
    )


def is_word(piece: Piece | None, *words: str) -> bool:
    """Whether a piece is one of some words (in capitals), or any word where none are given."""
    return isinstance(piece, Token) and piece.kind == "word" and (not words or piece.text.upper() in words)


def is_sign(piece: Piece | None, sign: str) -> bool:
    """Whether a piece is a sign."""
    return isinstance(piece, Token) and piece.kind == "sign" and piece.text == sign


def is_group(piece: Piece | None, opening: str) -> bool:
    """Whether a piece is what stands between such brackets."""
    return isinstance(piece, Group) and piece.opening == opening


def is_blank(piece: Piece) -> bool:
    """Whether a piece is a blank."""
    return isinstance(piece, Token) and piece.blank


def piece_at(pieces: Sequence[Piece], at: int) -> Piece | None:
    """The piece at a place, None behind the last."""
    return pieces[at] if at < len(pieces) else None


def following(pieces: Sequence[Piece], at: int) -> int:
    """The place of the next piece after a place that is no blank; the length where there is none."""
    return next((i for i in range(at + 1, len(pieces)) if not is_blank(pieces[i])), len(pieces))


def before(pieces: Sequence[Piece], at: int) -> Piece | None:
    """The piece before a place, blanks aside."""
    return next((piece for piece in reversed(pieces[:at]) if not is_blank(piece)), None)


def place_of(pieces: Sequence[Piece], *words: str) -> int:
    """Where the first of some words stands that is no property; the length where there is none."""
    return next(
        (
            i
            for i, piece in enumerate(pieces)
            if is_word(piece, *words) and not is_sign(before(pieces, i), ".")
        ),
        len(pieces),
    )


def split(pieces: Sequence[Piece], sign: str = ",") -> list[list[Piece]]:
    """The parts between a sign.

    >>> [text_of(part) for part in split(tree("a, f(b, c)"))]
    ['a', ' f(b, c)']
    """
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if is_sign(piece, sign):
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def clauses(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The clauses of a query, each from its first word on.

    >>> [text_of(clause).split()[0] for clause in clauses(tree("MATCH (p) WITH p WHERE p.x = 1 RETURN p"))]
    ['MATCH', 'WITH', 'RETURN']
    """
    clause: list[Piece] = []
    for i, piece in enumerate(pieces):
        last = before(pieces, i)
        starts = is_word(piece, "MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "UNION", "CALL")
        inner = is_word(last, "OPTIONAL", "STARTS", "ENDS") or is_sign(last, ".")
        if starts and not inner and any(not is_blank(one) for one in clause):
            yield clause
            clause = []
        clause.append(piece)
    yield clause
