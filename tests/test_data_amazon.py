"""The three publications of Amazon Reviews, each on a few lines in exactly its format."""

import gzip
import json
from pathlib import Path

import pytest

from cartograph.data import Columns, DataError, Dataset, load
from tests.test_data_loaders import LoaderContract


def gz(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))


def old_review(user: str, asin: str, stars: float, at: int) -> str:
    """A review of 2014; those of 2018 have `verified`, `style` and `vote` instead of `helpful`."""
    return json.dumps(
        {"reviewerID": user, "asin": asin, "reviewerName": "J. \"Mac\" D.", "helpful": [2, 3],
         "reviewText": "Great.<br />Really.", "overall": stars, "summary": "Good &amp; solid",
         "unixReviewTime": at,
         "reviewTime": "09 13, 2009"}
    )  # fmt: skip


METADATA_2014 = [
    repr(
        {"asin": "0000031852", "title": "Girls' Ballet Tutu &amp; \"Bow\"", "price": 3.17,
         "imUrl": "http://ecx.images-amazon.com/images/I/51fAmVkTbyL._SY300_.jpg",
         "related": {"also_bought": ["B00JHONN1S", "0000031887"], "also_viewed": ["0000031887"],
                     "bought_together": ["B002BZX8Z6"]},
         "salesRank": {"Toys & Games": 211836}, "brand": "Coxlures",
         "categories": [["Sports & Outdoors", "Other Sports", "Dance"], ["Clothing"]]}
    ),
    repr({"asin": "0000031887", "description": "Ballet <b>Dress</b>", "categories": [["Clothing"]]}),
    repr({"asin": "0000000001", "categories": [[""]]}),
]  # fmt: skip


def write_2014(folder: Path) -> Path:
    reviews = [
        old_review("A2", "0000031887", 4.0, 1252800000),
        old_review("A1", "0000031852", 5.0, 1252800001),
        old_review("A1", "B000NOMETA", 1.0, 1252800002),
    ]
    gz(folder / "reviews_Toys_and_Games_5.json.gz", reviews)
    gz(folder / "meta_Toys_and_Games.json.gz", METADATA_2014)
    return folder


class Test2014(LoaderContract):
    n_users, n_products, n_events, n_attributes = 2, 4, 3, 0
    timed = True

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        return load(write_2014(tmp_path))

    def test_metadata_are_python_dicts(self, dataset: Dataset) -> None:
        first = dataset.products.drop(columns=Columns.STOCK).iloc[0]
        assert first.tolist() == [
            "0000031852", "Girls' Ballet Tutu & \"Bow\"", "", "Coxlures",
            ("Sports & Outdoors", "Other Sports", "Dance"), 3.17,
            "http://ecx.images-amazon.com/images/I/51fAmVkTbyL._SY300_.jpg",
        ]  # fmt: skip
        assert dataset.products[Columns.DESCRIPTION].iloc[1] == "Ballet Dress"

    def test_products_without_any_text_are_called_by_their_id(self, dataset: Dataset) -> None:
        assert dataset.products[Columns.TITLE].tolist()[2:] == ["product 0000000001", "product B000NOMETA"]

    def test_links_are_read_when_asked_for_and_lead_to_known_products(self, tmp_path: Path) -> None:
        links = load(write_2014(tmp_path), links=True).links
        assert links.to_numpy().tolist() == [
            ["0000031852", "0000031887", "also_bought"], ["0000031852", "0000031887", "also_viewed"],
        ]  # fmt: skip

    def test_reviews_are_read_when_asked_for(self, dataset: Dataset, tmp_path: Path) -> None:
        assert dataset.reviews.empty
        reviews = load(write_2014(tmp_path), reviews=True).reviews
        assert reviews.to_numpy().tolist() == [
            [user, product, at, stars, "Good & solid\nGreat. Really."]
            for user, product, at, stars in (
                ("A2", "0000031887", 1252800000, 4.0),
                ("A1", "0000031852", 1252800001, 5.0),
                ("A1", "B000NOMETA", 1252800002, 1.0),
            )
        ]


def write_2018(folder: Path) -> Path:
    gz(folder / "Gift_Cards.json.gz", [old_review("A1", "B1", 5.0, 1529193600)])
    metadata = [
        {"category": ["Gift Cards", "Gift Cards"], "description": ["For <br />you", "and me"], "title": " A ",
         "also_buy": ["B2", "B1"], "brand": "by\n    \n    Amazon", "rank": "1,786 in Gift Cards (",
         "also_view": [], "details": {"\n ASIN: ": "B1"}, "price": "$1,025.50", "asin": "B1",
         "imageURL": ["https://x/1.jpg", "https://x/2.jpg"]},
        {"category": [], "description": "", "title": "B", "rank": [], "price": "$5.99 - $20.00", "asin": "B2",
         "imageURL": [], "also_buy": [], "also_view": ["B1"]},
        {"category": [], "description": [], "title": "again", "asin": "B2"},
    ]  # fmt: skip
    gz(folder / "meta_Gift_Cards.json.gz", [json.dumps(row) for row in metadata])
    return folder


