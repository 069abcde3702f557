"""Events and products that come in while the shop is open."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cartograph.data import DataError, StoreError, UnknownIdError
from cartograph.data.dataset import FloatArray
from cartograph.kg import export
from cartograph.serving.filters import Filter
from cartograph.serving.index import Index
from cartograph.serving.live import Event, NewProduct
from cartograph.serving.ranker import Ranker
from cartograph.serving.recommender import Recommender
from cartograph.serving.run import Run

SPADE = NewProduct(
    "new",
    "garden spade number 99",
    brand="brand 0",
    category=["shop", "garden spade"],
    price=3.5,
    stock=0,
    attributes={"colour": ["red"]},
)


def test_an_event_counts_for_the_next_answer(copied: Run) -> None:
    with Recommender.load(copied.folder, writable=True) as recommender:
        assert recommender.for_user("fresh", 1)[0].reason == "popular now"
        before = recommender.product("p30").events
        recommender.add_events([Event("fresh", "p30", at=5), Event("fresh", "p31", "purchase", 6, 2.0)])
        assert recommender.for_user("fresh", 1, unknown="error").product_ids[0][1] == "3"
        assert [(event.product_id, event.type) for event in recommender.history("fresh")] == [
            ("p31", "purchase"),
            ("p30", "view"),
        ]
        assert recommender.product("p30").events == before + 1


def test_an_event_that_is_sent_again_counts_once(copied: Run) -> None:
    with Recommender.load(copied.folder, writable=True) as recommender:
        for _ in range(2):
            recommender.add_events([Event("fresh", "p30", at=5)])
        assert len(recommender.history("fresh")) == 1


def test_a_new_product_is_shown_searched_and_explained_at_once(copied: Run) -> None:
    with Recommender.load(copied.folder, writable=True) as recommender:
        recommender.search("spade")
        recommender.add_products([SPADE])
        assert "new" in recommender.similar("p00", 8).product_ids
        assert "new" in recommender.for_events(["p00"], 32).product_ids
        assert recommender.search("number 99", 1).product_ids == ["new"]
        assert [product[1] for product in recommender.for_events(["new"], 5).product_ids] == ["0"] * 5
        explanation = recommender.explain(["p00"], "new")
        amounts = sum(c.amount for c in explanation.contributions) + explanation.prior
        assert amounts == pytest.approx(explanation.first_stage, abs=1e-5)
        assert recommender.product("new").attributes == {"colour": ("red",)}
        assert "new" not in recommender.similar("p00", 8, where=Filter(in_stock=True)).product_ids


def test_what_was_added_is_there_after_a_restart(copied: Run) -> None:
    with Recommender.load(copied.folder, writable=True) as recommender:
        recommender.add_products([SPADE])
        recommender.add_events([Event("fresh", "new", at=5)])
        before = recommender.for_user("fresh")
    with Recommender.load(copied.folder) as recommender:
        after = recommender.for_user("fresh")
        assert after.product_ids == before.product_ids
        np.testing.assert_allclose([i.score for i in after], [i.score for i in before], atol=1e-4)
        assert recommender.product("new").events == 1


def test_a_new_product_gets_the_vector_that_training_would_give_it(trained: Run, copied: Run) -> None:
    """The network's own way, over the whole graph with the product in it."""
    from cartograph.encoders import EmbeddingCache, embed_graph, load_encoder
    from cartograph.gnn import build_graph, event_histories, load_checkpoint, with_events

    with Recommender.load(copied.folder, writable=True) as recommender:
        recommender.add_products([SPADE])
        row = recommender.index.rows["new"]
        ours = recommender.index.unit[row]
    with copied.open(read_only=True) as store:
        arrays = export(store)
    encoder = load_encoder()
    vectors = embed_graph(arrays, encoder, EmbeddingCache(copied.embeddings), progress=False)
    data = with_events(build_graph(arrays, vectors), event_histories(arrays), 100)
    network = load_checkpoint(copied.checkpoint, data, encoder.fingerprint)
    theirs = network.products(data).detach().numpy()[list(data["product"].ids).index("new")]
    assert ours @ theirs / np.linalg.norm(theirs) > 0.98


def test_a_new_product_has_the_facts_of_one_that_is_described_alike(copied: Run) -> None:
    with Recommender.load(copied.folder, writable=True) as recommender:
        old = recommender.product("p30")
        twin = NewProduct(
            "twin",
            old.title,
            old.description,
            old.brand,
            old.category.split(" > "),
            attributes={**old.attributes, "scent": ["unheard of"]},
        )
        recommender.add_products([twin, NewProduct("blank", "zzz")])
        index = recommender.index
        first, second, none = index.facts[[index.rows[name] for name in ("p30", "twin", "blank")]].toarray()
        assert np.count_nonzero(first) >= 3
        np.testing.assert_allclose(second, first, atol=1e-6)
        assert not none.any()


@pytest.mark.parametrize("kind", ["brand", "category"])
def test_a_new_product_without_brand_or_category_gets_those_of_products_described_alike(
    trained: Run, kind: str
) -> None:
    ranker = Ranker.load(trained.index)
    index = ranker.index
    with Recommender.load(trained.folder) as recommender:
        whole = replace(recommender.product("p07"), product_id="whole")
    changes: list[dict[str, Any]] = [{"product_id": f"a{name}", kind: name} for name in ("", "unheard of")]
    bare = [replace(whole, **change) for change in changes]

    def text_channel(index: Index) -> FloatArray:
        placed = replace(ranker, index=index).with_products([whole, *bare], index.text[[7, 7, 7]])
        return placed.index.channels["text"][-3:]

    blank = np.zeros_like(index.channels[kind])
    gained = text_channel(index) - text_channel(replace(index, channels={**index.channels, kind: blank}))
    own = index.channels[kind][index.rows["p07"]]
    assert not gained[0].any()
    for added in gained[1:]:
        assert added @ own / np.linalg.norm(added) / np.linalg.norm(own) > 0.9


