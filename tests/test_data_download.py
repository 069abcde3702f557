"""Downloads from a real server: interrupted, resumed, changed in between, damaged."""

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cartograph.data import DataError
from cartograph.data.download import datasets_folder, download, fetch
from cartograph.data.sources import Remote, Source

BODY = bytes(range(256)) * 20_000  # 5 MB, several reads
MD5 = "md5:" + hashlib.md5(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves `server.body` with ranges, as a publisher's does; breaks off after `server.limit` bytes."""

    server: "Server"

    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("Range", ""))
        if self.path != "/file.zip":
            self.send_error(404)
            return
        start = 0
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if found and self.headers.get("If-Range", self.server.etag) == self.server.etag:
            start = int(found[1])
            if start >= len(self.server.body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(self.server.body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        rest = self.server.body[start:]
        self.send_response(206 if start else 200)
        if self.server.etag:
            self.send_header("ETag", self.server.etag)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.limit])

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""


class Server(ThreadingHTTPServer):
    """The server, and what it was asked for."""

    body = BODY
    etag = '"v1"'
    limit: int | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.zip"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def interrupted(server: Server, path: Path, after: int = 3_000_000) -> None:
    """Leave a download broken off after so many bytes."""
    server.limit = after
    with pytest.raises(DataError, match=r"ended after 3,000,000 of 5,120,000 bytes\); run the same again"):
        download(server.url, path, progress=False)
    server.limit = None
    assert not path.exists()


def test_a_download_is_whole_and_leaves_nothing_else(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "file.zip"
    download(server.url, path, checksum=MD5)
    assert path.read_bytes() == BODY
    assert [file.name for file in path.parent.iterdir()] == ["file.zip"]
    out, err = capsys.readouterr()
    assert out == ""
    assert "file.zip: 100%" in err


def test_an_interrupted_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    interrupted(server, path)
    download(server.url, path, checksum=MD5, progress=False)
    assert path.read_bytes() == BODY
    assert server.asked == ["", "bytes=3000000-"]


def test_a_file_that_changed_in_between_is_downloaded_anew(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    interrupted(server, path)
    server.body, server.etag = b"new" * 1_000_000, '"v2"'
    download(server.url, path, progress=False)
    assert path.read_bytes() == server.body


def test_without_a_name_of_the_version_nothing_is_resumed(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    server.etag = ""
    interrupted(server, path)
    download(server.url, path, progress=False)
    assert path.read_bytes() == BODY
    assert server.asked == ["", ""]


def test_a_download_that_was_whole_but_not_yet_renamed_is_not_repeated(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file.zip.part").write_bytes(BODY)
    (tmp_path / "file.zip.part.version").write_text('"v1"')
    download(server.url, tmp_path / "file.zip", checksum=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == BODY


def test_a_wrong_checksum_leaves_no_file(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has the md5 .*, but 0123 is published; it was removed"):
        download(server.url, tmp_path / "file.zip", checksum="md5:0123", progress=False)
    assert not list(tmp_path.glob("file.zip*.part"))
    assert not (tmp_path / "file.zip").exists()


def test_a_refusal_names_the_address_and_where_the_file_belongs(server: Server, tmp_path: Path) -> None:
    url = server.url.replace("file.zip", "gone.zip")
    with pytest.raises(DataError, match=rf"{url}: the server answers 404 .* put it at {tmp_path}"):
        download(url, tmp_path / "gone.zip", progress=False)


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be downloaded .*refused.*; run the same again to go on"):
        download("http://127.0.0.1:1/file.zip", tmp_path / "new" / "file.zip", progress=False)
    assert not (tmp_path / "new").exists()


def test_a_dataset_is_fetched_once(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTOGRAPH_DATASETS", str(tmp_path))
    remotes = (Remote("file.zip", server.url, MD5),)
    source = Source("small", "", "", is_folder=False, remotes=remotes)
    assert fetch(source, progress=False) == tmp_path / "small"
    assert fetch(source, progress=False) == tmp_path / "small"
    assert len(server.asked) == 1
    assert source.checksum == MD5


def test_datasets_lie_in_the_working_directory_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARTOGRAPH_DATASETS", raising=False)
    assert datasets_folder() == Path("datasets")
