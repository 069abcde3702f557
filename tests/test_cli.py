"""The command line as a user meets it: a real process, its output, its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cartograph.serving import commands
from cartograph.serving.cli import MODELS, PROTOCOLS, build_parser, main
from cartograph.serving.run import Run
from tests.planted import planted_shop


def cartograph(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cartograph.serving.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planted shop in our own folder format."""
    shop = planted_shop()
    folder = tmp_path_factory.mktemp("shop")
    products = shop.products.assign(category=shop.products["category"].map(" > ".join))
    products.to_csv(folder / "products.csv", index=False)
    shop.events[["user_id", "product_id", "at"]].to_csv(folder / "events.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> str:
    """A run folder made by the commands."""
    run = str(tmp_path_factory.mktemp("runs") / "shop")
    for arguments in (("load", str(folder)), ("encode",), ("train", "--epochs", "2", "--device", "cpu")):
        assert main([*arguments, "--run", run, "--json"]) == 0
    return run


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_help_needs_neither_torch_nor_pandas() -> None:
    probe = (
        "import sys, cartograph.serving.cli as cli; cli.build_parser().format_help(); "
        "print([m for m in ('torch', 'pandas', 'numpy', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_recommending_needs_no_torch(trained: Run) -> None:
    probe = (
        "import sys; from cartograph import Recommender; "
        f"Recommender.load({str(trained.folder)!r}).for_events(['p00'], 3); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_server_computes_on_one_thread_a_request() -> None:
    probe = (
        "import cartograph.serving.cli as cli; cli.main(['serve', '--run', 'nowhere']); "
        "import numpy, scipy.linalg, lightgbm; from threadpoolctl import threadpool_info; "
        "print({pool['num_threads'] for pool in threadpool_info()})"
    )
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, env=free)
    assert done.stdout.strip() == "{1}"


def test_every_verb_has_a_command_and_the_names_are_the_real_ones() -> None:
    from cartograph import data
    from cartograph.serving import models

    (verbs,) = (action.choices for action in build_parser()._actions if action.dest == "verb")
    assert set(verbs or ()) == set(commands.COMMANDS)
    assert set(PROTOCOLS) == set(data.PROTOCOLS)
    assert set(MODELS) == set(models.models())


def test_recommend_prints_titles_and_reasons(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = answer(capsys, "recommend", "--run", run, "--user", "u0", "-k", "2")
    assert len(out.splitlines()) == 2
    assert "garden spade number" in out
    assert "because of" in out


def test_recommend_prints_json_where_asked(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "recommend", "--run", run, "--events", "p10,p11", "-k", "3", "--json"))
    assert [row["product_id"][1] for row in rows] == ["1", "1", "1"]


def test_similar_search_explain_and_cypher_answer(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "espresso cup" in answer(capsys, "similar", "p20", "--run", run)
    assert "piano score" in answer(capsys, "search", "piano", "--run", run)
    explained = json.loads(answer(capsys, "explain", "p02", "--run", run, "--events", "p00,p01", "--json"))
    total = sum(c["amount"] for c in explained["contributions"]) + explained["prior"]
    assert total == pytest.approx(explained["first_stage"], abs=1e-5)
    assert "by channel" in answer(capsys, "explain", "p02", "--run", run, "--user", "u0")
    rows = answer(capsys, "cypher", "MATCH (p:Product) RETURN count(*) AS n", "--run", run, "--json")
    assert json.loads(rows) == [{"n": 32}]


def test_cypher_cannot_write(run: str) -> None:
    done = cartograph("cypher", "MATCH (p:Product) DELETE p", "--run", run)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cartograph: DELETE is not allowed here: this session only reads the graph")
    assert done.stderr.count("\n") == 1


def test_datasets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    names = [source["name"] for source in json.loads(answer(capsys, "datasets", "--json"))]
    assert {"sample", "completejourney"} <= set(names)


def test_evaluate_prints_a_table_and_writes_the_document(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    models = "popular,item-knn,content-knn-bert,cartograph"
    settings = ("--protocol", "item-cold", "--epochs", "2", "--models", models)
    table = answer(capsys, "evaluate", str(folder), *settings, "--json", str(out))
    document = json.loads(out.read_text())
    assert document["protocol"] == "item-cold"
    assert list(document["models"]) == models.split(",")
    ours, knn = document["models"]["cartograph"], document["models"]["item-knn"]
    assert ours["cold"]["recall@10"] > knn["cold"]["recall@10"] == 0
    assert "cartograph" in table
    (seed,) = ours["seeds"]
    assert len(seed["curve"]) == 2
    assert set(seed["settings"]) >= {"text_weight", "cold_offset"}


def test_evaluate_takes_seeds_and_the_settings_of_the_protocol(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = tmp_path / "new" / "out.json", tmp_path / "new" / "report.html"
    options = ["--protocol", "user-cold", "--history", "2", "--cold-share", ".5", "--seeds", "3,5"]
    files = ["--json", str(out), "--report", str(page)]
    text = answer(capsys, "evaluate", str(folder), "--models", "popular,item-knn", *options, *files)
    document = json.loads(out.read_text())
    assert document["settings"] == {"history": 2, "share": 0.5}
    assert document["seeds"] == [3, 5]
    assert [run["seed"] for run in document["models"]["popular"]["seeds"]] == [3, 5]
    assert text.startswith("shop0, user-cold, history 2, share 0.5; means over seeds 3, 5\n")
    assert "item-knn minus:" in text
    assert "<title>shop0, user-cold" in page.read_text()


def test_evaluate_goes_on_from_what_it_kept_and_refuses_what_was_kept_for_other_options(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["evaluate", str(folder), "--keep", str(tmp_path / "kept"), "--models"]
    answer(capsys, *options, "popular")
    written = {file: file.stat().st_mtime_ns for file in (tmp_path / "kept").iterdir()}
    assert "item-knn minus:" in answer(capsys, *options, "popular,item-knn")
    assert [file.stat().st_mtime_ns for file in written] == list(written.values())
    assert main([*options, "popular", "--epochs", "9"]) == 1
    assert "popular-0.npz was kept for other events, another protocol or other settings; give another" in (
        capsys.readouterr().err
    )


def test_evaluate_cuts_time_into_windows_with_gaps(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    options = ["--protocol", "time", "--gap", "0.002", "--window", "0.01", "--models", "popular"]
    answer(capsys, "evaluate", str(folder), *options, "--json", str(out))
    assert json.loads(out.read_text())["settings"] == {"gap": 0.002, "window": 0.01}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["load", "no/such/folder"], "no/such/folder"),
        (["load", "sampel"], "sample"),
        (["encode"], "is not a run folder; run `cartograph load SOURCE --run"),
        (["train"], "is not a run folder"),
        (["recommend", "--user", "u"], "is not a run folder"),
        (["cypher", "MATCH (n) RETURN n"], "is not a run folder"),
        (["evaluate", "sample", "--models", "popular,nope"], "no model 'nope'; choose from popular"),
        (["evaluate", "sample", "--models", "item-nkn"], "did you mean 'item-knn'?"),
        (
            ["evaluate", "sample", "--history", "2"],
            "--history is for --protocol user-cold, not leave-one-out",
        ),
        (
            ["evaluate", "sample", "--protocol", "time", "--cold-share", ".1"],
            "--cold-share is for --protocol item-cold or user-cold, not time; leave it out or choose",
        ),
        (["evaluate", "sample", "--gap", "7"], "--gap is for --protocol time, not leave-one-out"),
        (["evaluate", "sample", "--seeds", "1,x"], "--seeds is '1,x'; give different whole numbers, such as"),
        (["evaluate", "sample", "--seeds", "1,1"], "--seeds is '1,1'; give different whole numbers"),
        (
            ["evaluate", "sample", "--protocol", "item-cold", "--cold-share", "2", "--models", "popular"],
            "share is 2.0; it must be above 0 and below 1",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_1(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    where = [] if arguments[0] == "evaluate" else ["--run", str(run)]
    assert main([*arguments, *where]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("cartograph: ")
    assert sentence in captured.err
    assert not run.exists(), "nothing half-written stays behind"


def test_a_wrong_id_is_one_line(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["similar", "nope", "--run", run]) == 1
    assert capsys.readouterr().err.startswith("cartograph: no product 'nope' in the index; ")


def test_bad_rows_are_skipped_and_counted_where_asked(folder: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt"
    spoilt.mkdir()
    for file in folder.iterdir():
        (spoilt / file.name).write_bytes(file.read_bytes())
    with (spoilt / "events.csv").open("a") as events:
        events.write("u0,p00,not a time\n")
    refused = cartograph("load", str(spoilt), "--run", str(tmp_path / "run"))
    assert refused.returncode == 1
    assert "events.csv" in refused.stderr
    assert "line 302" in refused.stderr
    assert not (tmp_path / "run").exists()
    skipped = cartograph("load", str(spoilt), "--run", str(tmp_path / "run"), "--on-bad-row", "skip")
    assert skipped.returncode == 0
    assert "1 row" in skipped.stderr
    assert "not a time" in (tmp_path / "run" / "rejected.csv").read_text()


def test_a_core_is_loaded_and_evaluated_where_asked(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(tmp_path / "run")
    counts = json.loads(answer(capsys, "load", str(folder), "--run", run, "--k-core", "5", "--json"))
    assert counts["Product"] == 28  # the last product of each of the four groups is never bought
    assert f"{folder.name} 5-core, time" in answer(
        capsys, "evaluate", str(folder), "--k-core", "5", "--protocol", "time", "--models", "popular"
    )
    assert main(["load", str(folder), "--run", run, "--k-core", "6"]) == 1
    assert "no user and product have 6 events among each other" in capsys.readouterr().err


def test_a_load_into_a_store_that_does_not_answer_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = cartograph("load", str(folder), "--run", str(run), "--store", "bolt://localhost:1")
    assert done.returncode == 1
    assert "no Neo4j server answers at bolt://localhost:1" in done.stderr
    assert not run.exists()
