"""What loaders of public files share in their tests: files written as published, and what holds for all."""

import io
import zipfile
from pathlib import Path
from typing import ClassVar

import pytest

from cartograph.data import DataError, Dataset, load
from tests.test_data_loaders import LoaderContract

Files = dict[str, str | bytes]


def written(folder: Path, files: Files) -> Path:
    """The files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zipped(files: Files) -> bytes:
    """The files as one archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class PublicContract(LoaderContract):
    """The loader contract on files that the subclass lists, and what holds for all of them besides."""

    files: ClassVar[Files]
    bad: tuple[str, str, str]
    """A file, a bad last line for it, and the sentence it is answered with."""

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        return load(written(tmp_path, self.files))

    def test_files_still_in_an_archive_give_the_same(self, dataset: Dataset, tmp_path: Path) -> None:
        inside = {f"inner/{name}": content for name, content in self.files.items()}
        archived = load(written(tmp_path / "zip", {"archive.zip": zipped(inside)}))
        assert archived.events.equals(dataset.events)
        assert archived.products.equals(dataset.products)

    def test_a_bad_row_is_named_or_left_out(self, dataset: Dataset, tmp_path: Path) -> None:
        name, line, says = self.bad
        content = self.files[name]
        assert isinstance(content, str)
        folder = written(tmp_path / "bad", {**self.files, name: content + line + "\n"})
        place = f"{name}, line {len(content.splitlines()) + 1}"
        with pytest.raises(DataError, match=f"{place}.*{says}"):
            load(folder)
        assert len(load(folder, on_bad_row="skip").events) == self.n_events
