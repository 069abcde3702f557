"""Public datasets of shops other than Amazon, each on a few lines in exactly the format of its files."""

import io
import sys
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from cartograph.data import Columns, DataError, Dataset, load
from tests.public_files import Files, PublicContract, written, zipped
from tests.test_data_loaders import LoaderContract


class TestRetailRocket(PublicContract):
    n_users, n_products, n_events, n_attributes = 2, 4, 4, 2
    timed = True
    files: ClassVar[Files] = {
        "events.csv": """timestamp,visitorid,event,itemid,transactionid
1433221332117,257597,view,355908,
1433224214164,992329,view,248676,
1433224214999,992329,addtocart,248676,
1433225000000,992329,transaction,111,4000
""",
        "item_properties_part1.csv": """timestamp,itemid,property,value
1435460400000,460429,categoryid,1338
1441508400000,355908,888,1116713 960601 n277.200
1439089200000,355908,400,n552.000 639502 n720.000 424566
1431226800000,355908,790,n15360.000
1435460400000,248676,175,809
""",
        "item_properties_part2.csv": """timestamp,itemid,property,value
1431226800000,248676,175,808
1431831600000,355908,790,n99.000
1431226800000,248676,available,1
1431226800000,460429,6,1
""",
        "category_tree.csv": "categoryid,parentid\n1016,213\n213,\n1338,1016\n5,77\n",
    }
    bad = ("events.csv", "1433225000001,1,click,111,", "'click' is no event here; it must be one of view")

    def test_events_are_views_carts_and_purchases_in_seconds(self, dataset: Dataset) -> None:
        assert dataset.events[Columns.TYPE].tolist() == ["view", "view", "cart", "purchase"]
        assert dataset.events[Columns.AT].iloc[0] == 1433221332

    def test_the_earliest_snapshot_counts(self, dataset: Dataset) -> None:
        products = dataset.products.set_index(Columns.PRODUCT)
        assert products.loc["460429", Columns.CATEGORY] == ("category 213", "category 1016", "category 1338")
        assert products.loc["355908", Columns.PRICE] == 15360
        assert products.loc["355908", Columns.TITLE] == "product 355908"
        assert products.loc["111", Columns.TITLE] == "product 111"
        assert sorted(dataset.product_attributes.to_numpy().tolist()) == [
            ["248676", "property 175", "808"], ["460429", "property 6", "1"],
        ]  # fmt: skip


ARTICLES = (
    "article_id,product_code,prod_name,product_type_no,product_type_name,product_group_name,"
    "graphical_appearance_no,graphical_appearance_name,colour_group_code,colour_group_name,"
    "perceived_colour_value_id,perceived_colour_value_name,perceived_colour_master_id,"
    "perceived_colour_master_name,department_no,department_name,index_code,index_name,index_group_no,"
    "index_group_name,section_no,section_name,garment_group_no,garment_group_name,detail_desc\n"
)


class TestHM(PublicContract):
    n_users, n_products, n_events, n_attributes = 2, 1, 2, 8
    timed = True
    files: ClassVar[Files] = {
        "articles.csv": ARTICLES
        + "0108775015,0108775,Strap top,253,Vest top,Garment Upper body,1010016,Solid,"
        "09,Black,4,Dark,5,Black,1676,Jersey Basic,A,Ladieswear,1,Ladieswear,16,Womens Everyday Basics,1002,"
        'Jersey Basic,"Jersey top with narrow shoulder straps, ""soft""."\n',
        "customers.csv": "customer_id,FN,Active,club_member_status,fashion_news_frequency,age,postal_code\n"
        "00000dbacae5,,,ACTIVE,NONE,49.0,52043ee2162c\n0000423b00ad,1.0,1.0,,Regularly,25.0,2973abc54daa\n",
        "transactions_train.csv": "t_dat,customer_id,article_id,price,sales_channel_id\n"
        "2018-09-20,00000dbacae5,0108775015,0.0508305084745762,2\n"
        "2018-09-21,00000dbacae5,0108775015,0.0305,1\n",
    }
    bad = ("transactions_train.csv", "2018-09-22,x,0000000000,0.1,1", "'0000000000' is not a known product")

    def test_ids_keep_their_zeros_and_codes_are_left_out(self, dataset: Dataset) -> None:
        first = dataset.products.iloc[0].tolist()
        assert first[:2] == ["0108775015", "Strap top"]
        assert first[2] == 'Jersey top with narrow shoulder straps, "soft".'
        assert first[4] == ("Ladieswear", "Garment Upper body", "Vest top")
        keys = set(dataset.product_attributes[Columns.KEY])
        assert "colour_group" in keys
        assert not any(key.endswith(("_no", "_code", "_id")) for key in keys)

    def test_customers_have_their_age_and_club(self, dataset: Dataset) -> None:
        mine = dataset.user_attributes[dataset.user_attributes[Columns.USER] == "00000dbacae5"]
        assert dict(zip(mine[Columns.KEY], mine[Columns.VALUE], strict=True)) == {
            "club_member_status": "ACTIVE", "fashion_news_frequency": "NONE", "age": "49.0",
        }  # fmt: skip


