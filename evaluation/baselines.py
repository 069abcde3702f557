"""What every recommender must beat, by name; each chooses its settings on validation."""

from typing import Any

from .content import content_knn, tfidf
from .factorisation import als, bpr
from .lightgcn import lightgcn
from .linear_models import ease, linear
from .neighbours import item_knn, user_knn
from .popularity import popular, recent
from .sasrec import sasrec
from .tuning import Baseline

BASELINES: dict[str, Baseline[Any]] = {
    "popular": popular,
    "recent": recent,
    "user-knn": user_knn,
    "item-knn": item_knn,
    "content-knn": content_knn(("title", "all"), tfidf),
    "ease": ease,
    "linear": linear,
    "als": als,
    "bpr": bpr,
    "lightgcn": lightgcn,
    "sasrec": sasrec,
}
"""Baselines by their name on the command line."""
