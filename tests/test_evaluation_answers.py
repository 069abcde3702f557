"""Answers that are kept: what was killed goes on, what was added is fitted alone, what differs is refused."""

from pathlib import Path

import numpy as np
import pytest

from cartograph.data import Dataset, Exam, Split, item_cold, leave_one_out
from cartograph.evaluation import BASELINES, Answers, Fit, Scorer, Trained, examine
from tests.planted import planted_shop


class Counted:
    """A model that tells which seeds it was fitted with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seeds: list[int] = []

    def __call__(self, split: Split) -> Scorer:
        self.seeds.append(split.seed)
        return Trained(BASELINES[self.name](split), curve=[0.1], settings={"weight": 0.5, "how": None})


def exams(shop: Dataset, *seeds: int) -> list[Exam]:
    return [item_cold(shop, seed=seed) for seed in seeds]


def test_what_is_kept_is_not_fitted_again_and_makes_the_same_document(tmp_path: Path) -> None:
    shop = planted_shop(n_users=100)
    models = {"a/b": Counted("popular"), "knn": Counted("item-knn")}
    first, second = (examine(exams(shop, 0, 1), models, answers=Answers(tmp_path)) for _ in range(2))
    assert [model.seeds for model in models.values()] == [[0, 1], [0, 1]]
    assert first == second
    assert len(list(tmp_path.iterdir())) == 4


def test_only_models_and_seeds_that_are_new_are_fitted(shop: Dataset, tmp_path: Path) -> None:
    popular, knn = Counted("popular"), Counted("item-knn")
    examine(exams(shop, 0), {"popular": popular}, answers=Answers(tmp_path))
    document = examine(exams(shop, 0, 1), {"popular": popular, "knn": knn}, answers=Answers(tmp_path))
    assert (popular.seeds, knn.seeds) == ([0, 1], [0, 1])
    unkept = examine(exams(shop, 0, 1), {"popular": Counted("popular"), "knn": Counted("item-knn")})
    assert document["differences"] == unkept["differences"]


def test_what_was_answered_before_an_end_is_there_after_it(shop: Dataset, tmp_path: Path) -> None:
    def killed(split: Split) -> Scorer:
        raise KeyboardInterrupt

    popular = Counted("popular")
    with pytest.raises(KeyboardInterrupt):
        examine(exams(shop, 0), {"popular": popular, "knn": killed}, answers=Answers(tmp_path))
    examine(exams(shop, 0), {"popular": popular, "knn": BASELINES["item-knn"]}, answers=Answers(tmp_path))
    assert popular.seeds == [0]


def test_a_kept_answer_counts_as_the_one_look_at_the_test_part(shop: Dataset, tmp_path: Path) -> None:
    models: dict[str, Fit] = {"popular": BASELINES["popular"]}
    examine(exams(shop, 0), models, answers=Answers(tmp_path))
    (exam,) = exams(shop, 0)
    examine([exam], models, answers=Answers(tmp_path))
    with pytest.raises(ValueError, match="the test part was opened for 'popular' before"):
        examine([exam], models, answers=Answers(tmp_path))


def test_answers_to_another_exam_or_under_other_settings_are_refused(shop: Dataset, tmp_path: Path) -> None:
    models: dict[str, Fit] = {"popular": BASELINES["popular"]}
    examine(exams(shop, 0), models, answers=Answers(tmp_path, {"epochs": 2}))
    examine(exams(shop, 0), models, answers=Answers(tmp_path, {"epochs": 2}))
    fewer = shop.with_events(shop.events.iloc[:-1])
    for other, epochs in (
        (leave_one_out(shop), 2),
        (item_cold(shop, share=0.3), 2),
        (item_cold(fewer), 2),
        (item_cold(shop), None),
    ):
        with pytest.raises(ValueError, match=r"popular-0.npz was kept for other events, .* another folder"):
            examine([other], models, answers=Answers(tmp_path, {"epochs": epochs}))


def test_exams_differ_by_the_test_part_alone(shop: Dataset) -> None:
    exam = leave_one_out(shop)
    assert exam.fingerprint() == leave_one_out(shop).fingerprint()
    last = shop.events.groupby("user_id").tail(1).index
    swapped = shop.events.copy()
    swapped.loc[last, "product_id"] = "p07"  # nobody has bought it
    other = leave_one_out(shop.with_events(swapped))
    np.testing.assert_array_equal(exam.validation.targets, other.validation.targets)
    assert exam.fingerprint() != other.fingerprint()
