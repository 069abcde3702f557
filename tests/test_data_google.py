"""Google Merchant Center feeds in every shape, and what is wrong with such files."""

from pathlib import Path
from typing import ClassVar

import pytest

from cartograph.data import DataError, Dataset, load
from tests.public_files import Files, PublicContract, written
from tests.shop_files import attributes_of, events_of, products_of
from tests.test_data_loaders import LoaderContract

TSV = (
    "﻿id\ttitle\tdescription\tlink\timage link\tavailability\tprice\tsale price\tsale_price_effective_date"
    "\tbrand\tproduct_type\tgoogle_product_category\titem_group_id\tcolor\tsize\tage_group [age_group]"
    "\tmaterial\tcondition\tproduct_detail\tshipping(country:price)\tcustom_label_0\r\n"
    't-1\tTea &amp; cup\t"<p>Green</p>\t""loose"""\thttps://s/1\thttps://s/1.jpg\tIn Stock\t1.299,00 €\t\t'
    "\tAcme\tFood, Beverages & Tobacco > Tea\t\ttea\tRed/Green\tXL\tadult\tcotton/silk\tnew"
    "\tGeneral:Harvest Year:2024,Care:Wash:40 °C\tDE:4.95 EUR\tmargin\r\n"
    "t-2\tTea mug\t\thttps://s/2\t\tout_of_stock\t12,99 EUR\t9,99 EUR\t2000-01-01T00:00+0100/2199-12-31"
    '\tAcme\t"Kitchen > Mugs, Gifts > Mugs"\t2073\ttea\t\t\t\t\tnew\t\t\t\r\n'
    "t-2\tTea mug\t\thttps://s/2\t\tout_of_stock\t12,99 EUR\t9,99 EUR\t2000-01-01T00:00+0100/2199-12-31"
    '\tAcme\t"Kitchen > Mugs, Gifts > Mugs"\t2073\ttea\t\t\t\t\tnew\t\t\t\r\n'
    "t-3\tTea pot\t\thttps://s/3\t\tpreorder\t\t9,99 EUR\t2000-01-01/2000-01-31\t\t\tHome &amp; Garden > Pots"
    "\t\t\t\t\t\t\t\t\t\r\n"
    "\r\n"
)
XML_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- made by a feed tool -->
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
<channel>
<title>A shop</title>
<link>https://s</link>
<description>Its products</description>
"""
FIRST = """<item>
<title>Tea &amp;amp; cup</title>
<link>https://s/1</link>
<description><![CDATA[<p>Green</p> "loose"]]></description>
<g:id>t-1</g:id>
<g:image_link>https://s/1.jpg</g:image_link>
<g:additional_image_link>https://s/1b.jpg</g:additional_image_link>
<g:availability>in_stock</g:availability>
<g:price>1.299,00 €</g:price>
<g:shipping><g:country>DE</g:country><g:price>4.95 EUR</g:price></g:shipping>
<g:brand>Acme</g:brand>
<g:product_type>Food, Beverages &amp; Tobacco &gt; Tea</g:product_type>
<g:item_group_id>tea</g:item_group_id>
<g:color>Red/Green</g:color>
<g:size>XL</g:size>
<g:age_group>adult</g:age_group>
<g:material>cotton/silk</g:material>
<g:condition>new</g:condition>
<g:product_detail>
  <g:section_name>General</g:section_name>
  <g:attribute_name>Harvest Year</g:attribute_name>
  <g:attribute_value>2024</g:attribute_value>
