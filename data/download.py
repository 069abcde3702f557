"""Downloads that show their progress, go on where they stopped, and are whole or absent."""

import hashlib
import http.client
import os
import sys
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tqdm import tqdm

from .errors import DataError
from .sources import Source

TIMEOUT = 60.0
"""Seconds without a byte after which a download is given up."""

_CHUNK = 1 << 20


def datasets_folder() -> Path:
    """Where downloaded datasets lie: `$CARTOGRAPH_DATASETS`, else `datasets/` in the working directory."""
    return Path(os.environ.get("CARTOGRAPH_DATASETS") or "datasets")


def fetch(source: Source, *, progress: bool = True) -> Path:
    """The folder of a dataset, with the files of it that are not there yet downloaded.

    Raises:
        DataError: A download failed; the same call goes on where it stopped.
    """
    folder = datasets_folder() / source.name
    for remote in source.remotes:
        if not (folder / remote.file).exists():
            download(remote.url, folder / remote.file, checksum=remote.checksum, progress=progress)
    return folder


def download(url: str, path: Path, *, checksum: str = "", progress: bool = True) -> None:
    """Download `url` to `path`, which is there only once it is whole.

    Until then the bytes are in `path.part`, and `path.part.version` says of which version of the file: a
    later call asks for the rest (HTTP `Range`, with `If-Range`) and starts anew where the file has changed.

    Args:
        url: Where the file is.
        path: Where to put it; its folder is made.
        checksum: `ALGORITHM:HEX`, with an algorithm of `hashlib`; not checked where empty.
        progress: Whether to show a bar on stderr.

    Raises:
        DataError: The server refuses or does not answer, the connection ended early, or a checksum is wrong.
    """
    part, version = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part.version")
    have = part.stat().st_size if part.exists() and version.exists() else 0
    request = Request(url, headers={"User-Agent": "cartograph"})
    if have:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", version.read_text(encoding="ascii"))
    try:
        _receive(request, part, version, have, progress)
    except HTTPError as error:
        if error.code != 416 or error.headers.get("Content-Range") != f"bytes */{have}":  # all is there
            if error.code == 416:
                part.unlink(missing_ok=True)  # it is longer than the file: of no use
            raise DataError(
                f"{url}: the server answers {error.code} {error.reason}; "
                f"look for the file by hand and put it at {path}"
            ) from error
    except (URLError, OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise DataError(
            f"{url}: cannot be downloaded ({reason}); run the same again to go on where it stopped, "
            f"or get the file by hand and put it at {path}"
        ) from error
    _verify(url, part, checksum)
    os.replace(part, path)
    version.unlink(missing_ok=True)


def _receive(request: Request, part: Path, version: Path, have: int, progress: bool) -> None:
    with urlopen(request, timeout=TIMEOUT) as answer:
        resumes = answer.status == 206
        length = answer.headers.get("Content-Length")
        total = None if length is None else int(length) + (have if resumes else 0)
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab" if resumes else "wb") as file:
            if not resumes:
                _remember(version, answer.headers)
            with tqdm(
                total=total,
                initial=file.tell(),
                desc=part.stem,
                unit="B",
                unit_scale=True,
                file=sys.stderr,
                disable=not progress,
            ) as bar:
                while block := answer.read(_CHUNK):
                    file.write(block)
                    bar.update(len(block))
    size = part.stat().st_size
    if total is not None and size != total:
        raise ConnectionError(f"the connection ended after {size:,} of {total:,} bytes")


def _remember(version: Path, headers: http.client.HTTPMessage) -> None:
    """Keep what the server calls this version of the file; without a name for it, nothing is resumed."""
    etag = headers.get("ETag", "")
    name = etag if etag and not etag.startswith("W/") else headers.get("Last-Modified")
    if name:
        version.write_text(name, encoding="ascii")
    else:
        version.unlink(missing_ok=True)


def _verify(url: str, part: Path, checksum: str) -> None:
    if not checksum:
        return
    algorithm, _, wanted = checksum.partition(":")
    with part.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != wanted:
        part.unlink()
        raise DataError(
            f"{url}: the download has the {algorithm} {found}, but {wanted} is published; it was removed, "
            "run the same again, and if that does not help look whether the publisher has changed the file"
        )
