"""What the rewriting for the embedded store asks of patterns and positions in lists."""

from collections.abc import Sequence

from ..data import StoreError
from .lexer import Token
from .syntax import Group, Piece, following, is_sign, is_word, piece_at, place_of, text_of

_WALKS = ("SHORTEST", "ALL", "TRAIL", "ACYCLIC", "WSHORTEST")
"""How the embedded store may be told to walk already."""


def moved(position: str, *, by: int) -> str:
    """A position in a list counted from 1; one from the end stays, unless it is the (excluded) end.

    >>> moved("0", by=1), moved("-1", by=1), moved("-1", by=0), moved("i", by=1)
    ('1', '-1', '-2', '(i) + 1')
    """
    if position.isdecimal():
        return str(int(position) + by)
    if position.startswith("-") and position[1:].isdecimal():
        return position if by else str(int(position) - 1)
    return f"({position}) + {by}" if by and not position.startswith(("'", '"')) else position


def check_pattern(piece: Group) -> None:
    """Refuse what the embedded store does not take in a node or relationship, or takes for something else."""
    if place_of(piece.inside, "WHERE") < len(piece.inside):
        raise StoreError(
            "a WHERE within brackets is not known to the embedded store; write it after the pattern"
        )
    if piece.opening == "(" and sum(is_sign(one, ":") for one in piece.inside) > 1:
        raise StoreError(
            f"({text_of(piece.inside)}) asks for two labels, and a node has one; write :A|B for either"
        )


def types(relationship: Group) -> set[str]:
    """The types that a relationship of a pattern may have; none where it may have any."""
    inside = relationship.inside
    colon = next((i for i, piece in enumerate(inside) if is_sign(piece, ":")), len(inside))
    return {
        piece.text.strip("`")
        for piece in inside[colon:]
        if isinstance(piece, Token) and piece.kind in ("word", "name")
    }


def walking(inside: list[Piece], mode: str) -> list[Piece]:
    """A relationship of variable length that is walked in such a way."""
    star = next(i for i, piece in enumerate(inside) if is_sign(piece, "*"))
    after = piece_at(inside, following(inside, star))
    if is_word(after, *_WALKS):
        return inside
    least = " 1" if is_sign(after, ".") else " "
    return [*inside[: star + 1], Token("word", f" {mode}{least}"), *inside[star + 1 :]]


def with_brackets(pattern: Sequence[Piece]) -> list[Piece]:
    """A pattern whose arrows without brackets have some."""
    found: list[Piece] = []
    for piece in pattern:
        if is_sign(piece, "-") and found and is_sign(found[-1], "-"):
            found.append(Group("[", []))
        found.append(piece)
    return found
