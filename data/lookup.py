"""Finding texts among others, column by column."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def positions(values: Iterable[str], known: Iterable[str]) -> npt.NDArray[np.int64]:
    """Where each of `values` is among `known`, -1 where it is not, `(n_values,)`.

    The same as `pd.Index(known).get_indexer(values)`, but for the Python objects that pandas makes of every
    text on the way: with ten million values among a hundred thousand, a second instead of ten.

    >>> positions(pd.Series(["b", "x", "a"]), ["a", "b"]).tolist()
    [1, -1, 0]
    """
    wanted = _texts(known)
    if isinstance(wanted, pa.ChunkedArray):
        wanted = wanted.combine_chunks()
    found = pc.fill_null(pc.index_in(_texts(values), value_set=wanted), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def _texts(values: Iterable[str]) -> pa.Array | pa.ChunkedArray:
    known_to_arrow = isinstance(values, pd.Series | pd.Index | np.ndarray)
    return pa.array(values if known_to_arrow else list(values)).cast(pa.large_string())
