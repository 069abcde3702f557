"""Documentation that fails when it is wrong."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cartograph.serving.cli import build_parser
from cartograph.serving.run import Run
from tools.cypher_page import cypher_page
from tools.make_docs import DOCS, README, answers_page, cli_page, datasets_page, graph_page, readme_page
from tools.questions_page import questions_page
from tools.rdf_page import rdf_page
from tools.results import results_page
from tools.shop_formats import shop_formats_page

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize(
    ("page", "generated"),
    [
        (DOCS / "cli.md", cli_page),
        (DOCS / "datasets.md", datasets_page),
        (DOCS / "shop-formats.md", shop_formats_page),
        (DOCS / "graph.md", graph_page),
        (DOCS / "cypher.md", cypher_page),
        (DOCS / "questions.md", questions_page),
        (DOCS / "rdf.md", rdf_page),
        (DOCS / "results.md", results_page),
        (DOCS / "answers.md", answers_page),
        (README, readme_page),
    ],
    ids=[
        "cli",
        "datasets",
        "shop formats",
        "graph",
        "cypher",
        "questions",
        "rdf",
        "results",
        "answers",
        "readme",
    ],
)
def test_generated_pages_are_up_to_date(page: Path, generated: Callable[[], str]) -> None:
    assert page.read_text(encoding="utf-8") == generated(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist(page: Path) -> None:
    (verbs,) = (action.choices for action in build_parser()._actions if action.dest == "verb")
    for verb in re.findall(
        r"^\s*(?:\$ )?cartograph ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert verb in (verbs or ()), f"{page.name}: cartograph {verb}"


def test_make_targets_that_the_readme_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z0-9-]+)`?", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_top_level_entry_is_explained() -> None:
    text = (ROOT / "README.md").read_text() + (ROOT / "docs" / "architecture.md").read_text()
    for entry in (
        "benchmarks",
        "cartograph",
        "data",
        "docs",
        "encoders",
        "evaluation",
        "gnn",
        "kg",
        "serving",
        "tools",
    ):
        assert f"{entry}/" in text, entry


def test_the_readme_python_examples_name_what_exists() -> None:
    from cartograph.serving.recommender import Recommender

    code = "".join(
        re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    )
    used = set(re.findall(r"recommender\.(\w+)\(", code))
    assert used
    assert all(hasattr(Recommender, name) for name in used)


def test_the_python_page_does_what_it_says(copied: Run) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "python.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {"RUN": copied.folder}
    for block in blocks:
        exec(block, names)
    assert names["result"].corrected == "garden spade"  # type: ignore[attr-defined]
    assert names["explanation"].paths  # type: ignore[attr-defined]
    assert sorted(map(sorted, names["communities"])) == [  # type: ignore[call-overload]
        [("Product", f"p{group}{number}") for number in range(7)] for group in range(4)
    ]
