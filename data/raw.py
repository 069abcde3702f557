"""Files as their publishers offer them: plain, packed with gzip, or among others in a zip archive."""

import gzip
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

from tqdm import tqdm

from .errors import DataError

BLOCK = 1 << 25
"""Bytes that are parsed at once; the columns made of them take about three times as much."""


def find_raw(folder: Path, *names: str) -> Path | None:
    """Where the first of `names` that is there lies in `folder`, packed or not; None where none is.

    A file may be packed alone (`NAME.gz`), or lie in a zip archive; then its path goes on inside the archive,
    such as `folder/archive.zip/ml-1m/ratings.dat`.
    """
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    archives = [(path, _members(path)) for path in sorted(folder.glob("*.zip"))]
    for name in names:
        for archive, members in archives:
            for member in members:
                if member.rsplit("/", 1)[-1] in (name, f"{name}.gz"):
                    return archive / member
    return None


def require_raw(folder: Path, name: str) -> Path:
    """Where `name` lies in `folder`, as `find_raw` finds it.

    Raises:
        DataError: It is not there.
    """
    path = find_raw(folder, name)
    if path is None:
        raise DataError(f"{folder}: there is no {name}, {name}.gz, nor a zip archive that holds it; add it")
    return path


@contextmanager
def open_raw(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked on the way; `path` may go on inside a zip archive.

    Raises:
        DataError: The file is absent, or damaged as far as it was read.
    """
    try:
        with _opened(path) as file:
            if path.suffix == ".gz":
                with gzip.open(file) as unpacked:
                    yield unpacked  # type: ignore[misc]  # typeshed: a GzipFile is no IO[bytes]
            else:
                yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is cut short or damaged ({error}); copy it again") from error
    except zipfile.BadZipFile as error:
        raise DataError(
            f"{path}: the zip archive is cut short or damaged ({error}); copy it again"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be read ({reason}); check the path and its rights") from error


def list_raw(source: Path) -> list[Path]:
    """The files of a folder, or the one given; what is inside of a zip archive, or a folder of these only."""
    files = sorted(path for path in source.iterdir() if path.is_file()) if source.is_dir() else [source]
    plain = [path for path in files if path.suffix != ".zip"]
    if plain:
        return plain
    return [archive / name for archive in files for name in _members(archive) if not name.endswith("/")]


def head(path: Path) -> bytes:
    """What a file starts with, up to 64 KiB."""
    with open_raw(path) as file:
        return file.read(1 << 16)


def first_line(path: Path) -> bytes:
    """What a file starts with, up to the first line break."""
    with open_raw(path) as file:
        return file.readline()


def row_bar(path: Path) -> "tqdm[NoReturn]":
    """A bar on stderr that counts rows, where someone looks at it for more than two seconds."""
    return tqdm(
        desc=path.name, unit=" rows", unit_scale=True, delay=2, leave=False, disable=None, file=sys.stderr
    )


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    for above in path.parents:
        if above.suffix == ".zip" and above.is_file():
            member = path.relative_to(above).as_posix()
            with zipfile.ZipFile(above) as archive, archive.open(member) as file:
                yield file
            return
    with path.open("rb") as file:
        yield file


def _members(archive: Path) -> list[str]:
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.namelist()
    except zipfile.BadZipFile as error:
        raise DataError(
            f"{archive}: the zip archive is cut short or damaged ({error}); copy it again"
        ) from error
