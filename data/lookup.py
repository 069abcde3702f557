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
    found = pc.index_in(_texts(values), value_set=_texts(known))
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _texts(values: Iterable[str]) -> pa.Array:
    array = pa.array(values if isinstance(values, pd.Series | pd.Index | np.ndarray) else list(values))
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.cast(pa.large_string())
