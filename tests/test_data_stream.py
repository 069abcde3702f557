"""Large files are read block by block, and a bad row is still named by its line."""

import gzip
import json
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartograph.data import DataError, raw
from cartograph.data.json_lines import stream_json
from cartograph.data.raw import find_raw, open_raw, require_raw
from cartograph.data.rows import BadRows
from cartograph.data.stream import stream_delimited

SCHEMA = pa.schema(
    [("id", pa.string()), ("stars", pa.float64()), ("tags", pa.list_(pa.string())),
     ("more", pa.struct([("colour", pa.string())]))]
)  # fmt: skip


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 200 bytes, so that small files have several."""
    monkeypatch.setattr(raw, "BLOCK", 200)


def written(path: Path, text: str | bytes) -> Path:
    """`text` in a file, packed as the name says."""
    data = text.encode() if isinstance(text, str) else text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def rows_of(path: Path, bad: BadRows | None = None, **options: object) -> pd.DataFrame:
    parts = [rows.frame for rows in stream_delimited(path, bad or BadRows(), **options)]  # type: ignore[arg-type]
    return pd.concat(parts)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_the_blocks_of_a_file_make_up_the_whole(tmp_path: Path, name: str) -> None:
    text = "a,b\n" + "".join(f"{i},x{i}\n" for i in range(500))
    frame = rows_of(written(tmp_path / name, text))
    assert frame["a"].tolist() == [str(i) for i in range(500)]
    assert frame.index.tolist() == list(range(2, 502))


def test_lines_are_counted_through_quoted_line_breaks_blank_lines_and_broken_rows(tmp_path: Path) -> None:
    filler = "".join(f"{i},y\n" for i in range(100))
    text = f'a,b\n"1\n2",x\n\n{filler}1,2,3\nlast,"p\nq"\nend,z\nz\n'
    bad = BadRows("skip")
    frame = rows_of(written(tmp_path / "t.csv", text), bad)
    lines = {str(value): int(str(line)) for line, value in frame["a"].items()}
    assert lines["1\n2"] == 2
    assert lines["0"] == 5
    assert lines["99"] == 104
    assert [(row.line, row.reason.split(";")[0]) for row in bad.rejected] == [
        (105, "'1,2,3' has 3 fields where 2 are expected"),
        (109, "'z' has 1 fields where 2 are expected"),
    ]
    assert lines["last"] == 106
    assert lines["end"] == 108


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(["1,2", '"a\nb",c', "", "too,many,fields", "x,y" + "z" * 150]), min_size=1
    ).filter(lambda lines: any(lines))
)
def test_every_row_is_known_by_the_line_it_starts_in(
    tmp_path_factory: pytest.TempPathFactory, records: list[str]
) -> None:
    path = written(tmp_path_factory.mktemp("t") / "t.csv", "a,b\n" + "\n".join(records) + "\n")
    starts, line = [], 2
    for record in records:
        starts.append(line)
        line += 1 + record.count("\n")
    bad = BadRows("skip")
    parts = [rows.frame for rows in stream_delimited(path, bad)]
    kept = [int(str(i)) for part in parts for i in part.index]
    wanted = zip(starts, records, strict=True)
    good = [start for start, record in wanted if record not in ("", "too,many,fields")]
    assert kept == good
    assert [row.line for row in bad.rejected] == [
        start for start, record in zip(starts, records, strict=True) if record == "too,many,fields"
    ]


def test_bytes_in_another_encoding_are_named_or_read_as_told(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", ("a,b\n" + "1,2\n" * 80 + "é,2\n").encode("latin-1"))
    with pytest.raises(DataError, match=r"t\.csv, line 82: byte 0xe9 is not UTF-8; save the file as UTF-8"):
        rows_of(path)
    assert rows_of(path, encoding="latin-1")["a"].iloc[-1] == "é"


def test_an_empty_file_and_an_endless_quote_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the file is empty"):
        rows_of(written(tmp_path / "t.csv", ""))
    with pytest.raises(DataError, match="look for a quote that is never closed"):
        rows_of(written(tmp_path / "q.csv", "a,b\n" + '"x,y\n' + "1,2\n" * 400))


def test_a_damaged_gzip_file_is_one_sentence(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{i * 7919},{i}\n" for i in range(20_000)).encode())
    (tmp_path / "t.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        DataError, match=r"t\.csv\.gz: the gzip file is cut short or damaged .*; copy it again"
    ):
        rows_of(tmp_path / "t.csv.gz", columns=("a", "b"))


def objects(path: Path, bad: BadRows | None = None) -> list[tuple[int, dict[str, object]]]:
    parts = list(stream_json(path, bad or BadRows(), SCHEMA))
    return [(int(n), row) for table, lines in parts for n, row in zip(lines, table.to_pylist(), strict=True)]


def test_json_lines_are_read_field_by_field(tmp_path: Path) -> None:
    records = [{"id": f"p{i}", "stars": i / 2, "tags": ["x"], "ignored": {"deep": i}} for i in range(100)]
    path = written(tmp_path / "t.json.gz", "\n".join(map(json.dumps, records)))
    read = objects(path)
    assert [line for line, _ in read] == list(range(1, 101))
    assert read[3][1] == {"id": "p3", "stars": 1.5, "tags": ["x"], "more": None}


def test_a_field_that_changes_its_type_is_made_to_fit(tmp_path: Path) -> None:
    lines = [
        '{"id": "a", "stars": 4}',
        '{"id": 17, "stars": "3.5", "tags": "one", "more": ""}',
        '{"id": "\\ud83d"}',
    ]
    read = objects(written(tmp_path / "t.json", "\n".join(lines) + "\n"))
    assert [row for _, row in read] == [
        {"id": "a", "stars": 4.0, "tags": None, "more": None},
        {"id": "17", "stars": 3.5, "tags": ["one"], "more": None},
        {"id": "?", "stars": None, "tags": None, "more": None},
    ]


def test_python_dicts_are_read_as_literals_and_never_executed(tmp_path: Path) -> None:
    lines = ["{'id': 'a', 'more': {'colour': \"red\"}}", "{'id': __import__('os').getcwd()}"]
    bad = BadRows("skip")
    read = objects(written(tmp_path / "t.json.gz", "\n".join(lines) + "\n"), bad)
    assert [row["more"] for _, row in read] == [{"colour": "red"}]
    assert bad.rejected[0].line == 2
    assert "is not an object (malformed node or string" in bad.rejected[0].reason


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ('{"id": "a"', "", "is not an object"),
        ("[1]", "", "'\\[1\\]' is not an object; give one a line"),
        ('{"id": "a", "stars": "many"}', "stars", "'many' is not a number; give digits"),
        ('{"id": ["a"]}', "id", r"\['a'\] is not one text; give text or a number"),
        ('{"id": "a", "more": 5}', "more", "5 is not an object; give one, or leave the field out"),
    ],
)
def test_a_bad_line_is_named_among_thousands(tmp_path: Path, line: str, column: str, says: str) -> None:
    good = '{"id": "a", "stars": 1}\n'
    path = written(tmp_path / "t.json", good * 3000 + line + "\n" + good * 10)
    where = ", column " + column if column else ""
    with pytest.raises(DataError, match=f"t.json, line 3001{where}: .*{says}"):
        objects(path)
    bad = BadRows("skip")
    assert len(objects(path, bad)) == 3010
    assert [row.line for row in bad.rejected] == [3001]


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "t.json", b'{"id": "a"}\n{"id": "\xe9"}\n')
    with pytest.raises(DataError, match=r"t\.json, line 2: byte 0xe9 is not UTF-8"):
        objects(path)


def test_a_file_is_found_plain_packed_or_in_an_archive(tmp_path: Path) -> None:
    assert find_raw(tmp_path, "a.csv") is None
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("inner/a.csv", "x,y\n1,2\n")
    path = require_raw(tmp_path, "a.csv")
    assert path == tmp_path / "all.zip" / "inner" / "a.csv"
    assert rows_of(path)["x"].tolist() == ["1"]
    written(tmp_path / "a.csv.gz", "x,y\n3,4\n")
    assert rows_of(require_raw(tmp_path, "a.csv"))["x"].tolist() == ["3"]
    with pytest.raises(DataError, match=r"there is no b\.csv, b\.csv\.gz, nor a zip archive that holds it"):
        require_raw(tmp_path, "b.csv")


def test_a_damaged_archive_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(b"PK not really")
    with pytest.raises(DataError, match=r"all\.zip: the zip archive is cut short or damaged"):
        find_raw(tmp_path, "a.csv")
    with pytest.raises(DataError, match="cannot be read"), open_raw(tmp_path / "none.csv"):
        pass
