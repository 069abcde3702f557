"""How products become neighbours and are described, against arithmetic."""

import numpy as np
import scipy.sparse as sp

from cartograph.data.matrices import path_strengths
from cartograph.gnn import GraphConfig
from cartograph.gnn.facts import fact_matrix
from cartograph.gnn.graph import followed_by, leads_to, nearest_by_text, symmetrically_normalised
from tests.test_gnn import histories_of


def test_what_follows_weighs_by_its_distance() -> None:
    config = GraphConfig(co_visit_gap=2, co_visit_scale=2.0)
    followed = followed_by(histories_of([0, 1, 2], [2, 0]), 3, config)
    one, two = np.exp(-1 / 2), np.exp(-2 / 2)
    np.testing.assert_allclose(followed.toarray(), [[0, one, two], [0, 0, one], [one, 0, 0]], rtol=1e-6)
    both = np.array([[0, one, two + one], [one, 0, one], [two + one, one, 0]])
    root = np.sqrt(both.sum(axis=1))
    np.testing.assert_allclose(
        symmetrically_normalised(followed + followed.T).toarray(), both / root / root[:, None], rtol=1e-6
    )
    strongest = leads_to(followed, GraphConfig(successors=1)).toarray()
    from_0 = one / np.sqrt(1 + one + two)
    from_1 = one / np.sqrt(1 + one)
    np.testing.assert_allclose(strongest, [[0, from_0, 0], [0, 0, from_1], [from_1, 0, 0]], rtol=1e-6)


def test_paths_start_from_every_recent_event() -> None:
    leads = sp.csr_array(np.array([[0, 0.5, 0.2], [0, 0, 0.3], [0, 0, 0]], dtype=np.float32))
    found = path_strengths(histories_of([0, 1], []), leads).toarray()
    np.testing.assert_allclose(found, [[0, 0.5 * np.exp(-0.3), 0.2 * np.exp(-0.3) + 0.3], [0, 0, 0]])


def test_products_that_nothing_describes_have_no_facts() -> None:
    assert fact_matrix([], 5).shape == (5, 0)


def test_nearest_by_text_is_exact_and_symmetric() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 6)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    found = nearest_by_text(x, k=3, chunk=7).toarray()
    cosines = x @ x.T - 2 * np.eye(50)
    best = np.zeros((50, 50), dtype=bool)
    np.put_along_axis(best, np.argsort(-cosines, axis=1)[:, :3], True, axis=1)
    np.testing.assert_allclose(found, np.where(best | best.T, cosines.clip(min=0), 0), atol=1e-6)
