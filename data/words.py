"""Texts as words, for what counts words and does not read them."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
"""Characters of scripts that are written without spaces, as a class of a pattern."""

_CJK = re.compile(f"[{CJK}]")
_WORD = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")


def runs(text: str) -> list[str]:
    """Lower-case words without accents, and what stands between them in CJK scripts.

    >>> runs("Café Olé, 2nd 智能手机")
    ['cafe', 'ole', '2nd', '智能手机']
    """
    bare = text.lower()
    if not bare.isascii():
        folded = unicodedata.normalize("NFKD", bare)
        bare = unicodedata.normalize("NFC", "".join(c for c in folded if not unicodedata.combining(c)))
    return _WORD.findall(bare)


def has_cjk(text: str) -> bool:
    """Whether some of a text is in a script that is written without spaces; of `runs`, then all of one is."""
    return bool(_CJK.search(text))


def words(text: str) -> list[str]:
    """The terms of a text: lower-case words without accents; CJK runs as characters and pairs of them.

    >>> words("Café Olé, 2nd"), words("智能手机")
    (['cafe', 'ole', '2nd'], ['智', '智能', '能', '能手', '手', '手机', '机'])
    """
    out: list[str] = []
    for run in runs(text):
        if has_cjk(run):
            out += [part for i in range(len(run)) for part in (run[i], run[i : i + 2])][: 2 * len(run) - 1]
        else:
            out.append(run)
    return out


def with_pairs(terms: Sequence[str]) -> list[str]:
    """Terms, and those that stand side by side: common words are told apart by their neighbours.

    >>> with_pairs(["red", "nail", "lacquer"])
    ['red', 'nail', 'lacquer', 'red nail', 'nail lacquer']
    """
    return [*terms, *(f"{a} {b}" for a, b in pairwise(terms))]
