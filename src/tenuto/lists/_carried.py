"""Lists of everybody, of which those of listeners who did nothing are an earlier run's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from tenuto.lists._desk import Desk
from tenuto.lists._everyone import CHUNK_USERS, lists_for
from tenuto.lists._reasons import Named

FILE = "recommendations.parquet"
#: What is made by judging lists, which takes a fit of its own.
JUDGEMENT = ("metrics.csv", "curves.json", "context.json")
#: Put beside the ids again whenever lists are written.
_NAMES = ("title", "artist")


def lists_with_carried(
    desk: Desk,
    users: pd.Index,
    k: int,
    names: Named | None,
    touched: pd.Index,
    earlier: Path,
) -> Iterator[pd.DataFrame]:
    """As `lists_of_everybody`, with new lists for some and those of ``earlier`` for others.

    Parameters
    ----------
    users : ascending
    touched : whose lists are made; also made are those of whom ``earlier`` has none
    earlier : the recommend/ folder of an earlier run
    """
    for first in range(0, len(users), CHUNK_USERS):
        chunk = users[first : first + CHUNK_USERS]
        carried = carried_lists(earlier, chunk.difference(touched))
        anew = chunk[~chunk.isin(carried["user_id"])]
        parts = [part for part in (carried, _made(desk, anew, k, names)) if len(part)]
        if parts:
            lists = pd.concat(parts, ignore_index=True)
            row = pd.Series(chunk.get_indexer(pd.Index(lists["user_id"])))
            yield lists.iloc[row.argsort(kind="stable").to_numpy()].reset_index(drop=True)


def carried_lists(earlier: Path, users: pd.Index) -> pd.DataFrame:
    """The rows of ``users`` in the order of the file, without titles."""
    file = pq.ParquetFile(earlier / FILE)
    columns = [name for name in file.schema_arrow.names if name not in _NAMES]
    if len(users) == 0:
        return file.schema_arrow.empty_table().select(columns).to_pandas()
    within = [("user_id", ">=", _plain(users.min())), ("user_id", "<=", _plain(users.max()))]
    table = pq.read_table(earlier / FILE, columns=columns, filters=within)
    # Ids that are whole numbers stay so where some are missing.
    rows = table.to_pandas(integer_object_nulls=True)
    return rows[rows["user_id"].isin(users)]


def copy_judgement(earlier: Path, folder: Path) -> None:
    """How good lists were, and what was learned from it, as it was at the last full fit."""
    for name in JUDGEMENT:
        if (earlier / name).exists():
            shutil.copyfile(earlier / name, folder / name)


def _made(desk: Desk, users: pd.Index, k: int, names: Named | None) -> pd.DataFrame:
    if len(users) == 0:
        return pd.DataFrame()
    lists = lists_for(desk, desk.asked(users), k, names=names)
    # As a file holds them.
    return lists.astype({"list": "str", "reason_code": "str"})


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
