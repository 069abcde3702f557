"""Read made-up files in the form of large public datasets; print seconds and peak memory of each.

    python benchmarks/read.py [--events N]

The files are drawn at random, with as many users and products as the real ones have in proportion, and lie in
a temporary folder (about 160 bytes an event for H&M). Each is read in a process of its own, up to the
validated dataset.
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


def write(path: Path, columns: dict[str, object]) -> None:
    """A CSV file of these columns."""
    table = pa.table(pd.DataFrame(columns))
    pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(quoting_style="none"))


def ids(numbers: Numbers, form: str) -> pd.Series:
    """Texts such as `0000000017` for `{:010d}`, each distinct one made once."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    return pd.Series([form.format(number) for number in distinct], dtype="str").take(codes)


def hm(folder: Path, users: Numbers, products: Numbers) -> None:
    """H&M: 64-digit customers, prices with fifteen digits."""
    known = np.unique(products)
    names = dict.fromkeys(("index_group_name", "product_group_name", "product_type_name"), "A name")
    facts = {"prod_name": "Strap top", **names, "colour_group_name": "Black", "detail_desc": "Jersey top"}
    write(folder / "articles.csv", {"article_id": ids(known, "{:010d}"), **facts})
    about = {"club_member_status": "ACTIVE", "fashion_news_frequency": "NONE", "age": 49}
    write(folder / "customers.csv", {"customer_id": ids(np.unique(users), "{:064x}"), **about})
    days = pd.date_range("2018-09-20", periods=733).strftime("%Y-%m-%d").astype("str")
    day = np.sort(np.random.default_rng(1).integers(0, len(days), len(users)))
    write(
        folder / "transactions_train.csv",
        {"t_dat": days.take(day), "customer_id": ids(users, "{:064x}").to_numpy(),
         "article_id": ids(products, "{:010d}").to_numpy(), "price": 0.0508305084745762,
         "sales_channel_id": 2},
    )  # fmt: skip


def instacart(folder: Path, users: Numbers, products: Numbers) -> None:
    """Instacart: ten products an order, sixteen orders a user."""
    order = np.arange(len(users)) // 10
    orders = np.unique(order)
    known = np.unique(products)
    write(
        folder / "orders.csv",
        {"order_id": orders, "user_id": orders // 16, "order_number": orders % 16 + 1},
    )
    write(folder / "order_products__prior.csv", {"order_id": order, "product_id": products})
    write(folder / "order_products__train.csv", {"order_id": order[:1], "product_id": products[:1]})
    write(
        folder / "products.csv",
        {"product_id": known, "product_name": "Soda", "aisle_id": known % 134, "department_id": known % 21},
    )
    for level, n in (("aisle", 134), ("department", 21)):
        write(
            folder / f"{level}s.csv",
            {f"{level}_id": np.arange(n), level: ids(np.arange(n), "name {}").to_numpy()},
        )


def amazon(folder: Path, users: Numbers, products: Numbers) -> None:
    """Amazon Reviews 2023: reviews of 40 words."""
    review = {"rating": 5.0, "title": "Nice", "text": "word " * 40, "images": [], "helpful_vote": 0}
    text = json.dumps(review)[:-1]
    with gzip.open(folder / "X.jsonl.gz", "wt", compresslevel=1) as file:
        for i, (user, product) in enumerate(zip(users.tolist(), products.tolist(), strict=True)):
            file.write(
                f'{text}, "parent_asin": "B{product:09d}", "user_id": "AG{user:026d}", '
                f'"timestamp": {1588687728923 + i}}}\n'
            )
    facts = {"title": "Thing", "description": ["long text " * 50], "categories": ["A", "B"], "price": 6.99}
    with gzip.open(folder / "meta_X.jsonl.gz", "wt", compresslevel=1) as file:
        for product in np.unique(products).tolist():
            file.write(json.dumps({**facts, "store": "S", "parent_asin": f"B{product:09d}"}) + "\n")


FORMS: dict[str, Callable[[Path, Numbers, Numbers], None]] = {
    "hm": hm, "instacart": instacart, "amazon": amazon,
}  # fmt: skip


def make(form: str, folder: str, events: int) -> None:
    """Write the files of a form."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, max(events // 23, 1), events)
    products = (rng.random(events) ** 2 * max(events // 100, 1)).astype(np.int64)
    FORMS[form](Path(folder), users, products)


def measure(folder: str) -> dict[str, float]:
    """Read in this process; seconds, peak memory in GB, and events."""
    from cartograph.data import load

    begun = time.perf_counter()
    dataset = load(folder)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"events": len(dataset.events), "seconds": seconds, "peak_gb": peak}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--make", choices=FORMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make(options.make, options.folder, options.events)
        return
    if options.folder:
        print(json.dumps(measure(options.folder)))
        return
    results: dict[str, object] = {"cores": os.cpu_count()}
    for form in FORMS:  # each step in a process of its own, for a process starts with its parent's peak
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--folder", folder]
            subprocess.run([*command, "--make", form, "--events", str(options.events)], check=True)
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        run = json.loads(done.stdout)
        results[form] = run
        print(f"{form:<10} {run['events']:>12,} events {run['seconds']:7.1f} s  peak {run['peak_gb']:.2f} GB")
    out = ROOT / "benchmarks" / "results" / "read.json"
    out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
