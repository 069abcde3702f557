"""How another library's recommendations become scores; the library itself is not needed."""

import numpy as np
import pandas as pd

from benchmarks.peers import interactions, listed
from benchmarks.titles import both
from cartograph.encoders.titles import Titles
from cartograph.evaluation import rank_targets
from tests.test_evaluation import cases_of


def test_every_event_is_a_row_of_its_user_in_order() -> None:
    rows = interactions(cases_of([[3, 1], [2]], [[0], [0]]).histories)
    assert rows["user_id"].tolist() == [0, 0, 1]
    assert rows["item_id"].tolist() == [3, 1, 2]
    assert rows["datetime"].is_monotonic_increasing


def test_a_list_ranks_as_it_stands_and_finds_nothing_else() -> None:
    lists = pd.DataFrame({"user_id": [0, 0, 1], "item_id": [4, 2, 3], "rank": [1, 2, 1]})
    cases = cases_of([[0], [0], [0]], [[2], [1], [1]])  # second in the list, not in it, no list
    found = rank_targets(listed(lambda histories: lists, 5), cases, 5)
    assert found.per_user("ndcg", 10).tolist() == [1 / np.log2(3), 0, 0]


def test_titles_of_two_shops_share_no_category() -> None:
    tea = Titles(["Tea", "Cup"], [["Ito"], []], np.array([0, 1]))
    soap = Titles(["Soap"], [["Sudso", "Bath"]], np.array([0]))
    merged = both(tea, soap)
    assert (merged.titles, merged.details) == (["Tea", "Cup", "Soap"], [["Ito"], [], ["Sudso", "Bath"]])
    assert merged.kinds.tolist() == [0, 1, 2]
