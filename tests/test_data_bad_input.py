"""Every kind of bad input gets one sentence: what was given, where, what is allowed, what to do."""

import csv
import json
import logging
import re
from pathlib import Path

import pandas as pd
import pytest

from cartograph.data import DataError, load
from tests.bad_tables import BAD, EVENTS, PRODUCTS, Bad, Files, categories, events, folder_of


def test_the_good_files_load(tmp_path: Path) -> None:
    dataset = load(folder_of(tmp_path, {}))
    assert (len(dataset.products), len(dataset.events), len(dataset.users), len(dataset.links)) == (
        3,
        3,
        2,
        1,
    )
    tree = load(folder_of(tmp_path / "tree", categories("category,parent\nTea,Food\nKitchen,\nFood,\n")))
    assert tree.products["category"].tolist() == [("Food", "Tea"), ("Kitchen",)]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_input_is_answered_with_one_sentence(bad: Bad, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, bad.files)
    with pytest.raises(DataError, match=bad.says) as caught:
        load(folder)
    message = str(caught.value)
    assert message.startswith(f"{folder}/{bad.where}: " if bad.where else f"{folder}: ")
    assert "\n" not in message


@pytest.mark.parametrize("bad", [bad for bad in BAD if bad.skippable], ids=lambda bad: bad.name)
def test_a_bad_row_is_left_out_and_listed_on_request(
    bad: Bad, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, listed = folder_of(tmp_path / "shop", bad.files), tmp_path / "rejected.csv"
    with caplog.at_level(logging.WARNING, logger="cartograph.data"):
        load(folder, on_bad_row="skip", rejected=listed)
    with listed.open(newline="", encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    assert list(first) == ["file", "line", "column", "reason", "row"]
    column = f", column {first['column']}" if first["column"] else ""
    assert f"{first['file']}, line {first['line']}{column}" == f"{folder}/{bad.where}"
    assert re.search(
        bad.says.replace(", first in line 3", "").replace(", first in line 2", ""), first["reason"]
    )
    assert re.search(r"\d+ rows? rejected, see .*rejected.csv", caplog.text)


def test_skipping_bad_rows_counts_each_once_and_drops_what_depends_on_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files: Files = {
        "products.csv": PRODUCTS.replace("24,white", "-24,white"),
        "events.csv": EVENTS + "bob,p1,bought,never,\n",
    }
    rejected = tmp_path / "out" / "rejected.csv"
    dataset = load(folder_of(tmp_path / "shop", files), on_bad_row="skip", rejected=rejected)
    assert dataset.products["product_id"].tolist() == ["p1", "p3"]
    assert len(dataset.events) == 2
    with rejected.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    places = [(Path(row["file"]).name, int(row["line"]), row["column"]) for row in rows]
    assert places == [
        ("products.csv", 3, "price"),
        ("events.csv", 3, "product_id"),
        ("events.csv", 5, "type"),
        ("links.csv", 2, "target_id"),
    ]
    assert json.loads(rows[0]["row"])["title"] == "Teapot"
    assert f"4 rows rejected, see {rejected}" in caplog.text


def test_a_load_that_fails_writes_no_file_of_rejected_rows(tmp_path: Path) -> None:
    files: Files = {**events("bob,p9,view,2024-06-01,"), "links.csv": ""}
    rejected = tmp_path / "rejected.csv"
    with pytest.raises(DataError, match=r"links\.csv: the file is empty"):
        load(folder_of(tmp_path / "shop", files), on_bad_row="skip", rejected=rejected)
    assert not rejected.exists()


def test_a_clean_load_overwrites_an_older_list_with_an_empty_one(tmp_path: Path) -> None:
    rejected = tmp_path / "rejected.csv"
    rejected.write_text("an older list")
    load(folder_of(tmp_path / "shop", {}), on_bad_row="skip", rejected=rejected)
    assert rejected.read_text().split() == ["file,line,column,reason,row"]


def test_an_unknown_source_names_the_nearest() -> None:
    with pytest.raises(
        DataError, match="'complete-journey' is neither a folder nor a known name; did you mean"
    ):
        load("complete-journey")
    with pytest.raises(DataError, match="give a folder or a name of `cartograph datasets`"):
        load("/nowhere/at/all")


def test_a_file_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text(PRODUCTS)
    with pytest.raises(DataError, match=r"products.csv' is a file, not a folder; give a folder"):
        load(tmp_path / "products.csv")


def test_a_wrong_choice_for_bad_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="on_bad_row is 'ignore'; it must be 'error' or 'skip'"):
        load(tmp_path, on_bad_row="ignore")  # type: ignore[arg-type]


def test_a_parquet_row_is_counted_as_a_row(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"events.csv": None})
    pd.DataFrame({"user_id": ["a", "b"], "product_id": ["p1", "p1"], "at": [1.0, float("nan")]}).to_parquet(
        folder / "events.parquet"
    )
    with pytest.raises(DataError, match=r"events.parquet, row 2, column at: '' is not a time"):
        load(folder)


def test_a_parquet_column_of_records_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"products.csv": None})
    pd.DataFrame({"product_id": ["p1"], "title": [{"en": "Cup"}]}).to_parquet(folder / "products.parquet")
    with pytest.raises(DataError, match=r"products.parquet: column 'title' holds struct<.*>; give text"):
        load(folder)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("sequences.txt", "u1 1 2\nu2\n", r"sequences.txt, line 2: 'u2' has no product; give user item item"),
        ("sequences.txt", "u1 1 2\nu1 2\n", r"sequences.txt, line 2, column user_id: 'u1' is given twice"),
        (
            "sequences.txt",
            "u1 1\n\nu2 1 9\n",
            r"sequences.txt, line 3, column product_id: '9' is not a known",
        ),
        (
            "items.jsonl",
            '{"asin": "B1", "title": "Tea"}\n',
            r"items.jsonl, line 1: there is no column 'item_id'",
        ),
        ("items.jsonl", '{"item_id": 1}\n', r"items.jsonl, line 1, column item_id: '1' has no text"),
        ("also_bought.tsv", "1\t2\n1\t3\n", r"also_bought.tsv, line 2, column target_id: '3' is not a known"),
    ],
)
def test_sequence_files_are_checked_alike(file: str, content: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "sequences.txt").write_text("u1 1 2\n")
    (tmp_path / "items.jsonl").write_text('{"item_id": 1, "title": "Tea"}\n{"item_id": 2, "title": "Pot"}\n')
    (tmp_path / file).write_text(content)
    with pytest.raises(DataError, match=sentence):
        load(tmp_path, links=True)
