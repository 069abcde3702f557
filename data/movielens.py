"""MovieLens (GroupLens): ratings of films, as `.dat` files (1M, 10M) or CSV (20M and later)."""

from pathlib import Path

import pandas as pd

from .dataset import Columns, Dataset
from .raw import find_raw, open_raw, require_raw
from .readers import read_delimited
from .rows import BadRows, Rejected, Rows, shown
from .sources import Remote, Source
from .stream import stream_delimited
from .tables import event_table, product_tables, user_tables, with_users_of

_AGES = {
    "1": "under 18", "18": "18-24", "25": "25-34", "35": "35-44", "45": "45-49", "50": "50-55", "56": "56+",
}  # fmt: skip
_OCCUPATIONS = (
    "other", "academic or educator", "artist", "clerical or admin", "college or grad student",
    "customer service", "doctor or health care", "executive or managerial", "farmer", "homemaker",
    "K-12 student", "lawyer", "programmer", "retired", "sales or marketing", "scientist", "self-employed",
    "technician or engineer", "tradesman or craftsman", "unemployed", "writer",
)  # fmt: skip
"""What the codes of `users.dat` mean, from the README of the 1M archive."""

_TERMS = "research use; neither redistribution nor commercial use without permission (README of the archive)"
_FILES = "https://files.grouplens.org/datasets/movielens"


def _release(size: str, counts: str, md5: str) -> Source:
    return Source(
        name=f"movielens-{size}",
        description=f"MovieLens {size.upper()}: ratings of films, for comparison with the literature",
        licence=_TERMS,
        is_folder=False,
        address=f"https://grouplens.org/datasets/movielens/{size}/",
        files=("ratings.dat", "movies.dat", "users.dat") if size == "1m" else ("ratings.csv", "movies.csv"),
        counts=counts,
        remotes=(Remote(f"ml-{size}.zip", f"{_FILES}/ml-{size}.zip", f"md5:{md5}"),),
    )


RELEASES = (
    _release("1m", "6,040 users, 3,883 films, 1,000,209 ratings", "c4d9eecfca2ab87c1945afe126590906"),
    _release("20m", "138,493 users, 27,278 films, 20,000,263 ratings", "cd245b17a1ae2cc31bb14903e1204af3"),
    _release("25m", "162,541 users, 62,423 films, 25,000,095 ratings", "6b51fb2759a8657d3bfcbfc42b592ada"),
    _release("32m", "200,948 users, 87,585 films, 32,000,204 ratings", "d472be332d4daa821edc399621853b57"),
)


MOVIELENS = Source(
    name="movielens",
    description="MovieLens of any size: ratings of films",
    licence=_TERMS,
    is_folder=True,
    address="https://grouplens.org/datasets/movielens/",
    files=("ratings.dat", "movies.dat", "users.dat", "ratings.csv", "movies.csv"),
)


def is_movielens(folder: Path) -> bool:
    """Whether the folder holds films and ratings, in either form."""
    return any(
        find_raw(folder, f"movies.{kind}") and find_raw(folder, f"ratings.{kind}") for kind in ("dat", "csv")
    )


def load_movielens(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with `movies` and `ratings`; genres are attributes, the year is in the title.

    Args:
        folder: `ratings.dat`, `movies.dat` and perhaps `users.dat` (fields apart by `::`, Latin-1), or
            `ratings.csv` and `movies.csv`; unpacked or still in the archive.
        bad: What becomes of bad rows.
    """
    dat = find_raw(folder, "ratings.dat")
    if dat is not None:
        films = _dat(require_raw(folder, "movies.dat"), bad, ("movieId", "title", "genres"))
        # No field of ratings holds a colon, so that `::` reads as a colon, nothing, a colon.
        columns = ("userId", "1", "movieId", "2", "rating", "3", "timestamp")
        chunks = stream_delimited(dat, bad, delimiter=":", columns=columns, quoted=False, encoding="latin-1")
    else:
        films = read_delimited(require_raw(folder, "movies.csv"), bad)
        chunks = stream_delimited(require_raw(folder, "ratings.csv"), bad)
    films.require("movieId", "title", "genres")
    genres = films.frame["genres"].where(films.frame["genres"] != "(no genres listed)", "")
    films.frame = films.frame.assign(genre=genres.str.split("|"))
    films.drop("genres")
    films.rename({"movieId": Columns.PRODUCT, "title": Columns.TITLE})
    products, attributes = product_tables(films)
    events = pd.concat([_ratings(rows, products) for rows in chunks], ignore_index=True)
    people = find_raw(folder, "users.dat") if dat is not None else None
    users, user_attributes = _users(people, bad) if people is not None else (None, None)
    return Dataset.of(
        folder.resolve().name,
        products,
        events,
        users=with_users_of(users, events),
        product_attributes=attributes,
        user_attributes=user_attributes,
    )


def _ratings(rows: Rows, products: pd.DataFrame) -> pd.DataFrame:
    rows.drop("1", "2", "3")
    rows.rename({"userId": Columns.USER, "movieId": Columns.PRODUCT, "rating": Columns.VALUE})
    rows.rename({"timestamp": Columns.AT})
    rows.frame = rows.frame.assign(**{Columns.TYPE: "rating"})
    return event_table(rows, products)


def _users(path: Path, bad: BadRows) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = _dat(path, bad, ("userId", "gender", "age", "occupation", "zip"))
    rows.drop("zip")
    rows.rename({"userId": Columns.USER})
    occupations = {str(code): name for code, name in enumerate(_OCCUPATIONS)}
    rows.members("age", list(_AGES), "is no age group of MovieLens 1M", f"it must be one of {list(_AGES)}")
    rows.members("occupation", list(occupations), "is no occupation of MovieLens 1M", "give 0 to 20")
    rows.frame = rows.frame.assign(
        age=rows.frame["age"].map(_AGES), occupation=rows.frame["occupation"].map(occupations)
    )
    return user_tables(rows)


def _dat(path: Path, bad: BadRows, columns: tuple[str, ...]) -> Rows:
    """The rows of a small file of fields apart by `::`."""
    records: list[list[str]] = []
    lines: list[int] = []
    with open_raw(path) as file:
        for number, raw in enumerate(file, start=1):
            text = raw.decode("latin-1").strip()
            fields = [field.strip() for field in text.split("::")]
            if len(fields) == len(columns):
                records.append(fields)
                lines.append(number)
            elif text:
                problem = f"has {len(fields)} fields where {len(columns)} are expected"
                reason = f"{shown(text)} {problem}; put :: between {', '.join(columns)}"
                bad.add(Rejected(str(path), number, "", reason, text))
    return Rows(path, pd.DataFrame(records, lines, list(columns), dtype="str"), bad, int)
