"""Our own folder format: the same in every kind of file, and documentation that keeps in step."""

import re
from pathlib import Path

import pandas as pd
import pytest

from cartograph.data import EVENT_TYPES, LINK_TYPES, Columns, Dataset, load
from cartograph.data.folder import TABLES
from cartograph.data.readers import SUFFIXES
from tests.bad_tables import folder_of

PAGE = Path(__file__).parents[1] / "docs" / "folder-format.md"


def shop() -> dict[str, pd.DataFrame]:
    """A small shop; ids with leading zeros, a text with a comma, a quote and a line break."""
    return {
        "products": pd.DataFrame(
            {
                "product_id": ["001", "002"],
                "title": ['Tea, "green"\nloose', "Teapot"],
                "category": ["Drinks > Tea", "Kitchen"],
                "price": [3.5, None],
                "colour": ["green", ""],
            }
        ),
        "events": pd.DataFrame(
            {
                "user_id": ["7", "7", "8"],
                "product_id": ["001", "002", "001"],
                "type": ["view", "purchase", "view"],
                "at": [1_717_156_800, 1_717_156_801, 1_717_156_799],
                "value": [None, 24.0, None],
            }
        ),
        "users": pd.DataFrame({"user_id": ["7"], "city": ["Ulm"]}),
        "links": pd.DataFrame({"source_id": ["001"], "target_id": ["002"], "type": ["also_viewed"]}),
        "reviews": pd.DataFrame(
            {
                "user_id": ["9", "7"],
                "product_id": ["001", "001"],
                "at": [1_717_156_900, 1_717_157_000],
                "rating": [5.0, None],
                "text": ['Fresh, "green";\nagain!', "zu bitter"],
            }
        ),
    }


def write(tables: dict[str, pd.DataFrame], folder: Path, suffix: str) -> Path:
    """The tables as files of one format."""
    folder.mkdir()
    for name, table in tables.items():
        path = folder / f"{name}{suffix}"
        if suffix == ".parquet":
            table.to_parquet(path)
        elif suffix.startswith(".jsonl"):
            table.to_json(path, orient="records", lines=True)
        else:
            table.to_csv(path, index=False)
    return folder


def tables_of(dataset: Dataset) -> list[pd.DataFrame]:
    return [
        dataset.products,
        dataset.events,
        dataset.users,
        dataset.product_attributes,
        dataset.user_attributes,
        dataset.links,
        dataset.reviews,
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_file_format_holds_the_same_shop(suffix: str, tmp_path: Path) -> None:
    dataset = load(write(shop(), tmp_path / "shop", suffix))
    c = Columns
    assert dataset.name == "shop"
    assert dataset.timed
    assert dataset.products[c.TITLE].tolist() == ['Tea, "green"\nloose', "Teapot"]
    assert dataset.products[c.CATEGORY].tolist() == [("Drinks", "Tea"), ("Kitchen",)]
    assert dataset.events[c.PRODUCT].tolist() == ["001", "001", "002"]
    assert dataset.events[c.AT].tolist() == [1_717_156_799, 1_717_156_800, 1_717_156_801]
    assert dataset.users[c.USER].tolist() == ["7", "8", "9"]
    assert dataset.reviews[[c.USER, c.AT, c.TEXT]].to_numpy().tolist() == [
        ["9", 1_717_156_900, 'Fresh, "green";\nagain!'],
        ["7", 1_717_157_000, "zu bitter"],
    ]
    assert dataset.reviews[c.RATING].fillna(-1).tolist() == [5.0, -1.0]
    assert dataset.product_attributes.to_numpy().tolist() == [["001", "colour", "green"]]
    assert dataset.user_attributes.to_numpy().tolist() == [["7", "city", "Ulm"]]
    assert dataset.links.to_numpy().tolist() == [["001", "002", "also_viewed"]]
    for table, expected in zip(
        tables_of(dataset), tables_of(load(write(shop(), tmp_path / "csv", ".csv"))), strict=True
    ):
        pd.testing.assert_frame_equal(table, expected)


def test_lists_are_paths_and_attributes_of_several_values(tmp_path: Path) -> None:
    lines = (
        '{"product_id": 1, "category": ["A", "B > C"], "size": ["s", "m", "s"], "new": true, "weight": 2.0}\n'
        '{"product_id": 2, "category": "A > D", "size": "l"}\n'
    )
    (tmp_path / "products.jsonl").write_text(lines)
    from_json = load(tmp_path)
    assert from_json.products[Columns.CATEGORY].tolist() == [("A", "B > C"), ("A", "D")]
    assert sorted(from_json.product_attributes.itertuples(index=False, name=None)) == [
        ("1", "new", "true"),
        ("1", "size", "m"),
        ("1", "size", "s"),
        ("1", "weight", "2"),
        ("2", "size", "l"),
    ]
    parquet = tmp_path / "parquet"
    parquet.mkdir()
    pd.DataFrame({"product_id": [1], "category": [["A", "B"]], "size": [["s", "m"]]}).to_parquet(
        parquet / "products.parquet"
    )
    assert load(parquet).products[Columns.CATEGORY].tolist() == [("A", "B")]
    assert load(parquet).product_attributes[Columns.VALUE].tolist() == ["s", "m"]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("1717156800", 1717156800),
        ("1717156800.9", 1717156800),
        ("2024-05-31T12:00:00Z", 1717156800),
        ("2024-05-31T14:00:00+02:00", 1717156800),
        ("2024-05-31 12:00", 1717156800),
        ("2024-05-31T12:00:00.5", 1717156800),
        ("2024-05-31", 1717113600),
        ("1969-12-31T23:59:59Z", -1),
    ],
)
def test_times_are_read_as_seconds_in_utc(given: str, seconds: int, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"events.csv": f"user_id,product_id,at\nann,p1,{given}\n"})
    assert load(folder).events[Columns.AT].tolist() == [seconds]