</g:product_detail>
<g:product_detail><g:attribute_name>Wash</g:attribute_name>
<g:attribute_value>40 °C</g:attribute_value></g:product_detail>
<g:custom_label_0>margin</g:custom_label_0>
<c:season xmlns:c="http://example.org">summer</c:season>
</item>
"""
SECOND = """<item><g:id>t-2</g:id><g:title>Tea mug</g:title><title>for readers of news</title>
<g:price>12,99 EUR</g:price><g:sale_price>9,99 EUR</g:sale_price>
<g:sale_price_effective_date>2000-01-01T00:00+0100/2199-12-31</g:sale_price_effective_date>
<g:availability>out_of_stock</g:availability><g:brand>Acme</g:brand><g:condition>new</g:condition>
<g:product_type>Kitchen &gt; Mugs</g:product_type><g:product_type>Gifts &gt; Mugs</g:product_type>
<g:google_product_category>2073</g:google_product_category><g:item_group_id>tea</g:item_group_id>
</item>
"""
THIRD = """<item><g:id>t-3</g:id>
<g:structured_title><g:digital_source_type>trained_algorithmic_media</g:digital_source_type>
<g:content>Tea pot</g:content></g:structured_title>
<g:sale_price>9,99 EUR</g:sale_price>
<g:sale_price_effective_date>2000-01-01/2000-01-31</g:sale_price_effective_date><g:availability>preorder</g:availability>
<g:google_product_category>Home &amp;amp; Garden &gt; Pots</g:google_product_category>
</item>
"""
XML_TAIL = "</channel>\n</rss>\n"


def check(dataset: Dataset) -> None:
    """That the three products are what all shapes of the feed say."""
    tea = ("Food, Beverages & Tobacco", "Tea")
    assert products_of(dataset) == [
        ["t-1", "Tea & cup", 'Green "loose"', "Acme", tea, 1299.0, "https://s/1.jpg", None],
        ["t-2", "Tea mug", "", "Acme", ("Kitchen", "Mugs"), 9.99, "", 0.0],
        ["t-3", "Tea pot", "", "", ("Home & Garden", "Pots"), None, "", None],
    ]
    assert attributes_of(dataset) == {
        "t-1": {
            ("availability", "in_stock"), ("item_group_id", "tea"), ("color", "Red"), ("color", "Green"),
            ("size", "XL"), ("age_group", "adult"), ("material", "cotton"), ("material", "silk"),
            ("condition", "new"), ("harvest_year", "2024"), ("wash", "40 °C"),
        },
        "t-2": {
            ("availability", "out_of_stock"), ("item_group_id", "tea"), ("condition", "new"),
            ("product_type", "Gifts > Mugs"), ("google_product_category", "2073"),
        },
        "t-3": {("availability", "preorder")},
    }  # fmt: skip
    assert events_of(dataset) == []


class TestText(PublicContract):
    n_users, n_products, n_events, n_attributes = 0, 3, 0, 17
    timed = True
    files: ClassVar[Files] = {"feed.txt": TSV}
    bad = ("feed.txt", "t-4\tshort", r"'t-4\\tshort' has 2 fields where 21 are expected")

    def test_the_products_are_what_the_feed_says(self, dataset: Dataset) -> None:
        check(dataset)


class TestRSS(LoaderContract):
    n_users, n_products, n_events, n_attributes = 0, 3, 0, 17
    timed = True

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        return load(written(tmp_path, {"feed.xml": XML_HEAD + FIRST + SECOND + SECOND + THIRD + XML_TAIL}))

    def test_the_products_are_what_the_feed_says(self, dataset: Dataset) -> None:
        check(dataset)


def test_other_encodings_archives_and_line_ends_give_the_same(tmp_path: Path) -> None:
    text = XML_HEAD + FIRST + SECOND + THIRD + XML_TAIL
    for name, content in {
        "bom.xml": b"\xef\xbb\xbf" + text.encode(),
        "utf16.xml": text.replace("UTF-8", "UTF-16").encode("utf-16"),
        "crlf.rss": text.replace("\n", "\r\n").encode(),
        "one line.xml": text.replace("\n", " ").replace("?> <!--", "?><!--").encode(),
    }.items():
        (tmp_path / name).write_bytes(content)
        check(load(tmp_path / name))


def test_atom_has_entries(tmp_path: Path) -> None:
    entry = FIRST.replace("<item>", "<entry><id>tag:s,2024:1</id><updated>2024-05-31T12:00:00Z</updated>")
    entry = entry.replace("</item>", "</entry>").replace("description>", "summary>")
    entry = entry.replace("<link>https://s/1</link>", '<link href="https://s/1"/>')
    feed = tmp_path / "feed.atom"
    feed.write_text(
        '<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">\n'
        "<title>A shop</title><id>tag:s,2024</id>\n"
        f"{entry}<entry><id>1a</id><title>Red wool</title></entry></feed>",
        encoding="utf-8",
    )
    dataset = load(feed)
    assert [row[:3] for row in products_of(dataset)] == [
        ["t-1", "Tea & cup", 'Green "loose"'], ["1a", "Red wool", ""],
    ]  # fmt: skip
    assert len(attributes_of(dataset)["t-1"]) == 11


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("<title>no id</title>", "line 36, column id: '' is empty; every row needs an id here"),
        ("<g:id>t-1</g:id>", "line 36, column id: 't-1' is given twice, first in line 8; ids must be unique"),
        ("<g:id>n</g:id><g:price>12 or 13</g:price>", "line 36, column price: '12 or 13' is not a price"),
        (
            "<g:id>n</g:id><g:sale_price>-1 EUR</g:sale_price>",
            "line 36, column sale_price: '-1 EUR' is below 0",
        ),
        ("<g:id>n</g:id><g:price>9 EUR</g:price>", "line 36, column id: 'n' has no text; give it a title"),
        (
            "<g:id>n</g:id><g:sale_price_effective_date>soon</g:sale_price_effective_date>",
            "line 36, column sale_price_effective_date: 'soon' is not two times; give two, such as",
        ),
    ],
)
def test_a_bad_item_is_named_or_left_out(item: str, says: str, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(f"{XML_HEAD}{FIRST}<item>{item}</item>\n{XML_TAIL}", encoding="utf-8")
    with pytest.raises(DataError, match=f"feed.xml, {says}"):
        load(feed)
    rejected = tmp_path / "rejected.csv"
    assert [row[0] for row in products_of(load(feed, on_bad_row="skip", rejected=rejected))] == ["t-1"]
    assert len(rejected.read_text().splitlines()) == 2


BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (XML_HEAD + FIRST, "line 36: is not well-formed XML .Premature end of data.*; export"),
        (XML_HEAD + "<item><g:id>1</item>", "line 8: is not well-formed XML .Opening and ending tag"),
        (XML_HEAD + "<item><g:id>&nbsp;</g:id></item>", "line 8: is not well-formed XML .Entity 'nbsp' not"),
        (XML_HEAD + XML_TAIL, ": there is no product in it; give each one an <item> .RSS. or"),
        (
            XML_HEAD.replace("<!-- made", BOMB + "]><!-- made") + "<item><g:id>&i;</g:id></item>" + XML_TAIL,
            "line 1: is not well-formed XML .Maximum entity amplification factor exceeded",
        ),
        (
            XML_HEAD.replace("<!-- made", '<!DOCTYPE rss [<!ENTITY x SYSTEM "/etc/passwd">]><!-- made')
            + "<item><g:id>1</g:id><title>&x;</title></item>" + XML_TAIL,
            ": the document type declares entities, which a feed must not; write the characters themselves",
        ),
        (
            XML_HEAD.replace("<!-- made", BOMB + "]><!-- made")
            + '<item x="&i;&i;&i;&i;&i;&i;"><g:id>1</g:id></item>' + XML_TAIL,
            "line 8: is not well-formed XML .Maximum entity amplification factor exceeded",
        ),
    ],
    ids=["cut short", "mismatch", "undefined entity", "no item", "bomb", "file", "bomb in an attribute"],
)  # fmt: skip
def test_xml_that_cannot_be_read_is_refused_whole(content: str, says: str, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(content, encoding="utf-8")
    for on_bad_row in ("error", "skip"):
        with pytest.raises(DataError, match=f"feed.xml.*{says}"):
            load(feed, on_bad_row=on_bad_row)


def test_an_event_that_names_a_group_counts_for_its_first_item(tmp_path: Path) -> None:
    events = "user_id,product_id,at\nann,tea,1\nann,t-2,2\n"
    dataset = load(written(tmp_path, {"feed.tsv": TSV, "events.csv": events}))
    assert [row[1] for row in events_of(dataset)] == ["t-1", "t-2"]


def test_an_item_is_let_go_before_the_next_one_is_read(tmp_path: Path) -> None:
    import tracemalloc

    from cartograph.data.google_xml import read_google_xml
    from cartograph.data.rows import BadRows

    feed = tmp_path / "feed.xml"
    with feed.open("w", encoding="utf-8") as file:
        file.write(XML_HEAD)
        for n in range(4000):
            file.write(f"<item><g:id>{n}</g:id><g:link>{'x' * 5000}</g:link></item>\n")
        file.write(XML_TAIL)
    tracemalloc.start()
    rows = read_google_xml(feed, BadRows(), {"id", "title"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(rows.frame) == 4000
    assert peak < 5_000_000 < feed.stat().st_size
