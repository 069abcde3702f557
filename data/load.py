"""`load`: a dataset from a folder or a name, whatever its layout."""

from difflib import get_close_matches
from pathlib import Path

from .amazon_sources import amazon_sources
from .dataset import Dataset
from .download import datasets_folder, fetch
from .errors import DataError
from .layouts import LAYOUTS, PACKAGED, Extras, Layout, named
from .rows import BadRows, OnBadRow
from .sources import Source


def datasets() -> list[Source]:
    """What `load` can read: first the names, then the layouts of folders, last the categories of Amazon."""
    packaged = [known.source for known in PACKAGED]
    layouts = [layout.source for layout in LAYOUTS if layout.source.is_folder]
    amazon = amazon_sources()
    return [*packaged, *(known for known in named().values() if known not in amazon), *layouts, *amazon]


def load(
    source: str | Path,
    *,
    on_bad_row: OnBadRow = "error",
    rejected: Path | None = None,
    links: bool = False,
    reviews: bool = False,
) -> Dataset:
    """The validated dataset of a folder, or of a name that `datasets` lists.

    Args:
        source: A folder, whose layout is found out by the files in it, a file that a shop's platform exports
            or that holds RDF, or a name. Named datasets that anyone can download are, unless their files are
            in `$CARTOGRAPH_DATASETS/NAME` (or `datasets/NAME`); for those behind an account the error says
            where to get the files and where to put them.
        on_bad_row: Whether the first bad row is an error, or bad rows are left out. Files that cannot be read
            at all, and category cycles, are errors either way.
        rejected: Where to write the rows left out, as CSV (file, line, column, reason, row). Their number is
            logged as a warning in any case.
        links: Whether to read the link files of research data too, which shops derived from the very events
            that are to be predicted. Links in our own folder format are always read.
        reviews: Whether to read what users wrote in research data too, which takes more memory than
            everything else. Reviews in our own folder format are always read.

    Raises:
        DataError: The source is unknown or cannot be had or read, or a row is bad.
    """
    bad = BadRows(on_bad_row)
    dataset = _read(source, bad, Extras(links, reviews))
    bad.finish(rejected)
    return dataset


def _read(source: str | Path, bad: BadRows, extras: Extras) -> Dataset:
    for known in PACKAGED:
        if source == known.source.name:
            return known.read(bad)
    folder = Path(source) if Path(source).exists() else _folder_of(str(source))
    layout = _layout_of(folder)
    if layout is None and folder.is_file():
        raise DataError(
            f"source {str(source)!r} is a file, not a folder; give a folder, or a file of products or events "
            "as your shop's platform exports it (docs/shop-formats.md) or in RDF (docs/rdf.md)"
        )
    if layout is None:
        raise DataError(
            f"{folder}: there is no file of products; give it products.csv, products.jsonl or "
            "products.parquet (docs/folder-format.md), a file that your shop's platform exports "
            "(docs/shop-formats.md), or the files of a public dataset (docs/datasets.md)"
        )
    return layout.read(folder, bad, extras)


def _layout_of(folder: Path) -> Layout | None:
    possible = (layout for layout in LAYOUTS if layout.takes_files or folder.is_dir())
    return next((layout for layout in possible if layout.matches(folder)), None)


def _folder_of(name: str) -> Path:
    """Where the files of a named dataset are, downloaded if need be.

    Raises:
        DataError: There is no such name, the download failed, or the files have to be put there by hand.
    """
    sources = named()
    if name not in sources:
        names = [*(known.source.name for known in PACKAGED), *sources]
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "give a folder or a name of `cartograph datasets`"
        raise DataError(f"source {name!r} is neither a folder nor a known name; {hint}")
    source = sources[name]
    if not source.by_hand:
        return fetch(source)
    folder = datasets_folder() / name
    if not folder.is_dir() or _layout_of(folder) is None:
        raise DataError(
            f"source {name!r} cannot be downloaded without an account; get {', '.join(source.files)} from "
            f"{source.address} and put them, packed or not, into {folder}, or give the folder that has them"
        )
    return folder