def test_parquet_times_are_read_as_seconds_in_utc(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"events.csv": None})
    at = pd.to_datetime(["2024-05-31T14:00:00.5+02:00"])
    pd.DataFrame({"user_id": ["ann"], "product_id": ["p1"], "at": at}).to_parquet(folder / "events.parquet")
    assert load(folder).events[Columns.AT].tolist() == [1717156800]


def test_the_index_that_pandas_writes_into_parquet_is_no_column(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"events.csv": None})
    events = pd.DataFrame({"user_id": ["a", "b", "c"], "product_id": ["p1", "p2", "p1"], "at": [3, 2, 1]})
    events[events["at"] != 2].to_parquet(folder / "events.parquet")
    assert load(folder).events[Columns.USER].tolist() == ["c", "a"]


def test_without_times_the_order_of_the_rows_counts(tmp_path: Path) -> None:
    rows = "user_id,product_id\nann,p2\nbob,p1\nann,p1\n"
    dataset = load(folder_of(tmp_path, {"events.csv": rows}))
    assert not dataset.timed
    assert dataset.histories(["ann"]).products.tolist() == [1, 0]
    assert set(dataset.events[Columns.TYPE]) == {"purchase"}


def test_events_are_in_the_order_of_time_then_of_the_rows(tmp_path: Path) -> None:
    rows = "user_id,product_id,at,value\nc,p1,30,3\na,p2,10,1\nb,p1,30,4\nd,p2,10,2\n"
    found = load(folder_of(tmp_path, {"events.csv": rows})).events
    assert found["user_id"].tolist() == ["a", "d", "c", "b"]
    assert found["product_id"].tolist() == ["p2", "p2", "p1", "p1"]
    assert found["value"].tolist() == [1, 2, 3, 4]


def test_a_catalogue_alone_is_a_dataset(tmp_path: Path) -> None:
    dataset = load(folder_of(tmp_path, {"events.csv": None, "users.csv": None, "links.csv": None}))
    assert (len(dataset.products), len(dataset.events), len(dataset.users)) == (3, 0, 0)


def test_the_documentation_names_every_table_column_and_format() -> None:
    c = Columns
    expected = {
        "products": set(c.PRODUCTS),
        "events": set(c.EVENTS),
        "users": set(c.USERS),
        "links": set(c.LINKS),
        "categories": {c.CATEGORY, "parent"},
        "reviews": set(c.REVIEWS),
    }
    text = PAGE.read_text(encoding="utf-8")
    documented: dict[str, set[str]] = {}
    for table, column in re.findall(r"^\| (\w+) \| `(\w+)` \|", text, flags=re.MULTILINE):
        documented.setdefault(table, set()).add(column)
    assert documented == expected
    assert tuple(documented) == TABLES
    for word in (*SUFFIXES, *EVENT_TYPES, *LINK_TYPES):
        assert f"`{word}`" in text


def test_the_example_of_the_documentation_loads(tmp_path: Path) -> None:
    block = PAGE.read_text(encoding="utf-8").split("```")[1].strip("\n").split("\n")
    start = block[0].index("events.csv")
    for name, lines in (
        ("products.csv", [line[:start].strip() for line in block[1:]]),
        ("events.csv", [line[start:].strip() for line in block[1:]]),
    ):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    dataset = load(tmp_path)
    assert dataset.products[Columns.CATEGORY].tolist() == [("Drinks", "Tea"), ("Kitchen",)]
    assert dataset.events[Columns.TYPE].tolist() == ["view", "purchase"]


def test_an_archive_beside_the_tables_is_not_looked_into(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"backup.zip": b"PK, cut short"})
    assert len(load(folder).products) == 3
