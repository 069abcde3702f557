"""HTML as plain text: whatever it is, one line of what a reader sees."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartograph.data.plain_text import plain_text, plain_texts


@given(st.text(max_size=60))
def test_plain_text_is_one_line_without_outer_white_space(text: str) -> None:
    plain = plain_text(text)
    assert plain == " ".join(plain.split())
    assert plain_texts(pd.Series([text.encode(errors="replace").decode()], dtype="str"))[0] == plain_text(
        text.encode(errors="replace").decode()
    )


@given(st.lists(st.text(alphabet="abcäé ,.", min_size=1, max_size=10), max_size=6))
def test_the_text_between_tags_is_kept(words: list[str]) -> None:
    markup = "".join(f"<div class='x'><p>{word}</p><br/><!-- no --></div>" for word in words)
    assert plain_text(markup) == " ".join(" ".join(words).split())


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("<b>T</b>-shirt<br>H<sub>2</sub>O", "T-shirt H2O"),
        ("&euro;&nbsp;5 &lt; 6 &amp; &#x41;&#66;", "€ 5 < 6 & AB"),
        ("<ul><li>a<li>b</ul>c", "a b c"),
        ("<![if !supportLists]>x<![endif]><o:p>y</o:p>", "x y"),
        ("<script>alert('a < b')</script>ok<style>p{}</style>", "ok"),
        ("<?xml version='1.0' encoding='latin1'?>é</div>x", "é x"),
        ("a & b, 5 > 4 < 6", "a & b, 5 > 4 < 6"),
        ("<img src=x onerror=alert(1)>", ""),
    ],
)
def test_html_is_read_as_browsers_do(markup: str, text: str) -> None:
    assert plain_text(markup) == text
