"""`cartograph cypher`: one statement, what is piped in, the shell in a terminal, and what it writes."""

import csv
import io
import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from cartograph.kg import load_dataset, open_store
from cartograph.serving.cli import main
from cartograph.serving.cypher.completion import CypherCompleter
from cartograph.serving.cypher.lines import Lines
from cartograph.serving.run import Run, RunState
from tests.explored import explored_shop

pytest_plugins = ["tests.browser_fixtures"]
COMMAND = [sys.executable, "-m", "cartograph.serving.cli", "cypher"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run folder with a graph and nothing else: that is all that Cypher needs."""
    made = Run(tmp_path_factory.mktemp("explored") / "run")
    made.folder.mkdir()
    with open_store(made.graph) as store:
        load_dataset(store, explored_shop(), progress=False)
    made.remember(RunState("explored", timed=True))
    return str(made.folder)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["cypher", *arguments]) == 0
    return capsys.readouterr().out


PRICES = "MATCH (p:Product) WHERE p.id STARTS WITH 'tea' RETURN p.id AS id, p.price AS price ORDER BY id"


def test_a_table_has_numbers_to_the_right(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = answer(capsys, PRICES, "--run", run, "--limit", "3").splitlines()
    assert lines == ["id    price", "tea0    1.0", "tea1   90.0", "tea2"]


def test_csv_and_json_give_all_values(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    statement = (
        "MATCH (p:Product {id: 'tea0'})-[:MADE_BY]->(b) RETURN b, [1, 2] AS list, null AS nothing, p.title"
    )
    (row,) = csv.DictReader(io.StringIO(answer(capsys, statement, "--run", run, "--format", "csv")))
    assert json.loads(row["b"])["id"] == "brand 0"
    assert (row["list"], row["nothing"], row["p.title"]) == ("[1, 2]", "", "tea number 0")
    (same,) = json.loads(answer(capsys, statement, "--run", run, "--json"))
    assert same["b"]["_label"] == "Brand"
    assert (same["list"], same["nothing"]) == ([1, 2], None)


def test_parameters_are_numbers_lists_or_texts(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [f"--param={pair}" for pair in ("a=2", "b='2'", "c=[1, 2]", "d=two words", "e=NaN")]
    out = answer(capsys, "RETURN $a AS a, $b AS b, $c AS c, $d AS d, $e AS e", "--run", run, "--json", *given)
    assert json.loads(out) == [{"a": 2, "b": "2", "c": [1, 2], "d": "two words", "e": "NaN"}]


def test_a_named_question_takes_its_parameters(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--ask", "cold-products", "--param", "most=60", "--run", run, "--json")
    assert all(row["events"] <= 60 for row in json.loads(answer(capsys, *given)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["RETURN 1", "--ask", "baskets"], "give a statement or --ask NAME, not both"),
        (["--ask", "basket"], "no question 'basket'; did you mean 'baskets'?"),
        (["--ask", "journey"], "journey needs user: a user's id; give it as user=VALUE"),
        (["RETURN 1", "--param", "x"], "'x' is no parameter; give it as name=value"),
        (["RETURN 1", "--limit", "0"], "--limit is 0; it must be 1 or more"),
        (
            ["RETURN 1", "--format", "png"],
            "png is a picture and goes into a file; say which, such as graph.png",
        ),
        (["MATCH (p) DELETE p"], "DELETE is not allowed here: this session only reads the graph"),
    ],
)
def test_a_mistake_is_one_line(
    run: str, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cypher", *arguments, "--run", run]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"cartograph: {sentence}")
    assert captured.err.count("\n") == 1


def test_statements_and_commands_are_read_from_a_pipe(run: str) -> None:
    text = (
        "MATCH (p:Product)\nRETURN count(*) AS n;  RETURN 'a;b' AS text\n\n"
        ":param user => u00\n:format csv\n:ask journey\nRETURN $user AS who"
    )
    done = subprocess.run(
        [*COMMAND, "--run", run], input=text, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(" n\n30\ntext\na;b\ntime,did,product,title\n")
    assert done.stdout.endswith("who\nu00\n")


def test_the_first_mistake_ends_a_pipe(
    run: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("RETURN 1 AS one;\nCREATE (x);\nRETURN 2 AS two;\n"))
    assert main(["cypher", "--run", run]) == 1
    captured = capsys.readouterr()
    assert captured.out == "one\n  1\n"
    assert captured.err.startswith("cartograph: a query starts with MATCH")


def test_a_slow_statement_ends_at_its_limit(run: str) -> None:
    endless = "MATCH (a:User)-[:PURCHASED*1..14]-(b) RETURN count(*) AS n"
    begun = time.monotonic()
    assert main(["cypher", endless, "--run", run, "--timeout", "1"]) == 1
    assert time.monotonic() - begun < 20


def test_the_shell_talks_in_a_terminal(run: str, tmp_path: Path) -> None:
    """A real process in a real terminal: several lines, a mistake, a command, completion, the end."""
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (40, 120))
    process = subprocess.Popen(
        [*COMMAND, "--run", run],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "HOME": str(tmp_path), "TERM": "xterm"},
    )
    os.close(terminal)
    shown = ""

    def wait_for(text: str) -> None:
        nonlocal shown
        end = time.monotonic() + 60
        while text not in shown:
            assert time.monotonic() < end, shown
            if select.select([screen], [], [], 0.2)[0]:
                shown += os.read(screen, 65536).decode()
                if "\x1b[6n" in shown:  # the shell asks where the cursor is
                    shown = shown.replace("\x1b[6n", "")
                    os.write(screen, b"\x1b[1;1R")

    wait_for(":help says more")
    wait_for("cypher>")
    os.write(screen, b"MATCH (p:Product)\rRETURN 1000 + count(*) AS n;\r")
    wait_for("1030")
    os.write(screen, b"MATCH (p DELETE p;\r")
    wait_for("cartograph: ")
    os.write(screen, b":schema\r")
    wait_for("SUBCATEGORY_OF")
    os.write(screen, b":ask never-to\t")
    wait_for("uched")  # the rest of never-touched, be it in a menu or in the line itself
    os.write(screen, b"\r")
    wait_for("kite5")
    os.write(screen, b":quit\r")
    assert process.wait(30) == 0
    os.close(screen)
    assert "RETURN 1000 + count(*) AS n;" in (tmp_path / ".cartograph_history").read_text()


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("MATCH (p:Pro", "Product"),
        ("MATCH (p)-[:MADE", "MADE_BY"),
        ("MATCH (p)-[:MADE_BY|IN_C", "IN_CATEGORY"),
        ("MATCH (p:Product) RETURN p.ti", "title"),
        ("mat", "MATCH"),
        (":as", ":ask"),
        (":ask bask", "baskets"),
        (":ask journey us", "user="),
        (":format sv", "svg"),
    ],
)
def test_the_shell_completes(text: str, proposal: str) -> None:
    completer = CypherCompleter((":ask", ":format"))
    found = [found.text for found in completer.get_completions(Document(text), CompleteEvent())]
    assert proposal in found


def test_statements_end_with_a_semicolon_a_blank_line_or_the_input() -> None:
    lines = Lines()
    given = ["RETURN 'x", "y;' AS a; RETURN", "2", "", ":help", "RETURN 3"]
    assert [text for line in given for text in lines.add(line)] == [
        *("RETURN 'x\ny;' AS a", "RETURN\n2", ":help")
    ]
    assert list(lines.rest()) == ["RETURN 3"]


PICTURE = "MATCH (p:Product {id: 'tea0'})-[r]->(n) RETURN p, r, n"


def test_pictures_are_files_that_show_every_node(run: str, tmp_path: Path) -> None:
    for name in ("graph.png", "graph.svg"):
        assert main(["cypher", PICTURE, "--run", run, "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "graph.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    svg = (tmp_path / "graph.svg").read_text()
    ElementTree.fromstring(svg)
    assert all(f"<!-- {name} -->" in svg for name in ("tea number 0", "brand 0", "MADE_BY", "Category"))


def test_the_page_shows_the_graph_and_asks_no_other_host(run: str, tmp_path: Path, browser: Browser) -> None:
    file = tmp_path / "graph.html"
    assert main(["cypher", PICTURE, "--run", run, "--out", str(file)]) == 0
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_function("window.graph !== undefined")
    assert page.evaluate("[graph.nodes().length, graph.edges().length]") == [6, 5]
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}
    page.close()


def test_what_cannot_be_drawn_is_said_and_leaves_no_file(
    run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "graph.png"
    for statement, sentence in (
        ("RETURN 1 AS x", "the answer has no nodes to draw; return nodes"),
        ("MATCH ()-[r:MADE_BY]->() RETURN r", "a MADE_BY came without its nodes; return them too"),
        ("UNWIND range(1, 1) AS x MATCH (u:User)-[r:VIEWED]->(p) RETURN r", "came without its nodes"),
    ):
        assert main(["cypher", statement, "--run", run, "--out", str(out)]) == 1
        assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
