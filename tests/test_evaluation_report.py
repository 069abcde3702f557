"""The document, its table and its page: every number there, nothing fetched from elsewhere."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cartograph.data import Split, item_cold, leave_one_out
from cartograph.evaluation import BASELINES, Scorer, Trained, examine, to_table, to_text, write_json
from cartograph.evaluation.html import write_html
from cartograph.evaluation.report import cell
from tests.planted import planted_shop

FEW = {name: BASELINES[name] for name in ("popular", "item-knn")}

DOCS = Path(__file__).parent.parent / "docs"


def told(split: Split) -> Scorer:
    return Trained(
        BASELINES["popular"](split), curve=[0.1, 0.2, 0.15], settings={"weight": 0.5, "how": "$a < b$"}
    )


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    shop = planted_shop(n_users=120)
    exams = (item_cold(shop, seed=seed) for seed in (0, 1))
    return examine(exams, {**FEW, "a <b> & $c$": told})


@pytest.fixture(scope="module")
def page(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_html(path, document)
    return path.read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Checks that elements close in order, and collects attributes and text."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())


def test_the_page_is_html_whose_elements_close_and_whose_ids_are_its_own(page: str) -> None:
    read = Reader(page)
    assert not read.open
    ids = [value for _, name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    used = {value[1:] for _, name, value in read.attributes if name.endswith("href")}
    assert used <= set(ids)


def test_the_page_fetches_nothing(page: str) -> None:
    read = Reader(page)
    assert not {tag for tag, _, _ in read.attributes} & {"script", "link", "img", "iframe"}
    assert all(v.startswith("#") for _, name, v in read.attributes if name in ("src", "href", "xlink:href"))
    assert "//" not in page
    assert "@import" not in page
    assert all(address.startswith("#") for address in re.findall(r"url\(([^)]*)\)", page))


def test_the_page_holds_every_number_of_every_model(page: str, document: dict[str, Any]) -> None:
    text = Reader(page).text
    for name, entry in document["models"].items():
        assert name in text
        for segment in ("overall", "warm", "cold"):
            for figure in ("recall@10", "ndcg@10", "mrr@10", "hit_rate@10", "map@10"):
                assert any(part.split(" ")[0] == cell(entry[segment][figure]) for part in text), (
                    name,
                    figure,
                )
        for run in entry["seeds"]:
            assert cell(run["cold"]["ndcg@10"]) in text


def test_the_page_has_every_plot(page: str, document: dict[str, Any]) -> None:
    read = Reader(page)
    plots = [value for tag, name, value in read.attributes if tag == "div" and name == "aria-label"]
    assert plots == [
        "By length of list",
        "Differences",
        "By product events",
        "By product age",
        "By user events",
        "By category",
        "Coverage against accuracy",
        "Cold against warm",
        "Learning curves",
    ]
    assert page.count("<svg") == len(plots)
    assert "weight 0.5, how $a < b$" in read.text
    assert "#0101" not in page, "every colour is the page's"
    assert "var(--model-2)" in page
    assert "currentColor" in page


def test_the_page_is_the_same_again(page: str, document: dict[str, Any], tmp_path: Path) -> None:
    write_html(tmp_path / "again.html", document)
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_one_model_and_few_users_make_a_page_too(tmp_path: Path) -> None:
    few = leave_one_out(planted_shop(n_users=5))
    write_html(tmp_path / "few.html", examine([few], {"popular": BASELINES["popular"]}))
    read = Reader((tmp_path / "few.html").read_text())
    assert "Differences" not in read.text
    assert "Learning curves" not in read.text


def test_the_text_says_how_it_was_cut_who_was_left_out_and_who_is_best(document: dict[str, Any]) -> None:
    lines = to_text(document).splitlines()
    assert lines[0] == "planted, item-cold, share 0.2; means over seeds 0, 1"
    assert f"users without a target, left out: {document['n_without_target']}" in lines
    assert "ndcg@10 overall, item-knn minus:" in lines
    assert lines[-2].split()[0] == "popular"
    assert max(map(len, lines)) <= 120


def test_the_table_shows_intervals_where_there_are_some(document: dict[str, Any]) -> None:
    (line,) = (
        line for line in to_table(document["models"]).splitlines() if line.startswith("item-knn     overall")
    )
    entry = document["models"]["item-knn"]["overall"]
    low, high = entry["intervals"]["recall@10"]
    assert f"{cell(entry['recall@10'])} [{cell(low)} {cell(high)}]" in line


def test_the_document_is_written_whole_and_says_what_the_documentation_says(
    document: dict[str, Any], tmp_path: Path
) -> None:
    write_json(tmp_path / "out.json", document)
    read = json.loads((tmp_path / "out.json").read_text())
    assert read == document
    (example,) = re.findall(
        r"```json\n(.*?)```", (DOCS / "evaluation.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert _paths(json.loads(example)) == _paths(read)


def test_a_figure_that_is_not_a_number_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "out.json", {"figure": float("nan")})
    assert not (tmp_path / "out.json").exists()


def test_the_evaluation_needs_matplotlib_only_for_the_page() -> None:
    probe = "import sys, cartograph.evaluation; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_python_example_of_the_documentation_imports_what_exists() -> None:
    text = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    imports = [line for line in example.splitlines() if line.startswith("from cartograph")]
    assert len(imports) == 2
    exec("\n".join(imports))


def _paths(value: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Every way through the keys of a document, names that differ between evaluations as `*`."""
    if isinstance(value, list):
        return set().union(*(_paths(part, path) for part in value)) if value else {path}
    if not isinstance(value, dict):
        return {path}
    if path[-1:] == ("settings",):
        return {path}
    free = path[-1:] == ("models",) or "segments" in path[-2:]
    named = ((part, "*" if free or "@" in key else key) for key, part in value.items())
    return set().union(*(_paths(part, (*path, name)) for part, name in named))
