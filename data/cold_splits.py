"""Splits that withhold products or users from training altogether."""

import numpy as np

from .dataset import BoolArray, Columns, Dataset
from .splits import Exam, assemble, cases, one_each


def item_cold(dataset: Dataset, share: float = 0.2, *, seed: int = 0) -> Exam:
    """Ask for every user's last product, with a share of the products withheld from training and histories.

    A test target that was withheld is cold, any other warm; the candidates are the whole catalogue. The
    validation target is the last event that then remains, so validation is warm only. A user with but one
    remaining event gives it to training, and is asked in the test only.

    Args:
        dataset: The products to withhold are drawn in proportion from every leaf category.
        share: Of the products to withhold, in (0, 1).
        seed: Of the draw.

    Raises:
        DataError: There is nobody to ask.
    """
    _check_share(share)
    histories = dataset.histories()
    withheld = withheld_products(dataset, share, seed)
    lengths = histories.lengths
    last = np.zeros(len(histories.products), dtype=bool)
    last[histories.offsets[1:][lengths > 0] - 1] = True
    known = ~last & ~withheld[histories.products]
    remaining = histories.select(known)
    n_left = remaining.lengths
    tested = np.flatnonzero(n_left >= 1)
    validated = np.flatnonzero(n_left >= 2)
    _, targets = one_each(histories, tested, lengths[tested] - 1)
    in_training = known.copy()
    ends = remaining.offsets[1:][validated] - 1
    in_training[np.flatnonzero(in_training)[ends]] = False
    return assemble(
        "item-cold",
        dataset,
        histories,
        in_training,
        known,
        cases(
            remaining,
            validated,
            n_left[validated] - 1,
            *one_each(remaining, validated, n_left[validated] - 1),
        ),
        cases(remaining, tested, n_left[tested], np.arange(len(tested)), targets),
        n_asked=len(histories),
        seed=seed,
        settings={"share": share},
    )


def user_cold(dataset: Dataset, history: int = 3, share: float = 0.2, *, seed: int = 0) -> Exam:
    """Ask users whom training never saw for their last product, after the few events before it.

    With the same seed, much the same users are withheld whatever `history` is, so that figures after 1, 2, 3
    and 5 events can be compared.

    Args:
        dataset: Users with fewer than `history + 1` events are never withheld.
        history: How many events a withheld user shows.
        share: Of the other users to withhold, in (0, 1); about half of them are asked in the validation, the
            others in the test.
        seed: Of the draw.

    Raises:
        DataError: There is nobody to ask.
    """
    _check_share(share)
    if history < 1:
        raise ValueError(f"history is {history}; it must be 1 or more")
    histories = dataset.histories()
    lengths = histories.lengths
    order = np.random.default_rng(seed).permutation(len(lengths))
    able = np.flatnonzero(lengths[order] > history)
    places = able[: round(share * len(able))]
    withheld = order[places]
    shown = np.repeat(lengths, lengths) - history - 1
    from_end = np.arange(len(histories.products)) - np.repeat(histories.offsets[:-1], lengths)
    tails = histories.select(from_end >= shown)
    parts = np.sort(withheld[places % 2 == 0]), np.sort(withheld[places % 2 == 1])
    validation, test = (
        cases(
            tails, users, np.full(len(users), history), *one_each(tails, users, np.full(len(users), history))
        )
        for users in parts
    )
    trained = np.ones(len(histories), dtype=bool)
    trained[withheld] = False
    validated = np.zeros(len(histories), dtype=bool)
    validated[parts[0]] = True
    return assemble(
        "user-cold",
        dataset,
        histories,
        np.repeat(trained, lengths),
        np.repeat(trained, lengths) | (np.repeat(validated, lengths) & (from_end >= shown)),
        validation,
        test,
        n_asked=len(parts[1]),
        seed=seed,
        settings={"history": history, "share": share},
    )


def withheld_products(dataset: Dataset, share: float, seed: int) -> BoolArray:
    """Which products to withhold, `(n_products,)`: from each leaf category its share, give or take one."""
    rng = np.random.default_rng(seed)
    paths = dataset.products[Columns.CATEGORY].map(" > ".join)
    order = rng.permutation(len(paths))
    order = order[np.argsort(paths.to_numpy(object)[order], kind="stable")]
    # Systematic sampling: along the products, sorted by category, every 1/share-th is drawn.
    steps = np.floor(np.arange(len(order) + 1) * share + rng.random())
    withheld = np.zeros(len(order), dtype=bool)
    withheld[order[np.diff(steps) > 0]] = True
    return withheld


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"share is {share}; it must be above 0 and below 1")
