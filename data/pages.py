"""HTML pages that need nothing but themselves: tables and plots, in light and dark, without a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .files import atomically

BASE = Path(__file__).parent
"""Where `page.html` lies, which templates extend."""

Row = tuple[str, ...]


@dataclass(frozen=True)
class Plot:
    """A plot and what it says."""

    heading: str
    caption: str
    svg: str


@dataclass(frozen=True)
class Table:
    """A table; the first `n_names` columns are names, the others figures."""

    heading: str
    head: Row
    rows: Sequence[Row]
    n_names: int = 1
    caption: str = ""


def write_page(path: Path, template: Path, **values: Any) -> None:
    """Write a page, whole or not at all.

    Args:
        path: Where to.
        template: A Jinja template that extends `page.html`; texts are escaped.
        values: What it shows; a name that it uses and that is not given is an error.
    """
    environment = Environment(
        loader=FileSystemLoader((template.parent, BASE)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template.name).render(values)
    with atomically(path) as unfinished:
        unfinished.write_text(page, encoding="utf-8")
