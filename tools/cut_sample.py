"""Cut the bundled sample out of The Complete Journey; the bytes are the same each time.

    python tools/cut_sample.py

Kept are, of the second half of 2017, the households with demographics that shopped in most weeks, the
products that most of these bought (fuel and entries that are no goods left out), and every purchase of the
one by the other.
"""

import argparse
import gzip
from pathlib import Path

import pandas as pd

from cartograph.data import Columns
from cartograph.data.completejourney import LEVELS, Journey, read_journey

FOLDER = Path(__file__).parent.parent / "data" / "sample"
SINCE = pd.Timestamp("2017-07-01", tz="UTC")
N_HOUSEHOLDS = 270
N_PRODUCTS = 5000
NO_GOODS = ("Fuel", "Coupon", "Miscellaneous", "Cntrl/Store Sup", "Charitable Cont", "Postal Center")

_WEEK = 7 * 24 * 3600


def cut(journey: Journey) -> Journey:
    """The part of the journey that is bundled."""
    c = Columns
    with_category = journey.products[c.CATEGORY].map(len) == len(LEVELS)
    goods = with_category & ~journey.products[c.CATEGORY].str[0].isin(NO_GOODS)
    events = journey.events
    events = events[events[c.USER].isin(journey.users[c.USER])]
    events = events[events[c.PRODUCT].isin(journey.products.loc[goods, c.PRODUCT])]
    events = events[events[c.AT] >= SINCE.timestamp()]
    weeks = (events[c.AT] // _WEEK).groupby(events[c.USER]).nunique()
    events = events[events[c.USER].isin(_largest(weeks, N_HOUSEHOLDS))]
    buyers = events.groupby(c.PRODUCT)[c.USER].nunique()
    events = events[events[c.PRODUCT].isin(_largest(buyers, N_PRODUCTS))]
    products = journey.products[journey.products[c.PRODUCT].isin(events[c.PRODUCT])]
    users = journey.users[journey.users[c.USER].isin(events[c.USER])]
    # By user and time: neighbouring rows are alike, which halves the compressed size.
    return Journey(products, events.sort_values([c.USER, c.AT, c.PRODUCT]), users)


def _largest(counts: pd.Series, n: int) -> pd.Index:
    """The `n` ids with the highest counts; among equals the lower id."""
    table = pd.DataFrame({"count": counts, "number": counts.index.astype(int)}, index=counts.index)
    return table.sort_values(["count", "number"], ascending=[False, True]).index[:n]


def write(table: pd.DataFrame, file: Path) -> None:
    """`table` as gzip CSV whose bytes depend on the table only."""
    text = table.to_csv(index=False, lineterminator="\n")
    file.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{file.name}: {len(table):,} rows, {file.stat().st_size:,} bytes")


def main() -> None:
    """Write the sample's three tables."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--to", type=Path, default=FOLDER, help="the folder to write to")
    to = parser.parse_args().to
    part = cut(read_journey())
    paths = part.products[Columns.CATEGORY].map(" > ".join)
    write(part.products.assign(**{Columns.CATEGORY: paths}), to / "products.csv.gz")
    write(part.users, to / "users.csv.gz")
    write(part.events.drop(columns=Columns.TYPE), to / "events.csv.gz")


if __name__ == "__main__":
    main()
