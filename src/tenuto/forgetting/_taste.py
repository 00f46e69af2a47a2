"""Listeners out of EASE in its form for few users, which keeps what each of them likes.

It holds K = (XX' + lambda I)^-1 over the users of the fit with any taste, and X. Without user r the
inverse is that of the smaller matrix, by the Schur complement:
K' = K[-r, -r] - K[-r, r] K[r, -r] / K[r, r], so that what is left is EASE as if the listener had
never been there (but for the ridge, which is scaled by the mean square of all tastes).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_ROWS, _TASTE, _INVERSE, _OFFERED = "taste_rows", "taste", "inverse", "offered"


class TasteNotFound(Exception):
    """The rows of taste are not those of the histories: the model was updated since its fit."""


def without_tastes(
    tables: dict[str, pa.Table], users: pa.Table, histories: pa.Table, gone: NDArray[np.bool_]
) -> dict[str, pa.Table]:
    """File name -> table, for the tables of a model that change without the users ``gone``.

    Raises
    ------
    TasteNotFound : if the rows of taste cannot be told
    """
    changed: dict[str, pa.Table] = {}
    for before in _places(tables):
        parts = {
            name: tables[f"{before}{name}.parquet"] for name in (_ROWS, _TASTE, _INVERSE, _OFFERED)
        }
        rows = _rows_of(parts, users, histories, gone)
        found = _smaller(parts, rows)
        changed |= {f"{before}{name}.parquet": table for name, table in found.items()}
    return changed


def _places(tables: dict[str, pa.Table]) -> Iterator[str]:
    """What names begin with, of a model itself and of those that it is made of."""
    end = f"{_ROWS}.parquet"
    yield from sorted(name.removesuffix(end) for name in tables if name.endswith(end))


def _rows_of(
    parts: dict[str, pa.Table], users: pa.Table, histories: pa.Table, gone: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The rows of taste of the users ``gone``; the others are told by what they like, too."""
    start = np.concatenate([[0], np.cumsum(users["n_items"].to_numpy())])
    item, liked = histories["item"].to_numpy(), histories["preference"].to_numpy() > 0
    offered = parts[_OFFERED]["item"].to_numpy()
    first = np.concatenate([[0], np.cumsum(parts[_ROWS]["n_entries"].to_numpy())])
    column = parts[_TASTE]["column"].to_numpy()
    row, found = 0, []
    for user in range(len(start) - 1):
        own = slice(start[user], start[user + 1])
        likes = item[own][liked[own]]
        if not len(likes):
            continue
        is_here = row < len(first) - 1
        if not is_here or not np.array_equal(offered[column[first[row] : first[row + 1]]], likes):
            raise TasteNotFound
        if gone[user]:
            found.append(row)
        row += 1
    return np.asarray(found, dtype=np.int64)


def _smaller(parts: dict[str, pa.Table], rows: NDArray[np.int64]) -> dict[str, pa.Table]:
    n_entries = parts[_ROWS]["n_entries"].to_numpy()
    stays = np.ones(len(n_entries), dtype=bool)
    stays[rows] = False
    whole = _whole(parts[_INVERSE]["value"].to_numpy())
    for row in rows[::-1]:
        own = np.delete(whole[row], row)
        pivot = whole[row, row]
        whole = np.delete(np.delete(whole, row, 0), row, 1) - np.outer(own, own) / pivot
    half = whole[np.tril_indices(len(whole))].astype(np.float32)
    return {
        _ROWS: pa.table({"n_entries": n_entries[stays]}),
        _TASTE: parts[_TASTE].filter(pa.array(np.repeat(stays, n_entries))),
        _INVERSE: pa.table({"value": half}),
    }


def _whole(half: NDArray[np.float32]) -> NDArray[np.float64]:
    size = int((np.sqrt(8 * len(half) + 1) - 1) / 2)
    whole = np.zeros((size, size))
    whole[np.tril_indices(size)] = half
    return whole + np.tril(whole, -1).T