def test_a_product_that_is_there_changes_price_and_stock_only(copied: Run) -> None:
    with Recommender.load(copied.folder, writable=True) as recommender:
        recommender.add_products([SPADE])
        recommender.add_products([NewProduct(**{**vars(SPADE), "price": 2.5, "stock": 7})])
        assert (recommender.product("new").price, recommender.product("new").stock) == (2.5, 7)
        assert len(recommender.index.ids) == 33
        with pytest.raises(DataError, match="has the brand 'brand 0', not 'other'; what is learned changes"):
            recommender.add_products([NewProduct(**{**vars(SPADE), "brand": "other"})])


def test_nothing_is_added_where_one_event_is_wrong(copied: Run) -> None:
    with Recommender.load(copied.folder, writable=True) as recommender:
        with pytest.raises(UnknownIdError, match="no product 'nope'"):
            recommender.add_events([Event("fresh", "p30"), Event("fresh", "nope")])
        assert recommender.history("fresh") == []


def test_what_is_open_for_reading_takes_nothing(recommender: Recommender) -> None:
    with pytest.raises(StoreError, match="is open for reading; load it with writable=True"):
        recommender.add_events([Event("fresh", "p30")])
    with pytest.raises(StoreError, match="is open for reading"):
        recommender.add_products([SPADE])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Event("", "p1"), "empty user_id or product_id"),
        (lambda: Event("u", "p1", "stolen"), "type 'stolen'; it must be one of view, cart"),
        (lambda: Event("u", "p1", at=-1), "at -1; give seconds since 1970"),
        (lambda: Event("u", "p1", at=10**12), "before the year 2200"),
        (lambda: Event("u", "p1", value=float("inf")), "value inf; give a finite number"),
        (lambda: NewProduct(""), "empty product_id"),
        (lambda: NewProduct("p"), "'p' has no text; give it a title"),
        (lambda: NewProduct("p", "t", category="A > B"), "a text as category; give a list of steps"),
        (lambda: NewProduct("p", "t", price=-1), "the price -1; give 0 or more"),
        (lambda: NewProduct("p", "t", stock=float("nan")), "the stock nan; give 0 or more"),
    ],
)
def test_events_and_products_that_make_no_sense_are_refused(make: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make()  # type: ignore[operator]


def test_a_product_given_twice_is_refused(copied: Run) -> None:
    with Recommender.load(copied.folder, writable=True) as recommender:
        with pytest.raises(DataError, match="product id 'new' is given twice"):
            recommender.add_products([SPADE, SPADE])
        assert "new" not in recommender.index.rows


def test_many_threads_may_ask_while_one_adds(copied: Run) -> None:
    wrong: list[BaseException] = []
    with Recommender.load(copied.folder, writable=True) as recommender:
        over = threading.Event()

        def ask(number: int) -> None:
            try:
                while not over.is_set():
                    assert len(recommender.for_user(f"u{number}", 5)) == 5
                    assert recommender.search("spade", 3)
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for number in range(10):
            recommender.add_events([Event(f"u{number % 4}", f"p{number % 4}7", at=10**9 + number)])
            recommender.add_products([NewProduct(f"new{number}", f"garden spade number {100 + number}")])
        over.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert len(recommender.index.ids) == 42


def test_a_reload_takes_the_run_as_it_has_been_trained_since(copied: Run, trained: Run) -> None:
    with Recommender.load(trained.folder) as recommender:
        before = recommender.for_user("u0").to_dicts()
        recommender.reload(copied.folder)
        assert recommender.run.folder == copied.folder
        assert recommender.for_user("u0").to_dicts() == before
        recommender.reload()
        assert recommender.for_user("u0").to_dicts() == before


KILLS = 50

WRITER = """
import os, random, signal, sys, time
from cartograph.encoders import load_encoder
from cartograph.serving.live import Event, NewProduct
from cartograph.serving.recommender import Recommender

def write(n, out):
    with Recommender.load(sys.argv[1], writable=True) as recommender:
        while True:
            n += 1
            if n % 5:
                recommender.add_events([Event(f"visitor{n % 7}", f"p{n % 4}{n % 7}", at=n)])
            else:
                recommender.add_products([NewProduct(f"made{n}", f"garden spade {n}", brand="brand 0")])
            os.write(out, b"%d\\n" % n)

load_encoder().encode(["torch is loaded once, before the forks"])
rng, last = random.Random(0), 0
for _ in range(int(sys.argv[2])):
    read, out = os.pipe()
    child = os.fork()
    if not child:
        write(last, out)
    os.close(out)
    with os.fdopen(read) as lines:
        last = int(lines.readline())
        time.sleep(rng.uniform(0, 0.3))
        os.kill(child, signal.SIGKILL)
        last = max([last, *map(int, lines)])
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
print(last)
"""
"""Forks a process that adds events and products, kills it while it writes, and forks the next one."""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(copied: Run) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(copied.folder), str(KILLS)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    last = int(done.stdout)
    assert last > KILLS
    with Recommender.load(copied.folder) as recommender:
        happened = {event.at for n in range(7) for event in recommender.history(f"visitor{n}", 10**6)}
        assert happened >= {n for n in range(1, last + 1) if n % 5}
        made = {f"made{n}": f"garden spade {n}" for n in range(5, last + 1, 5)}
        assert {name: recommender.product(name).title for name in made} == made
