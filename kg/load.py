"""From a dataset to the graph: which rows become which nodes and relationships."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from ..data import Columns, Dataset
from ..data.dataset import IntArray
from .schema import EVENT_RELATIONS, LINK_RELATIONS, RELATIONS, attribute_id, category_id
from .store import GraphStore, untold

c = Columns


@dataclass(frozen=True)
class _Step:
    """One table of rows to write; `ends` is None for nodes."""

    name: str
    ends: tuple[str, str] | None
    rows: pd.DataFrame


def load_dataset(store: GraphStore, dataset: Dataset, *, progress: bool = True) -> dict[str, int]:
    """Load everything a dataset holds and return the store's counts.

    A second load of the same data changes nothing, and a load that was killed is completed by the next one.

    Args:
        store: Written to.
        dataset: Validated tables.
        progress: Whether to show a bar on stderr.
    """
    facts = list(_fact_steps(dataset))
    total = sum(len(step.rows) for step in facts) + len(dataset.events) + len(dataset.reviews)
    with tqdm(total=total, unit="row", unit_scale=True, smoothing=0.1, disable=not progress) as bar:
        _write(store, chain(facts, _event_steps(dataset.events), _review_steps(dataset.reviews)), bar)
    return store.counts()


def write_products(store: GraphStore, dataset: Dataset) -> None:
    """Add the products of a dataset with their facts, or update those that are there; all or none."""
    with store.transaction():
        _write(store, (*_product_steps(dataset.products), *_attributes(dataset)))


def write_events(store: GraphStore, events: pd.DataFrame) -> None:
    """Add events between known products and any users, all or none.

    Args:
        store: Written to.
        events: `Columns.EVENTS`; one that is equal in user, product, type and time to one that is there is
            the same event.
    """
    users = pd.DataFrame({"id": events[c.USER].unique()})
    with store.transaction():
        _write(store, (_Step("User", None, users), *_event_steps(events)))


def _write(store: GraphStore, steps: Iterable[_Step], bar: "tqdm[NoReturn] | None" = None) -> None:
    """Write tables one after the other; of those that are not there yet only one is held in memory."""
    for step in steps:
        if not len(step.rows):
            continue
        if bar is not None:
            bar.set_description(step.name)
        pa.default_memory_pool().release_unused()  # what reading the files and the table before took
        written = untold if bar is None else bar.update
        if step.ends is None:
            store.write_nodes(step.name, step.rows, written)
        else:
            store.write_relationships(step.name, step.ends, step.rows, written)
        del step  # before the next one is made


def _fact_steps(dataset: Dataset) -> Iterator[_Step]:
    """Everything but what users did."""
    yield from _product_steps(dataset.products)
    yield _Step("User", None, dataset.users.rename(columns={c.USER: "id"}))
    yield from _attributes(dataset)
    for kind, relation in LINK_RELATIONS.items():
        links = dataset.links[dataset.links[c.TYPE] == kind]
        yield _edges(relation, ("Product", "Product"), links[c.SOURCE], links[c.TARGET])


def _product_steps(products: pd.DataFrame) -> Iterator[_Step]:
    yield _Step("Product", None, products.rename(columns={c.PRODUCT: "id"}))
    yield from _categories(products)
    branded = products[products[c.BRAND] != ""]
    brands = pd.unique(branded[c.BRAND])
    yield _Step("Brand", None, pd.DataFrame({"id": brands, "name": brands}))
    yield _edges("MADE_BY", ("Product", "Brand"), branded[c.PRODUCT], branded[c.BRAND])


def _event_steps(events: pd.DataFrame) -> Iterator[_Step]:
    for kind, relation in EVENT_RELATIONS.items():
        yield _Step(relation, ("User", "Product"), _event_rows(events, kind))


def _event_rows(events: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The relationships that events of one type become."""
    own = (events[c.TYPE] == kind).to_numpy(bool)
    names = {c.USER: "source", c.PRODUCT: "target", c.AT: "at", c.VALUE: "value"}
    rows = pd.DataFrame({new: events[name].array[own] for name, new in names.items()}, copy=False)
    rows["nth"] = _nth(rows)
    return rows


def _review_steps(reviews: pd.DataFrame) -> Iterator[_Step]:
    names = {c.USER: "source", c.PRODUCT: "target", c.AT: "at", c.RATING: "rating", c.TEXT: "text"}
    rows = reviews.rename(columns=names)
    yield _Step("REVIEWED", ("User", "Product"), rows.assign(nth=_nth(rows)))


def _nth(rows: pd.DataFrame) -> IntArray:
    """How many earlier rows are equal in both ends and in time to each, `(n_rows,)`."""
    columns = [rows["at"].to_numpy(), *(_codes(rows[end]) for end in ("target", "source"))]
    order = np.lexsort(columns)
    begins = np.zeros(len(order), dtype=bool)
    begins[:1] = True
    for column in columns:
        begins[1:] |= np.diff(column[order]) != 0
    places = np.arange(len(order))
    nth = np.empty(len(order), dtype=np.int64)
    nth[order] = places - np.maximum.accumulate(np.where(begins, places, 0))
    return nth


def _codes(texts: pd.Series) -> npt.NDArray[np.int32]:
    """A number for each text, the same for equal ones, half as large as those of pandas."""
    return pd.factorize(texts)[0].astype(np.int32)


def _categories(products: pd.DataFrame) -> Iterator[_Step]:
    paths = products[c.CATEGORY]
    steps = {path[:depth] for path in set(paths) for depth in range(1, len(path) + 1)}
    nodes = sorted((category_id(path), path[-1]) for path in steps)
    yield _Step("Category", None, pd.DataFrame(nodes, columns=["id", "name"]))
    parents = sorted((category_id(path), category_id(path[:-1])) for path in steps if len(path) > 1)
    yield _Step(
        "SUBCATEGORY_OF", ("Category", "Category"), pd.DataFrame(parents, columns=["source", "target"])
    )
    placed = paths.map(len) > 0
    yield _edges(
        "IN_CATEGORY",
        ("Product", "Category"),
        products.loc[placed, c.PRODUCT],
        paths[placed].map(category_id),
    )


def _attributes(dataset: Dataset) -> Iterator[_Step]:
    owners = ((c.PRODUCT, "Product", dataset.product_attributes), (c.USER, "User", dataset.user_attributes))
    facts = {label: (rows[owner], _attribute_ids(rows)) for owner, label, rows in owners}
    every = pd.concat([rows[[c.KEY, c.VALUE]] for _, _, rows in owners]).drop_duplicates()
    yield _Step("Attribute", None, every.assign(id=_attribute_ids(every)))
    for label, (source, target) in facts.items():
        yield _edges("HAS_ATTRIBUTE", (label, "Attribute"), source, target)


def _attribute_ids(rows: pd.DataFrame) -> pd.Series:
    ids = [attribute_id(key, value) for key, value in zip(rows[c.KEY], rows[c.VALUE], strict=True)]
    return pd.Series(ids, index=rows.index, dtype="str")


def _edges(relation: str, ends: tuple[str, str], source: pd.Series, target: pd.Series) -> _Step:
    """The shop's own word: what Cartograph may have derived of the same is no longer marked as such."""
    rows = pd.DataFrame({"source": source.to_numpy(), "target": target.to_numpy()})
    return _Step(relation, ends, rows.assign(**dict.fromkeys(RELATIONS[relation].properties, np.nan)))
