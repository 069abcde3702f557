"""Categories told by texts: what each factor is for, what nobody may know, what is above a category."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cartograph.data import Dataset
from cartograph.data.dataset import FloatArray, IntArray
from cartograph.data.words import words
from cartograph.kg import export, load_dataset, open_store
from cartograph.kg.quality import CategoryClassifier, Facts, TextVectors, propose
from cartograph.kg.quality.calibration import Numbers
from cartograph.kg.quality.categories import along_path
from cartograph.serving.loading import load_stage
from cartograph.serving.quality import accept_stage
from cartograph.serving.run import Run
from cartograph.serving.stages import encode_stage
from tests.faulty_shop import KINDS, many_products

CATEGORY = np.arange(300) % 5
BRAND = np.arange(300) // 5 % 12


def unit(vectors: Numbers) -> FloatArray:
    out: FloatArray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return out


def vectors_of(category: IntArray, noise: float, seed: int = 0) -> TextVectors:
    """Products around the names of their categories."""
    rng = np.random.default_rng(seed)
    names = unit(rng.normal(size=(category.max() + 1, 16)))
    return TextVectors(unit(names[category] + noise * rng.normal(size=(len(category), 16))), names)


def accuracy(classifier: CategoryClassifier, held_out: Numbers, category: IntArray) -> float:
    assert held_out.sum(axis=1) == pytest.approx(1.0)
    return float((classifier.leaves[held_out.argmax(axis=1)] == category).mean())


def test_words_tell_where_vectors_do_not() -> None:
    terms = [[f"word{kind}", f"other{row % 7}"] for row, kind in enumerate(CATEGORY)]
    vectors = vectors_of(np.random.default_rng(1).permutation(CATEGORY), noise=0.1)
    classifier, held_out = CategoryClassifier.fit(terms, CATEGORY, BRAND, vectors)
    assert accuracy(classifier, held_out, CATEGORY) == 1.0
    assert classifier.exponents[0] > 0.5
    found = classifier([["word3"], ["word0"]], vectors.products[:2])
    assert found.argmax(axis=1).tolist() == [3, 0]


def test_vectors_tell_where_words_do_not() -> None:
    vectors = vectors_of(CATEGORY, noise=0.2)
    classifier, held_out = CategoryClassifier.fit([["same"]] * 300, CATEGORY, BRAND, vectors)
    assert accuracy(classifier, held_out, CATEGORY) > 0.95
    assert accuracy(*CategoryClassifier.fit([["same"]] * 300, CATEGORY, BRAND), CATEGORY) < 0.4


def test_a_category_that_one_product_has_is_found_by_its_name() -> None:
    category = np.concatenate([CATEGORY, [5]])
    vectors = vectors_of(category, noise=0.2)
    terms = [["same"]] * 301
    _, held_out = CategoryClassifier.fit(terms, category, np.arange(301), vectors)
    assert held_out[300].argmax() == 5


def test_what_a_brand_alone_teaches_is_not_known_when_it_is_asked() -> None:
    terms = [[f"word{kind}"] for kind in CATEGORY]
    only = BRAND == 3
    category = np.where(only, 7, CATEGORY)
    classifier, held_out = CategoryClassifier.fit(terms, category, BRAND)
    assert held_out[only, -1].max() < 0.01
    assert classifier([["word1"]])[0, -1] > 0.05  # the classifier itself has seen the brand


@pytest.mark.parametrize(
    ("terms", "category"),
    [([[]] * 6, [0, 1, 0, 1, 0, 1]), ([["a"]] * 6, [4] * 6), ([["a"], ["b"], ["c"]], [0, 1, 2])],
)
def test_with_next_to_nothing_to_learn_from_it_still_answers(
    terms: Sequence[Sequence[str]], category: list[int]
) -> None:
    classifier, held_out = CategoryClassifier.fit(terms, np.array(category), np.zeros(len(terms), np.int64))
    found = classifier([["a", "unheard"], []])
    assert held_out.shape == (len(terms), len(set(category)))
    assert found.sum(axis=1) == pytest.approx(1.0)


def test_equal_seeds_give_equal_probabilities() -> None:
    terms = [[f"word{kind}"] for kind in CATEGORY]
    one, two = (CategoryClassifier.fit(terms, CATEGORY, BRAND, vectors_of(CATEGORY, 0.5))[1] for _ in "ab")
    np.testing.assert_array_equal(one, two)


def test_a_category_is_as_sure_as_all_below_it() -> None:
    # 0 all > 1 hair > (2 brush, 3 mask); 0 all > 4 nails
    above = np.array([[0, -1, -1], [1, 0, -1], [2, 1, 0], [3, 1, 0], [4, 0, -1]])
    found, masses = along_path(np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]), np.array([2, 3, 4]), above)
    assert found.tolist() == [[2, 1, -1], [4, -1, -1]]  # what all are in says nothing
    np.testing.assert_allclose(masses, [[0.5, 0.8, 0], [0.7, 0, 0]])


def shop(hidden: int) -> tuple[Dataset, dict[str, str]]:
    """Every `hidden`-th product lacks its category; kinds are of one of two departments."""
    dataset, _ = many_products(unbranded=0)
    products = dataset.products
    paths = [("shop", "hands" if path[1] in KINDS[:2] else "face", path[1]) for path in products["category"]]
    truth = {p: " > ".join(path) for p, path in zip(products["product_id"], paths, strict=True)}
    known = [() if row % hidden == 0 else path for row, path in enumerate(paths)]
    return Dataset.of("hidden", products.assign(category=pd.Series(known, dtype=object))), truth


def test_where_the_kind_is_unsure_the_department_is_proposed(tmp_path: Path) -> None:
    dataset, truth = shop(hidden=5)
    products = dataset.products.copy()
    products["title"] = [
        title.replace("hand cream", "pampering").replace("nail lacquer", "pampering")
        for title in products["title"]
    ]
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, Dataset.of("vague", products), progress=False)
        proposals = propose(Facts(export(store)), "IN_CATEGORY")
    sure = [item.sure(0.9) for item in proposals.items]
    vague = [item for item in sure if item and "pampering" in item.title]
    assert len(vague) > 30
    assert {item.target_id for item in vague} == {"shop > hands"}
    clear = [item for item in sure if item and "pampering" not in item.title]
    assert len(clear) > 60
    assert all(truth[item.product_id].startswith(item.target_id) for item in clear)
    assert sum(item.target_id == truth[item.product_id] for item in clear) > 0.9 * len(clear)
    for level in proposals.to_dict()["precision"]:
        assert level["precision"] is None or level["precision"] > level["confidence"] - 0.03
    assert proposals.to_dict()["precision"][2]["missing"] == len(vague) + len(clear)


def test_two_products_are_too_few_to_propose_by(tmp_path: Path) -> None:
    products = pd.DataFrame({"product_id": ["a", "b", "c"], "title": ["red tea", "black tea", "tea"]})
    products["category"] = pd.Series([("tea",), ("tea",), ()], dtype=object)
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, Dataset.of("three", products), progress=False)
        proposals = propose(Facts(export(store)), "IN_CATEGORY")
    assert (proposals.n_missing, proposals.items) == (1, ())


def test_categories_that_run_in_a_circle_end(tmp_path: Path) -> None:
    dataset, _ = shop(hidden=5)
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, dataset, progress=False)
        store.execute(
            "MATCH (a:Category {id: 'shop'}), (b:Category {id: 'shop > hands'}) "
            "CREATE (a)-[:SUBCATEGORY_OF]->(b)"
        )
        facts = Facts(export(store))
    assert facts.lineages.shape[1] == 20
    assert propose(facts, "IN_CATEGORY").items


def test_chinese_titles_are_told_apart() -> None:
    kinds = ("智能手机", "跑步鞋", "婴儿奶粉")
    category = np.arange(90) // 3 % 3
    titles = [f"{('新款', '正品', '官方')[row % 3]}{kinds[kind]}" for row, kind in enumerate(category)]
    classifier, held_out = CategoryClassifier.fit([words(t) for t in titles], category, np.arange(90))
    assert accuracy(classifier, held_out, category) == 1.0
    assert classifier([words("特价跑步鞋男")]).argmax() == 1


@pytest.mark.slow
def test_an_encoded_run_accepts_by_meaning(tmp_path: Path) -> None:
    """Titles share no word with those of the other half; the categories' names say what they mean."""
    synonyms = {"shirts": ("tee", "blouse", "polo top"), "shoes": ("sneakers", "loafers", "sandals")}
    synonyms["lamps"] = ("ceiling light", "lantern", "led bulb")
    rows = [
        (f"{kind}-{word}-{n}", f"{word} no {n}", ("shop", kind))
        for kind, own in synonyms.items()
        for word in own
        for n in range(40)
    ]
    products = pd.DataFrame(rows, columns=["product_id", "title", "category"])
    truth = dict(zip(products["product_id"], products["category"], strict=True))
    unheard = products["title"].str.contains("polo top|sandals|lantern")
    products.loc[unheard, "category"] = products.loc[unheard, "category"].map(lambda _: ())
    products["brand"] = [row[1].split(" no ")[0] for row in rows]
    run = Run(tmp_path / "run")
    load_stage(run, Dataset.of("meaning", products), progress=False)
    encode_stage(run, progress=False)
    _, chosen = accept_stage(run, 0.5, ["IN_CATEGORY"])
    assert len(chosen) > 80
    assert all(item.target_id == " > ".join(truth[item.product_id]) for item in chosen)
