"""Product vectors from who chose what, by the smoothest directions of the user–product graph."""

import numpy as np
from scipy.sparse.linalg import svds

from ..data import Histories
from ..data.dataset import FloatArray
from ..data.matrices import Matrix, seen, unit

DIRECTIONS = 64
"""How many directions are kept."""


def spectral_vectors(histories: Histories, n_products: int) -> FloatArray:
    """Unit vectors of the products, alike where the same users chose both, `(n_products, k)`.

    The rows of the leading right singular vectors of `D_u^-½ R D_p^-½`, with `R` 1 where a user chose a
    product: an ideal low-pass filter of the user–product graph (Shen et al. 2021). A sum over a history,
    however old its events, says what the user leans to in the long run, which a network that looks at the
    order says less well. `k` is `DIRECTIONS`, fewer where there are few users or products.

    Args:
        histories: What users did.
        n_products: Size of the catalogue; products without events get zero.
    """
    chosen = seen(histories, n_products)
    of_user, of_product = (np.asarray(chosen.sum(axis=axis)) for axis in (1, 0))
    products = np.flatnonzero(of_product)
    k = min(DIRECTIONS, len(products) - 1, int(np.count_nonzero(of_user)) - 1)
    out = np.zeros((n_products, max(k, 1)), dtype=np.float32)
    if k < 1:
        return out
    rows = np.repeat(np.arange(chosen.shape[0]), np.diff(chosen.indptr))
    chosen.data /= np.sqrt(of_user[rows] * of_product[chosen.indices])
    normalised = Matrix(chosen[:, products])
    start = np.random.default_rng(0).normal(size=min(normalised.shape)).astype(np.float32)
    _, _, directions = svds(normalised, k=k, v0=start)
    out[products] = unit(np.ascontiguousarray(directions.T, dtype=np.float32))
    return out
