"""A small shop's folder, and all the ways of spoiling it, each with the sentence it is answered with."""

import gzip
from dataclasses import dataclass
from pathlib import Path

Files = dict[str, str | bytes | None]

PRODUCTS = """product_id,title,brand,category,price,colour
p1,Green tea,Leaf,Drinks > Tea,3.50,green
p2,Teapot,Clay,Kitchen,24,white
p3,Cup,,Kitchen,,
"""
EVENTS = """user_id,product_id,type,at,value
ann,p1,view,2024-05-31T12:00:00Z,
ann,p2,purchase,1717156800,24
bob,p1,,2024-05-31,1
"""
GOOD: Files = {
    "products.csv": PRODUCTS,
    "events.csv": EVENTS,
    "users.csv": "user_id,city\nann,Ulm\n",
    "links.csv": "source_id,target_id,type\np1,p2,also_bought\n",
}
TREE: Files = {
    "products.csv": "product_id,title,category\np1,Green tea,Tea\np2,Teapot,Kitchen\n",
    "events.csv": "user_id,product_id\nann,p1\n",
    "links.csv": None,
}
TRUNCATED = gzip.compress(PRODUCTS.encode() * 50)[:-40]


@dataclass(frozen=True)
class Bad:
    """Files that take the place of good ones (None: removed), and the sentence they are answered with."""

    name: str
    files: Files
    where: str
    """File, line and column, as far as they are known."""
    says: str
    """A regular expression for what follows."""
    skippable: bool = False
    """Whether it is one row that can be left out, and not the file as a whole."""


def events(row: str) -> Files:
    """The good files with one more row in events.csv, line 5."""
    return {"events.csv": EVENTS + row + "\n"}


def products(row: str) -> Files:
    """The good files with one more row in products.csv, line 5."""
    return {"products.csv": PRODUCTS + row + "\n"}


def bad_product(name: str, row: str, column: str, says: str) -> Bad:
    """One more row in products.csv, bad in `column` (`""`: as a whole)."""
    return Bad(name, products(row), "products.csv, line 5" + f", column {column}" * bool(column), says, True)


def bad_event(name: str, row: str, column: str, says: str) -> Bad:
    """One more row in events.csv, bad in `column`."""
    return Bad(name, events(row), f"events.csv, line 5, column {column}", says, True)


def json_products(row: str) -> Files:
    """Products as JSON lines, with one more row in line 3."""
    good = '{"product_id": "p1", "title": "Green tea"}\n{"product_id": "p2", "title": "Teapot"}\n'
    return {"products.csv": None, "products.jsonl": good + row + "\n"}


def categories(text: str) -> Files:
    """Good products of the categories Tea and Kitchen, with these categories."""
    return {**TREE, "categories.csv": text}


