"""Texts as terms of the lexical index: words without accents and endings; CJK as characters and pairs."""

import re
from collections.abc import Sequence

import Stemmer
from bm25s.stopwords import STOPWORDS_EN

from ...data.words import words

LONGEST_QUERY = 300
"""Characters of a query that are read."""

_STOPWORDS = frozenset(STOPWORDS_EN)


def terms(text: str) -> list[str]:
    """The terms of a text in reading order, without English function words where there are others.

    Function words such as "with" and "for" are rare in titles, so BM25 would take them for the subject.

    >>> terms("Shoes for the Café"), terms("for"), terms("跑鞋")
    (['shoe', 'cafe'], ['for'], ['跑', '跑鞋', '鞋'])
    """
    found = words(text)
    return stems([word for word in found if word not in _STOPWORDS] or found)


def stems(plain: Sequence[str]) -> list[str]:
    """The words without English endings (Porter's second stemmer); other scripts stay as they are.

    >>> stems(["running", "shoes", "手机"])
    ['run', 'shoe', '手机']
    """
    found: list[str] = Stemmer.Stemmer("english").stemWords(list(plain))  # one is not safe among threads
    return found


def readable(query: str) -> str:
    r"""The beginning of a query, as text that every tokenizer takes: no lone surrogates, no runs of space.

    >>> readable(" a \n b\ud800")
    'a b?'
    """
    whole = query[:LONGEST_QUERY].encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"\s+", " ", whole).strip()
