"""What the planted shop's users are about, by arithmetic."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from cartograph.data import EVENT_TYPES
from cartograph.data.dataset import IntArray
from cartograph.serving.catalogue import Catalogue
from cartograph.serving.profile import HALF_LIFE, CatalogueShares, Profile, profile_of
from cartograph.serving.ranker import Ranker
from cartograph.serving.run import Run


@pytest.fixture(scope="module")
def catalogue(trained: Run) -> Iterator[Catalogue]:
    ids = Ranker.load(trained.index).index.ids
    with trained.open(read_only=True) as store:
        yield Catalogue.of(store, ids)


@pytest.fixture(scope="module")
def shares(catalogue: Catalogue) -> CatalogueShares:
    return CatalogueShares.of(catalogue)


def profile(catalogue: Catalogue, shares: CatalogueShares, events: list[int]) -> Profile:
    types: IntArray = np.full(len(events), EVENT_TYPES.index("purchase"))
    return profile_of(catalogue, shares, np.array(events, dtype=np.int64), types, np.arange(len(events)) * 10)


def test_shares_count_recent_events_more_and_lift_compares_with_the_catalogue(
    catalogue: Catalogue, shares: CatalogueShares
) -> None:
    found = profile(catalogue, shares, [0, 9, 8])  # one product of group 0, then two of group 1
    old, middle, new = (0.5 ** (age / HALF_LIFE) for age in (2, 1, 0))
    first, second = found.brands
    assert (first.name, second.name) == ("brand 1", "brand 0")
    assert first.share == pytest.approx((middle + new) / (old + middle + new))
    assert first.lift == pytest.approx(first.share / (8 / 32))
    assert first.evidence == ("p10", "p11")
    assert [taste.name for taste in found.categories] == ["shop > running shoe", "shop > garden spade"]
    (everything,) = found.departments
    assert everything.name == "shop"
    assert (everything.share, everything.lift) == pytest.approx((1, 1))


def test_attributes_are_tastes_too(catalogue: Catalogue, shares: CatalogueShares) -> None:
    found = profile(catalogue, shares, [0, 2, 4])
    (red,) = found.attributes
    assert red.name == "colour=red"
    assert red.lift == pytest.approx(2)


def test_the_price_band_is_the_quartiles_of_what_was_touched(
    catalogue: Catalogue, shares: CatalogueShares
) -> None:
    band = profile(catalogue, shares, [0, 1, 2, 3, 4]).prices
    assert band is not None
    assert (band.low, band.middle, band.high) == (2.5, 3.5, 4.5)
    assert band.catalogue == 5.0


def test_the_trend_cuts_the_history_into_parts_of_as_many_events(
    catalogue: Catalogue, shares: CatalogueShares
) -> None:
    found = profile(catalogue, shares, [0, 1, 2, 3, 8, 9, 10, 11])
    assert [(period.start, period.end, period.events) for period in found.trend] == [
        (0, 10, 2),
        (20, 30, 2),
        (40, 50, 2),
        (60, 70, 2),
    ]
    assert found.trend[0].departments == {"shop": 1.0}
    assert len(profile(catalogue, shares, [0, 1]).trend) == 2


def test_an_empty_history_has_an_empty_profile(catalogue: Catalogue, shares: CatalogueShares) -> None:
    found = profile(catalogue, shares, [])
    assert found == Profile(0, {}, (), (), (), (), None, ())
    assert json.loads(json.dumps(found.to_dict()))["prices"] is None


def test_a_profile_is_ready_for_json(catalogue: Catalogue, shares: CatalogueShares) -> None:
    found = json.loads(json.dumps(profile(catalogue, shares, [0, 9, 8]).to_dict()))
    assert found["events"] == 3
    assert found["types"] == {"purchase": 3}
    assert found["brands"][0]["evidence"] == ["p10", "p11"]