BAD = [
    bad_product(
        "a duplicated product id",
        "p2,Pot,,,,",
        "product_id",
        "'p2' is given twice, first in line 3; ids must be unique",
    ),
    bad_product("an empty product id", ",Pot,,,,", "product_id", "'' is empty; every row needs an id"),
    bad_product("a product id of white space", '"   ",Pot,,,,', "product_id", "'' is empty"),
    bad_product(
        "a product without text",
        "p4,,,,9.99,",
        "product_id",
        "'p4' has no text; give it a title, description",
    ),
    bad_product("a negative price", "p4,Pot,,,-1,", "price", "'-1' is below 0; give 0 or more"),
    bad_product(
        "a price that is no number", "p4,Pot,,,9 EUR,", "price", "'9 EUR' is not a number; give digits"
    ),
    bad_product("an infinite price", "p4,Pot,,,inf,", "price", "'inf' is not a number"),
    bad_product(
        "too many fields",
        "p4,Pot, with lid,,,,",
        "",
        "'p4,Pot, with lid,,,,' has 7 fields where 6 are expected; quote",
    ),
    bad_product("too few fields", "p4,Pot", "", "'p4,Pot' has 2 fields where 6 are expected"),
    bad_product("a NUL byte", "p4,P\0ot,,,,", "title", r"'P\\x00ot' has a NUL byte; remove it"),
    Bad(
        "a quote that is never closed",
        products('p4,Pot,,,,"red\np5,Pan,,,,'),
        "products.csv, line 5",
        "a quote is opened and never closed; close it",
    ),
    Bad("an empty file", {"products.csv": ""}, "products.csv", "the file is empty; give it rows"),
    Bad(
        "a header without rows",
        {"products.csv": "product_id,title\n", "events.csv": None, "links.csv": None},
        "products.csv",
        "there is no product in it",
    ),
    Bad(
        "a blank first line",
        {"products.csv": "\n" + PRODUCTS},
        "products.csv, line 1",
        "the line is blank; name the columns",
    ),
    Bad(
        "a column without a name",
        {"products.csv": "product_id,title,\np1,Tea,x\n"},
        "products.csv, line 1",
        "column 3 has no name",
    ),
    Bad(
        "a column given twice",
        {"products.csv": "product_id,title,title\np1,Tea,x\n"},
        "products.csv, line 1",
        "column 'title' is there twice",
    ),
    Bad(
        "a missing id column",
        {"products.csv": "productid,title\np1,Tea\n"},
        "products.csv, line 1",
        r"there is no column 'product_id' among \['productid', 'title'\]; rename 'productid'",
    ),
    Bad(
        "a wrong encoding",
        {"products.csv": PRODUCTS.encode() + "p4,Café,,,,\n".encode("latin-1")},
        "products.csv, line 5",
        "byte 0xe9 is not UTF-8; save the file as UTF-8",
    ),
    Bad(
        "UTF-16",
        {"products.csv": PRODUCTS.encode("utf-16")},
        "products.csv, line 1",
        "byte 0xff is not UTF-8",
    ),
    Bad(
        "a truncated gzip",
        {"products.csv": None, "products.csv.gz": TRUNCATED},
        "products.csv.gz",
        "the gzip file is cut short or damaged .*; copy it again",
    ),
    Bad(
        "a gzip that is none",
        {"products.csv": None, "products.csv.gz": PRODUCTS},
        "products.csv.gz",
        "the gzip file is cut short or damaged",
    ),
    Bad(
        "two files for one table",
        {"products.jsonl": '{"product_id": "p1", "title": "Tea"}\n'},
        "",
        "there are products.csv and products.jsonl for one table; keep one",
    ),
    Bad("no products file", {"products.csv": None}, "", "there is no file of products; give it products.csv"),
    Bad(
        "a folder in a file's place",
        {"products.csv": None, "products.csv/nested": "x"},
        "products.csv",
        r"cannot be read \(Is a directory\)",
    ),
    Bad(
        "a broken JSON line",
        json_products('{"product_id": "p3", "title": "Cu'),
        "products.jsonl, line 3",
        r".* is not JSON \(Unterminated string",
        skippable=True,
    ),
    Bad(
        "a JSON line that is no object",
        json_products('["p3", "Cup"]'),
        "products.jsonl, line 3",
        ".* is not one object of texts",
        skippable=True,
    ),
    Bad(
        "a nested JSON object",
        json_products('{"product_id": "p3", "title": {"en": "Cup"}}'),
        "products.jsonl, line 3, column title",
        ".* is not one object of texts, .*; flatten it",
        skippable=True,
    ),
    Bad(
        "a list where one value belongs",
        json_products('{"product_id": "p3", "title": ["Cup"]}'),
        "products.jsonl, line 3, column title",
        r"\['Cup'\] is a list; give one value",
        skippable=True,
    ),
    Bad(
        "a corrupt Parquet file",
        {"products.csv": None, "products.parquet": b"PAR1 and no more"},
        "products.parquet",
        r"is not a whole Parquet file \(.*\); write it again",
    ),
    bad_event(
        "an unknown product in an event",
        "bob,p9,view,2024-06-01,",
        "product_id",
        "'p9' is not a known product; add it to the products",
    ),
    bad_event("an event without a user", ",p1,view,2024-06-01,", "user_id", "'' is empty"),
    bad_event("an event without a product", "bob,,view,2024-06-01,", "product_id", "'' is empty"),
    bad_event(
        "an unknown type of event",
        "bob,p1,bought,2024-06-01,",
        "type",
        "'bought' is not a type of event; it must be one of view, cart, purchase, rating",
    ),
    bad_event(
        "a time that cannot be parsed",
        "bob,p1,view,31.05.2024,",
        "at",
        "'31.05.2024' is not a time; give ISO 8601",
    ),
    bad_event("a day that does not exist", "bob,p1,view,2024-02-30,", "at", "'2024-02-30' is not a time"),
    bad_event("a NaN time", "bob,p1,view,NaN,", "at", "'NaN' is not a time"),
    bad_event("an empty time", "bob,p1,view,,", "at", "'' is not a time"),
    bad_event("a time in words", "bob,p1,view,today,", "at", "'today' is not a time"),
    bad_event(
        "milliseconds since 1970",
        "bob,p1,view,1717156800000,",
        "at",
        "'1717156800000' is not from 1900 to 2200; give ISO 8601 or seconds, not milliseconds",
    ),
    bad_event("a year after 2200", "bob,p1,view,9999-01-01,", "at", "'9999-01-01' is not from 1900 to 2200"),
    bad_event("a value that is no number", "bob,p1,view,2024-06-01,many", "value", "'many' is not a number"),
    bad_event(
        "a value beyond all numbers",
        "bob,p1,view,2024-06-01,1e999",
        "value",
        "'1e999' is too large for a number",
    ),
    Bad(
        "a misspelt column of events",
        {"events.csv": "user_id,product_id,att\nann,p1,5\n"},
        "events.csv, line 1",
        r"column 'att' has no meaning here, .*; did you mean 'at'\?",
    ),
    Bad(
        "a line number behind quoted line breaks",
        {"events.csv": 'user_id,product_id,value\n"a\nb",p1,1\n\nann,p9,1\n'},
        "events.csv, line 5, column product_id",
        "'p9'",
        skippable=True,
    ),
    Bad(
        "a duplicated user id",
        {"users.csv": "user_id,city\nann,Ulm\nann,Bonn\n"},
        "users.csv, line 3, column user_id",
        "'ann' is given twice, first in line 2",
        skippable=True,
    ),
    Bad(
        "a link to an unknown product",
        {"links.csv": "source_id,target_id,type\np1,p9,also_bought\n"},
        "links.csv, line 2, column target_id",
        "'p9' is not a known product",
        skippable=True,
    ),
    Bad(
        "an unknown type of link",
        {"links.csv": "source_id,target_id,type\np1,p2,near\n"},
        "links.csv, line 2, column type",
        "'near' is not a type of link; it must be one of also_bought",
        skippable=True,
    ),
    Bad(
        "a category cycle",
        categories("category,parent\nTea,Green\nKitchen,\nGreen,Tea\n"),
        "categories.csv, line 2, column parent",
        r"category 'Tea' is its own ancestor \(Tea > Green > Tea\); leave the parent",
    ),
    Bad(
        "an unknown parent category",
        categories("category,parent\nTea,Drinks\nKitchen,\nSoap,Bath\n"),
        "categories.csv, line 2, column parent",
        "'Drinks' is not a known category; add a row",
    ),
    Bad(
        "a product of an unknown category",
        categories("category,parent\nTea,\n"),
        "products.csv, line 3, column category",
        "'Kitchen' is not in the categories file",
        skippable=True,
    ),
    Bad(
        "a duplicated category",
        categories("category,parent\nTea,\nKitchen,\nTea,Kitchen\n"),
        "categories.csv, line 4, column category",
        "'Tea' is given twice",
        skippable=True,
    ),
]


def folder_of(path: Path, files: Files) -> Path:
    """`path`, filled with the good files and `files` in their place."""
    for name, content in {**GOOD, **files}.items():
        if content is not None:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
