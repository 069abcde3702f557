"""HTML in, plain text out: what shops write into titles and descriptions."""

import re

import pandas as pd
from lxml import etree

_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
_INLINE = {
    "a", "abbr", "b", "cite", "code", "em", "font", "i", "ins", "mark", "q", "s", "small", "span", "strong",
    "sub", "sup", "u",
}  # fmt: skip
"""Elements that stand within a word; all others end it."""
_SILENT = ("script", "style", "template", "noscript")
_MARKUP = r"[<&]"


def plain_text(markup: str) -> str:
    """The text of an HTML fragment in one line: no tags, comments or scripts, entities resolved.

    What only looks like a tag stays; broken HTML is read as browsers do.

    >>> plain_text("<p>Tea &amp; <b>cup</b>s</p><ul><li>green<li>black</ul><!-- 1 --><style>p {}</style>")
    'Tea & cups green black'
    >>> plain_text("width < 5 cm, I <3 tea")
    'width < 5 cm, I <3 tea'
    """
    if re.search(_MARKUP, markup):
        text = f"<div>{markup}".replace("\0", " ").encode(errors="replace")
        root = etree.fromstring(text, _PARSER)
        etree.strip_elements(root, *_SILENT, with_tail=False)
        markup = "".join(_pieces(root))
    return " ".join(markup.split())


def _pieces(root: etree._Element) -> list[str]:
    pieces: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag not in _INLINE:
            pieces.append(" ")
        pieces.append((element.text if event == "start" else element.tail) or "")
    return pieces


def plain_texts(texts: pd.Series) -> pd.Series:
    """`plain_text` of each; texts without a tag or an entity cost next to nothing.

    >>> plain_texts(pd.Series(["<b>Tea &amp; cup</b>", "a  b"], dtype="str")).tolist()
    ['Tea & cup', 'a b']
    """
    marked = texts.str.contains(_MARKUP, regex=True)
    texts = texts.str.replace(r"\s+", " ", regex=True).str.strip()
    if marked.any():
        texts = texts.where(~marked, texts[marked].map(plain_text).reindex(texts.index)).astype("str")
    return texts
