"""Online Retail II (UCI): two years of invoices of a British gift wholesaler, as an Excel workbook."""

from pathlib import Path

import pandas as pd

from .dataset import Columns, Dataset
from .errors import DataError
from .raw import find_raw, open_raw, require_raw
from .rows import BadRows, Rows
from .sources import Remote, Source
from .tables import attributes

WORKBOOK = "online_retail_II.xlsx"
ONLINE_RETAIL = Source(
    name="online-retail-ii",
    description="Online Retail II: invoices of a British gift wholesaler, December 2009 to December 2011",
    licence="CC BY 4.0",
    is_folder=False,
    address="https://archive.ics.uci.edu/dataset/502/online+retail+ii",
    files=(WORKBOOK,),
    counts="1,067,371 rows in two sheets (525,461 and 541,910), some of them in both",
    remotes=(
        Remote("online_retail_ii.zip", "https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip"),
    ),
)

_COLUMNS = (
    "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country",
)  # fmt: skip


def is_online_retail(folder: Path) -> bool:
    """Whether the folder holds the workbook, unpacked or in its archive."""
    return find_raw(folder, WORKBOOK) is not None


def load_online_retail(folder: Path, bad: BadRows) -> Dataset:
    """The dataset of a folder with `online_retail_II.xlsx`; one event is a line of an invoice.

    Left out are lines without a customer, cancellations (the invoice starts with C, or the quantity is not
    positive) and codes that are no product (postage, manual entries: they do not start with five digits).
    Lines of an invoice that is in both sheets are read once. `value` is quantity times price, in pounds; a
    product's title is its most frequent description, its price the median; the country is the user's.

    Raises:
        DataError: The package that reads workbooks is not installed, or the file is no such workbook.
    """
    path = require_raw(folder, WORKBOOK)
    sheets = _sheets(path)
    seen: set[str] = set()
    lines = []
    for name, sheet in sheets.items():
        lines.append(_lines(Rows(path / name, sheet, bad, lambda row: row + 2, unit="row"), seen))
        seen |= set(sheet["Invoice"])
    frame = pd.concat(lines, ignore_index=True)
    by_product = frame.groupby("StockCode", sort=False)
    described = frame[frame["Description"] != ""].groupby("StockCode")["Description"]
    ids = pd.Series(list(by_product.groups), dtype="str")
    title = ids.map(described.agg(lambda names: names.value_counts().index[0])).fillna("")
    products = pd.DataFrame(
        {
            Columns.PRODUCT: ids,
            Columns.TITLE: title.where(title != "", "product " + ids),
            Columns.PRICE: ids.map(by_product["Price"].median()),
        }
    )
    events = pd.DataFrame(
        {
            Columns.USER: frame["Customer ID"],
            Columns.PRODUCT: frame["StockCode"],
            Columns.TYPE: "purchase",
            Columns.AT: frame["InvoiceDate"],
            Columns.VALUE: (frame["Quantity"] * frame["Price"]).round(2),
        }
    )
    people = frame[["Customer ID", "Country"]].drop_duplicates("Customer ID", ignore_index=True)
    people.columns = pd.Index([Columns.USER, "country"])
    return Dataset.of(
        folder.resolve().name,
        products,
        events,
        users=people[[Columns.USER]],
        user_attributes=attributes(people, Columns.USER, Columns.USERS),
    )


def _sheets(path: Path) -> dict[str, pd.DataFrame]:
    """The sheets by name, every cell as text."""
    try:
        from python_calamine import CalamineError
    except ImportError as error:
        raise DataError(
            f"{path}: reading workbooks needs the package python-calamine, which is not installed; "
            'run pip install "cartograph-recommender[excel]"'
        ) from error
    try:
        with open_raw(path) as file:
            sheets = pd.read_excel(file, sheet_name=None, engine="calamine", dtype=str, na_filter=False)
    except CalamineError as error:
        raise DataError(f"{path}: is not a whole Excel workbook ({error}); copy it again") from error
    return {
        str(name): sheet.apply(lambda cells: cells.astype("str").str.strip())
        for name, sheet in sheets.items()
    }


def _lines(rows: Rows, seen: set[str]) -> pd.DataFrame:
    """The lines of a sheet that are purchases of products by customers, numbers as numbers."""
    rows.require(*_COLUMNS)
    frame = rows.frame
    code = frame["StockCode"].str.upper()
    kept = (
        (frame["Customer ID"] != "")
        & ~frame["Invoice"].str.upper().str.startswith("C")
        & code.str.match(r"\d{5}")
        & ~frame["Invoice"].isin(seen)
    )
    rows.frame = frame.assign(StockCode=code, **{"Customer ID": frame["Customer ID"].str.removesuffix(".0")})[
        kept
    ]
    rows.numbers("Quantity")
    rows.numbers("Price", minimum=0)
    rows.times("InvoiceDate")
    return rows.frame[rows.frame["Quantity"] > 0]
