"""Equal lines of one file, found by their hashes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def previous_lines(lines: pa.Table) -> pa.Array:
    """Where the text of each of ``lines`` stood before: a ``source_line``; NULL at its first.

    ``lines`` are ``source_line``, ``line`` and ``line_hash``, in any order. Only lines whose hash
    is repeated are compared: they are few, and to compare texts is dear.
    """
    is_repeated = pd.Series(lines["line_hash"].to_numpy()).duplicated(keep=False).to_numpy()
    rows = np.flatnonzero(is_repeated)
    texts = lines["line"].filter(pa.array(is_repeated)).combine_chunks()
    codes = pc.dictionary_encode(texts).indices.to_numpy()
    numbers = lines["source_line"].to_numpy()
    # Two stable sorts: the first has hardly anything to do, since lines come in a few runs.
    by_number = np.argsort(numbers[rows], kind="stable")
    order = by_number[np.argsort(codes[by_number], kind="stable")]
    is_copy = np.diff(codes[order], prepend=-1) == 0
    later = rows[order[is_copy]]
    earlier = rows[order[np.flatnonzero(is_copy) - 1]]
    before = np.zeros(len(lines), dtype=np.int64)
    before[later] = numbers[earlier]
    is_first = np.ones(len(lines), dtype=bool)
    is_first[later] = False
    return pa.array(before, mask=is_first)


def smallest(hashes: np.ndarray, n: int) -> list[int]:
    """The ``n`` smallest of different ``hashes``, in order; fewer where there are fewer."""
    size = n
    while True:
        part = hashes if size >= len(hashes) else np.partition(hashes, size)[:size]
        found = np.unique(part)[:n]
        if len(found) == n or size >= len(hashes):
            return found.tolist()
        size *= 16