class TestInstacart(PublicContract):
    n_users, n_products, n_events, n_attributes = 2, 2, 4, 0
    timed = False
    files: ClassVar[Files] = {
        "orders.csv": "order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,"
        "days_since_prior_order\n"
        "2398795,1,prior,2,3,07,15.0\n2539329,1,prior,1,2,08,\n1187899,1,train,3,4,08,14.0\n"
        "5,2,prior,1,2,11,\n7,2,test,2,2,11,30.0\n",
        "order_products__prior.csv": "order_id,product_id,add_to_cart_order,reordered\n"
        "2398795,196,1,1\n2539329,196,1,0\n5,10,1,0\n",
        "order_products__train.csv": "order_id,product_id,add_to_cart_order,reordered\n1187899,10,1,0\n",
        "products.csv": "product_id,product_name,aisle_id,department_id\n196,Soda,77,7\n"
        '10,"Tea, ""green""",94,7\n',
        "aisles.csv": "aisle_id,aisle\n77,soft drinks\n94,tea\n",
        "departments.csv": "department_id,department\n7,beverages\n",
    }
    bad = (
        "order_products__train.csv",
        "999,10,1,0",
        r"column order_id: '999' is not in orders\.csv; add the",
    )

    def test_archives_of_one_file_each_are_read_as_kaggle_gives_them(
        self, dataset: Dataset, tmp_path: Path
    ) -> None:
        packed: Files = {f"{name}.zip": zipped({name: content}) for name, content in self.files.items()}
        packed["products.csv"] = self.files["products.csv"]
        assert load(written(tmp_path / "packed", packed)).events.equals(dataset.events)

    def test_the_number_of_the_order_is_the_moment(self, dataset: Dataset) -> None:
        history = dataset.histories(["1"])
        ids = dataset.products[Columns.PRODUCT].iloc[history.products].tolist()
        assert (ids, history.at.tolist()) == (["196", "196", "10"], [1, 2, 3])

    def test_department_and_aisle_are_the_category(self, dataset: Dataset) -> None:
        assert dataset.products[Columns.CATEGORY].tolist() == [
            ("beverages", "soft drinks"), ("beverages", "tea"),
        ]  # fmt: skip
        assert dataset.products[Columns.TITLE].tolist()[1] == 'Tea, "green"'


class TestOlist(PublicContract):
    n_users, n_products, n_events, n_attributes = 2, 2, 3, 0
    timed = True
    files: ClassVar[Files] = {
        "olist_orders_dataset.csv": '"order_id","customer_id","order_status","order_purchase_timestamp",'
        '"order_approved_at"\n"o1","c1","delivered","2017-10-02 10:56:33","2017-10-02 11:07:15"\n'
        '"o2","c2","canceled","2018-07-24 20:41:37",\n',
        "olist_order_items_dataset.csv": '"order_id","order_item_id","product_id","seller_id",'
        '"shipping_limit_date","price","freight_value"\n'
        '"o1","1","p1","s1","2017-10-06 11:07:15",29.99,8.72\n"o2","1","p1","s1","2018-07-30",30,8\n'
        '"o2","2","p2","s1","2018-07-30",118.70,22.76\n',
        "olist_products_dataset.csv": '"product_id","product_category_name","product_name_lenght",'
        '"product_weight_g"\n"p1","beleza_saude","40","225"\n"p2",,,\n',
        "olist_customers_dataset.csv": '"customer_id","customer_unique_id","customer_zip_code_prefix",'
        '"customer_city","customer_state"\n"c1","u1","14409","franca","SP"\n"c2","u1","14409","franca","SP"\n'
        '"c3","u2","09790","santo andre","SP"\n',
        "product_category_name_translation.csv": "\ufeffproduct_category_name,product_category_name_english\n"
        "beleza_saude,health_beauty\n",
    }
    bad = ("olist_order_items_dataset.csv", '"o9","1","p1","s1","",1,1', "'o9' is not in the orders file")

    def test_a_customer_keeps_one_id_over_orders(self, dataset: Dataset) -> None:
        assert dataset.events[Columns.USER].tolist() == ["u1"] * 3
        assert dataset.events[Columns.VALUE].tolist() == [29.99, 30, 118.7]
        assert dataset.events[Columns.AT].iloc[0] == pd.Timestamp("2017-10-02T10:56:33Z").timestamp()
        assert ["u2", "city", "santo andre"] in dataset.user_attributes.to_numpy().tolist()

    def test_categories_are_english_and_bare_products_called_by_their_id(self, dataset: Dataset) -> None:
        assert dataset.products[Columns.CATEGORY].tolist() == [("health beauty",), ()]
        assert dataset.products[Columns.TITLE].tolist() == ["", "product p2"]


