"""MovieLens and RecBole's files, each on a few lines in exactly their format."""

import gzip
from pathlib import Path
from typing import ClassVar

import pytest

from cartograph.data import Columns, DataError, Dataset, load
from tests.public_files import Files, PublicContract, written, zipped
from tests.test_data_loaders import LoaderContract


class MovieLensContract(PublicContract):
    """The same three ratings in both forms."""

    n_users, n_products, n_events, n_attributes = 2, 3, 3, 3
    timed = True

    def test_genres_are_attributes(self, dataset: Dataset) -> None:
        assert dataset.product_attributes.to_numpy().tolist() == [
            ["1", "genre", "Animation"], ["1", "genre", "Children's"], ["3", "genre", "Comedy"],
        ]  # fmt: skip
        assert dataset.products[Columns.TITLE].tolist()[1:] == [
            "City of Lost Children: Cité (1995)",
            "It (1990)",
        ]

    def test_ratings_keep_value_and_time(self, dataset: Dataset) -> None:
        assert dataset.events.to_numpy().tolist() == [
            ["2", "3", "rating", 978300000, 3.0],
            ["1", "1", "rating", 978300760, 5.0],
            ["1", "2", "rating", 978302109, 3.0],
        ]


class TestMovieLens1M(MovieLensContract):
    files: ClassVar[Files] = {
        "ratings.dat": "1::1::5::978300760\n1::2::3::978302109\n2::3::3::978300000\n",
        "movies.dat": (
            "1::Toy Story (1995)::Animation|Children's\n2::City of Lost Children: Cité (1995)::\n"
            "3::It (1990)::Comedy\n"
        ).encode("latin-1"),
        "users.dat": "1::F::1::10::48067\n2::M::56::16::70072\n",
    }
    bad = ("ratings.dat", "2::9::3::978300000", "column movieId: '9' is not a known product")

    def test_codes_of_users_are_words(self, dataset: Dataset) -> None:
        assert dataset.user_attributes[Columns.VALUE].tolist() == [
            "F", "M", "under 18", "56+", "K-12 student", "self-employed",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("file", "line", "says"),
        [
            ("users.dat", "3::M::17::1::0", "column age: '17' is no age group of MovieLens 1M"),
            ("users.dat", "3::M::18::21::0", "column occupation: '21' is no occupation"),
            ("movies.dat", "4::Heat", "'4::Heat' has 2 fields where 3 are expected; put :: between movieId"),
        ],
    )
    def test_bad_rows_of_the_small_files_are_named(
        self, tmp_path: Path, file: str, line: str, says: str
    ) -> None:
        folder = written(tmp_path, self.files)
        with (folder / file).open("a") as appended:
            appended.write(line + "\n")
        with pytest.raises(DataError, match=rf"{file}, line [34].*{says}"):
            load(folder)


class TestMovieLens20M(MovieLensContract):
    files: ClassVar[Files] = {
        "ratings.csv": "userId,movieId,rating,timestamp\n1,1,5.0,978300760\n1,2,3.0,978302109\n"
        "2,3,3.0,978300000\n",
        "movies.csv": "movieId,title,genres\n1,Toy Story (1995),Animation|Children's\n"
        '2,"City of Lost Children: Cité (1995)",(no genres listed)\n3,It (1990),Comedy\n',
        "tags.csv": "userId,movieId,tag,timestamp\n1,1,fun,978300760\n",
        "links.csv": "movieId,imdbId,tmdbId\n1,0114709,862\n",
    }
    bad = ("ratings.csv", "2,3,three,978300000", "column rating: 'three' is not a number")


class TestRecBole(LoaderContract):
    n_users, n_products, n_events, n_attributes = 3, 3, 3, 5
    timed = True
    files: ClassVar[Files] = {
        "ml.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "1\t1193\t5\t978300760\n1\t661\t3\t978302109\n2\t9\t4.5\t978300000\n",
        "ml.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\tv:float_seq\n"
        '1193\tOne "Flew" Over\t1975\tDrama\t0.1 0.2\n661\tJames and Peach\t1996\tAnimation Comedy\t0 1\n',
        "ml.user": "user_id:token\tage:token\n1\t1\n3\t18\n",
    }

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        return load(written(tmp_path, self.files))

    def test_token_sequences_are_several_values_and_titles_stay_whole(self, dataset: Dataset) -> None:
        assert dataset.products[Columns.TITLE].tolist() == ['One "Flew" Over', "James and Peach", "product 9"]
        assert dataset.product_attributes.to_numpy().tolist() == [
            ["1193", "release_year", "1975"], ["661", "release_year", "1996"],
            ["1193", "class", "Drama"], ["661", "class", "Animation"], ["661", "class", "Comedy"],
        ]  # fmt: skip
        assert set(dataset.events[Columns.TYPE]) == {"rating"}
        assert len(dataset.user_attributes) == 2

    def test_sessions_without_times_and_items_keep_their_order(self, tmp_path: Path) -> None:
        dataset = load(written(tmp_path, {"s.inter": "session_id:token\titem_id:token\na\t2\nb\t1\na\t1\n"}))
        assert not dataset.timed
        assert dataset.events[Columns.PRODUCT].tolist() == ["2", "1", "1"]
        assert set(dataset.events[Columns.TYPE]) == {"purchase"}

    @pytest.mark.parametrize(
        ("file", "content", "says"),
        [
            (
                "ml.inter",
                "user_id\titem_id:token\n1\t2\n",
                "line 1: column 'user_id' has no type; write NAME:TYPE",
            ),
            ("ml.inter", "user:token\titem_id:token\n1\t2\n", "there is no column 'user_id' among"),
            ("ml.item", "id:token\n1\n", "there is no column 'item_id' among"),
            (
                "ml.inter",
                "user_id:token\titem_id:token\n1\t2\n1\t\n",
                "line 3, column item_id:token: '' is empty",
            ),
        ],
    )
    def test_bad_files_are_answered_with_one_sentence(
        self, tmp_path: Path, file: str, content: str, says: str
    ) -> None:
        with pytest.raises(DataError, match=f"{file}, .*{says}"):
            load(written(tmp_path, {**self.files, file: content}))

    def test_one_dataset_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(
            DataError, match=r"there are a\.inter and ml\.inter; keep one dataset in a folder"
        ):
            load(written(tmp_path, {**self.files, "a.inter": ""}))


def test_gzipped_files_are_read_as_well(tmp_path: Path) -> None:
    files: Files = {
        f"{name}.gz": gzip.compress(str(content).encode()) for name, content in TestMovieLens20M.files.items()
    }
    assert len(load(written(tmp_path, files)).events) == 3


def test_a_named_dataset_whose_archive_is_there_is_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTOGRAPH_DATASETS", str(tmp_path))
    inside = {f"ml-1m/{name}": content for name, content in TestMovieLens1M.files.items()}
    written(tmp_path / "movielens-1m", {"ml-1m.zip": zipped(inside)})
    dataset = load("movielens-1m")
    assert (dataset.name, len(dataset.events)) == ("movielens-1m", 3)