class Test2018(LoaderContract):
    n_users, n_products, n_events, n_attributes = 1, 2, 1, 0
    timed = True

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        return load(write_2018(tmp_path))

    def test_the_facts_of_a_product_are_clean(self, dataset: Dataset) -> None:
        assert dataset.products.drop(columns=Columns.STOCK).iloc[0].tolist() == [
            "B1", "A", "For you and me", "Amazon", ("Gift Cards",), 1025.5, "https://x/1.jpg",
        ]  # fmt: skip

    def test_the_first_row_of_a_product_counts_and_a_price_range_is_no_price(self, dataset: Dataset) -> None:
        second = dataset.products.iloc[1]
        assert second[Columns.TITLE] == "B"
        assert second[[Columns.PRICE]].isna().all()

    def test_links_are_read_when_asked_for(self, tmp_path: Path) -> None:
        links = load(write_2018(tmp_path), links=True).links
        assert links.to_numpy().tolist() == [["B1", "B2", "also_bought"], ["B2", "B1", "also_viewed"]]


def write_2023(folder: Path) -> Path:
    review = {
        "rating": 5.0, "title": "Such", "text": "nice\n", "images": [], "asin": "B00YQ6X8EO",
        "parent_asin": "B07G9GWFSM", "user_id": "AGKHLEW2SOWHNMFQIJGBECAF7INQ", "timestamp": 1588687728923,
        "helpful_vote": 0, "verified_purchase": True,
    }  # fmt: skip
    gz(folder / "All_Beauty.jsonl.gz", [json.dumps(review)])
    metadata = [
        {"main_category": "All Beauty", "title": "Toenails", "average_rating": 3.7, "rating_number": 35,
         "features": ["Long or short"], "description": [], "price": 6.99,
         "images": [{"thumb": "t", "large": "https://m/L.jpg", "variant": "MAIN", "hi_res": None}],
         "videos": [], "store": "Lurrose", "categories": [],
         "details": {"Color": "As Shown", "Material": "ABS", "Brand": "Other", "UPC": "799768026253"},
         "parent_asin": "B07G9GWFSM", "bought_together": None},
        {"main_category": None, "title": "Soap", "features": [], "description": ["Soft", "soap"],
         "price": "—", "images": [], "store": None, "categories": ["Beauty", "Soap"],
         "details": {"Brand": "Howard"}, "parent_asin": "B01CUPMQZE", "bought_together": None},
    ]  # fmt: skip
    gz(folder / "meta_All_Beauty.jsonl.gz", [json.dumps(row) for row in metadata])
    return folder


class Test2023(LoaderContract):
    n_users, n_products, n_events, n_attributes = 1, 2, 1, 2
    timed = True

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        return load(write_2023(tmp_path))

    def test_times_are_milliseconds_and_products_parents(self, dataset: Dataset) -> None:
        assert dataset.events.to_numpy().tolist() == [
            ["AGKHLEW2SOWHNMFQIJGBECAF7INQ", "B07G9GWFSM", "rating", 1588687728, 5.0]
        ]

    def test_reviews_are_read_when_asked_for(self, tmp_path: Path) -> None:
        assert load(write_2023(tmp_path), reviews=True).reviews.to_numpy().tolist() == [
            ["AGKHLEW2SOWHNMFQIJGBECAF7INQ", "B07G9GWFSM", 1588687728, 5.0, "Such\nnice"]
        ]

    def test_the_facts_of_a_product_come_from_where_they_are(self, dataset: Dataset) -> None:
        assert dataset.products.drop(columns=Columns.STOCK).iloc[0].tolist() == [
            "B07G9GWFSM", "Toenails", "Long or short", "Lurrose", ("All Beauty",), 6.99, "https://m/L.jpg",
        ]  # fmt: skip
        assert dataset.products.iloc[1].tolist()[:5] == [
            "B01CUPMQZE", "Soap", "Soft soap", "Howard", ("Beauty", "Soap"),
        ]  # fmt: skip
        assert dataset.products[Columns.PRICE].isna().tolist() == [False, True]
        assert dataset.product_attributes.to_numpy().tolist() == [
            ["B07G9GWFSM", "color", "As Shown"], ["B07G9GWFSM", "material", "ABS"],
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (old_review("", "B1", 5.0, 1529193600), "line 2, column reviewerID: '' is empty"),
        (old_review("A1", "B1", 5.0, 1529193600000), "line 2, column unixReviewTime: .* not from 1900"),
        ('{"reviewerID": "A1", "asin": "B1", "overall": "good", "unixReviewTime": 1}',
         "line 2, column overall: 'good' is not a number"),
        ('{"reviewerID": "A1"', r"line 2: .* is not an object"),
    ],
)  # fmt: skip
def test_a_bad_review_is_named_or_left_out(tmp_path: Path, line: str, says: str) -> None:
    folder = write_2018(tmp_path)
    gz(folder / "Gift_Cards.json.gz", [old_review("A1", "B1", 5.0, 1529193600), line])
    with pytest.raises(DataError, match=rf"Gift_Cards\.json\.gz, {says}"):
        load(folder)
    rejected = tmp_path / "rejected.csv"
    good = load(folder, on_bad_row="skip", rejected=rejected, reviews=True)
    assert len(good.events) == len(good.reviews) == 1
    assert "Gift_Cards.json.gz,2," in rejected.read_text()


def test_metadata_without_an_id_are_named(tmp_path: Path) -> None:
    folder = write_2018(tmp_path)
    gz(folder / "meta_Gift_Cards.json.gz", ['{"title": "A", "category": []}'])
    with pytest.raises(DataError, match=r"meta_Gift_Cards\.json\.gz, line 1, column asin: '' is empty"):
        load(folder)


def test_a_folder_holds_one_category(tmp_path: Path) -> None:
    folder = write_2018(tmp_path)
    gz(folder / "Software_5.json.gz", [old_review("A1", "B1", 5.0, 1529193600)])
    says = "one file of reviews .*, found Gift_Cards.json.gz and Software_5.json.gz; keep one category here"
    with pytest.raises(DataError, match=says):
        load(folder)