def workbook(*more: list[object]) -> bytes:
    """Two sheets as in `online_retail_II.xlsx`: numbers, dates, an invoice in both, and `more` rows."""
    names = ["Invoice", "StockCode", "Description", "Quantity"]
    names += ["InvoiceDate", "Price", "Customer ID", "Country"]
    day = pd.Timestamp("2009-12-01 07:45:00")
    december = pd.Timestamp("2010-12-01 08:26:00")
    first = [
        [489434, 85048, "15CM CHRISTMAS GLASS BALL 20 LIGHTS", 12, day, 6.95, 13085, "United Kingdom"],
        [489434, "79323P", " PINK CHERRY LIGHTS", 12, day, 6.75, 13085, "United Kingdom"],
        [489435, "79323p", "PINK CHERRY LIGHTS", 2, day, 7.25, 13078, "France"],
        ["C489449", 22087, "PAPER BUNTING WHITE LACE", -12, day, 2.95, 16321, "Australia"],
        [489436, "POST", "POSTAGE", 1, day, 18, 13078, "France"],
        [489437, 85048, "damages", 1, day, 0, None, "United Kingdom"],
        [536365, "85123A", None, 6, december, 2.55, 17850, "United Kingdom"],
    ]
    second = [
        first[-1],
        [536366, 85048, "15CM CHRISTMAS GLASS BALL 20 LIGHTS", 1, december, 7, 17850, "EIRE"],
        *more,
    ]
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
        for name, rows in (("Year 2009-2010", first), ("Year 2010-2011", second)):
            pd.DataFrame(rows, columns=names).to_excel(writer, sheet_name=name, index=False)
    return buffer.getvalue()


class TestOnlineRetail(LoaderContract):
    n_users, n_products, n_events, n_attributes = 3, 3, 5, 0
    timed = True

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        return load(
            written(tmp_path, {"online_retail_ii.zip": zipped({"online_retail_II.xlsx": workbook()})})
        )

    def test_purchases_of_products_by_customers_are_kept_once(self, dataset: Dataset) -> None:
        assert dataset.events[Columns.PRODUCT].tolist() == ["85048", "79323P", "79323P", "85123A", "85048"]
        assert dataset.events[Columns.VALUE].tolist() == [83.4, 81.0, 14.5, 15.3, 7.0]
        assert dataset.events[Columns.AT].iloc[0] == pd.Timestamp("2009-12-01T07:45Z").timestamp()

    def test_products_have_their_usual_title_and_price(self, dataset: Dataset) -> None:
        products = dataset.products.set_index(Columns.PRODUCT)
        assert products.loc["79323P", Columns.TITLE] == "PINK CHERRY LIGHTS"
        assert products.loc["79323P", Columns.PRICE] == 7.0
        assert products.loc["85123A", Columns.TITLE] == "product 85123A"

    def test_the_country_is_the_users(self, dataset: Dataset) -> None:
        assert dataset.user_attributes.to_numpy().tolist() == [
            ["13085", "country", "United Kingdom"], ["13078", "country", "France"],
            ["17850", "country", "United Kingdom"],
        ]  # fmt: skip

    def test_a_bad_row_is_named_by_sheet_and_row_or_left_out(self, tmp_path: Path) -> None:
        row: list[object] = [536367, 85048, "LIGHTS", "many", pd.Timestamp("2010-12-02"), 7, 17850, "EIRE"]
        folder = written(tmp_path, {"online_retail_II.xlsx": workbook(row)})
        says = r"online_retail_II\.xlsx/Year 2010-2011, row 4, column Quantity: 'many' is not a number"
        with pytest.raises(DataError, match=says):
            load(folder)
        assert len(load(folder, on_bad_row="skip").events) == self.n_events

    def test_what_is_no_workbook_is_one_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"online_retail_II\.xlsx: is not a whole Excel workbook"):
            load(written(tmp_path, {"online_retail_II.xlsx": b"PK\x03\x04 junk"}))

    def test_a_missing_package_is_named_with_the_way_to_get_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "python_calamine", None)
        with pytest.raises(DataError, match=r'run pip install "cartograph-recommender\[excel\]"'):
            load(written(tmp_path, {"online_retail_II.xlsx": workbook()}))


def test_a_dataset_behind_an_account_is_read_once_its_files_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTOGRAPH_DATASETS", str(tmp_path))
    written(tmp_path / "olist", {"archive.zip": zipped(TestOlist.files)})
    assert len(load("olist").events) == 3
