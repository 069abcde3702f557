"""What describes products: brands, category paths, attributes, and the words of their texts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..data.dataset import FloatArray, StrArray
from ..data.matrices import Matrix, unit_rows
from ..data.words import words
from ..kg import GraphArrays

if TYPE_CHECKING:
    from .graph import GraphConfig

FACTS = ("brand", "category", "attribute", "word")
"""The kinds of facts, in the order in which they stand side by side."""

_RELATIONS = {"Brand": "MADE_BY", "Category": "IN_CATEGORY", "Attribute": "HAS_ATTRIBUTE"}


def facts(arrays: GraphArrays, config: "GraphConfig") -> dict[str, tuple[StrArray, Matrix]]:
    """Ids of the facts of each kind, and which product has which, `(n_products, n_facts)` of ones.

    They are in the order of `FACTS`; kinds without facts are left out. A category describes the products of
    its descendants too.
    """
    out = {}
    n_products = len(arrays.nodes["Product"])
    for label, relation in _RELATIONS.items():
        edges = arrays.edges.get(("Product", relation, label))
        if edges is not None and len(edges.source):
            ids = arrays.nodes[label]["id"].to_numpy(object)
            incidence = _incidence(edges.source, edges.target, (n_products, len(ids)))
            if label == "Category":
                incidence = _with_ancestors(incidence, arrays)
            out[label.lower()] = (ids, incidence)
    known, incidence = _words(arrays, config)
    if len(known):
        out["word"] = (known, incidence)
    return out


def idf_weighted(incidence: Matrix) -> Matrix:
    """Rows of unit length in which rare facts weigh more."""
    return unit_rows(Matrix(incidence @ sp.diags_array(rarity(incidence))))


def fact_matrix(incidences: Sequence[Matrix], n_products: int) -> Matrix:
    """All facts of each product side by side, rare ones weighing more, `(n_products, n_facts)`.

    Rows have unit length, so that the product of two is the cosine of the products' facts.

    Args:
        incidences: Of each kind, in the order of `FACTS`.
        n_products: Size of the catalogue.
    """
    if not incidences:
        return Matrix((n_products, 0), dtype=np.float32)
    return idf_weighted(Matrix(sp.hstack(incidences, format="csr")))


def rarity(incidence: Matrix) -> FloatArray:
    """`log(n / df)` of every fact, `(n_facts,)`."""
    frequency = np.maximum(incidence.sum(axis=0), 1)
    out: FloatArray = np.log(incidence.shape[0] / frequency).astype(np.float32)
    return out


def _words(arrays: GraphArrays, config: "GraphConfig") -> tuple[StrArray, Matrix]:
    """The words of titles and descriptions that neither one product has alone nor a great many share."""
    products = arrays.nodes["Product"]
    texts = products["title"] + " " + products["description"]
    pairs = pd.DataFrame({"word": texts.map(lambda text: sorted(set(words(text))))}).explode("word").dropna()
    df = pairs["word"].value_counts()
    known = df[(df >= config.rarest_word) & (df <= config.commonest_word * len(products))].index.sort_values()
    column = known.get_indexer(pd.Index(pairs["word"]))
    source = pairs.index.to_numpy()[column >= 0]
    ids = known.to_numpy(object)
    return ids, _incidence(source, column[column >= 0], (len(products), len(ids)))


def _incidence(source: Any, target: Any, shape: tuple[int, int]) -> Matrix:
    return sp.coo_array((np.ones(len(source), dtype=np.float32), (source, target)), shape=shape).tocsr()


def _with_ancestors(incidence: Matrix, arrays: GraphArrays) -> Matrix:
    edges = arrays.edges.get(("Category", "SUBCATEGORY_OF", "Category"))
    if edges is None:
        return incidence
    n = incidence.shape[1]
    parent = _incidence(edges.source, edges.target, (n, n))
    level = incidence
    while (level := sp.csr_array(level @ parent)).nnz:
        incidence = incidence.maximum(level)
    return sp.csr_array(incidence)
