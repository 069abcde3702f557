"""Mapping, links, folders and import direction are one thing said four times; here they are held together."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import cartograph

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

ALLOWED = {
    "data": set(),
    "kg": {"data"},
    "encoders": {"data", "kg"},
    "gnn": {"data", "kg", "encoders"},
    "serving": {"data", "kg", "encoders", "gnn"},
    "evaluation": {"data"},
}
"""What each folder may import: those to its left; evaluation only data."""

COMPOSES = {
    "serving/commands.py",
    "serving/demo.py",
    "serving/models.py",
    "serving/stages.py",
    "serving/cli.py",
}
"""The command line puts everything together, so it may import all."""

SOURCES = [path for folder in ALLOWED for path in sorted((ROOT / folder).rglob("*.py"))]

FOLDERS = {path.parent.relative_to(ROOT) for path in SOURCES}
"""Packages, as folders."""


def test_mapping_links_and_folders_are_in_step() -> None:
    setuptools = PROJECT["tool"]["setuptools"]
    names = {".".join(("cartograph", *folder.parts)): str(folder) for folder in FOLDERS}
    assert set(setuptools["packages"]) == {"cartograph", *names}
    assert setuptools["package-dir"] == names
    links = {path.name: path.readlink() for path in (ROOT / "cartograph").iterdir() if path.is_symlink()}
    assert links == {folder: Path("..") / folder for folder in ALLOWED}
    assert all((ROOT / folder / "__init__.py").is_file() for folder in FOLDERS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_imports_only_from_its_left(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] == "cartograph" for alias in node.names), path
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] != "cartograph" or node.level, (
                f"{path}: imports absolutely"
            )
            inside = path.relative_to(ROOT)
            if node.level == len(inside.parts) and str(inside) not in COMPOSES:
                assert (node.module or "").split(".")[0] in ALLOWED[inside.parts[0]], f"{path}: {node.module}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short_and_everything_public_is_documented(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path}: {node.name}"


def test_the_version_is_said_once_and_twice_the_same() -> None:
    assert PROJECT["project"]["version"] == cartograph.__version__


def test_the_constraints_pin_every_dependency() -> None:
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().split()
    }
    extras = [name for extra in PROJECT["project"]["optional-dependencies"].values() for name in extra]
    wanted = {
        Requirement(name).name.lower().replace("_", "-")
        for name in [*PROJECT["project"]["dependencies"], *extras]
    }
    assert {name for name in wanted if not name.startswith("cartograph")} <= pinned


@pytest.mark.slow
def test_a_wheel_holds_every_folder_the_sample_and_the_template(tmp_path: Path) -> None:
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        str(tmp_path / "site"),
        str(source),
    ]
    subprocess.run(command, check=True)
    probe = (
        "from cartograph.data import load; import cartograph; from cartograph.evaluation import html; "
        "from cartograph.data import pages; from cartograph.kg.quality import html as quality; "
        "assert html.TEMPLATES.joinpath(html.TEMPLATE).is_file(); "
        "assert quality.TEMPLATES.joinpath(quality.TEMPLATE).is_file(); "
        "assert {file.name for file in pages.BASE.glob('*.html')} == {'page.html', 'tables.html'}; "
        "print(len(load('sample').products), cartograph.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env={"PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    n_products, where = done.stdout.split()
    assert int(n_products) >= 4000
    assert where.startswith(str(tmp_path / "site"))
