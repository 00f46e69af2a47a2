"""Who had to do with what, in and out: a frame of pairs, or a sparse matrix.

    pairs.parquet   user_id, item_id, weight, then what Tenuto knows beside it
    pairs.npz       as scipy.sparse.load_npz reads it, with user_ids and item_ids in the same file

``weight`` is the preference; where days are known, ``datetime`` is that of the last play. These are
the columns that RecTools reads; LensKit calls them ``rating`` and ``timestamp``. A Parquet file
comes back by `read_pairs` as it went out.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import csr_array

from tenuto.errors import ContractError, SourceError
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._histories import ENTRY_COLUMNS, NEVER_PLAYED
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions
from tenuto.recommenders._interchange_files import id_array, read_npz, write_npz
from tenuto.recommenders._plays import NO_DATE as NO_DATE
from tenuto.record import write_aside

_NOTE = b"tenuto"
_KEPT = tuple(name for name in ENTRY_COLUMNS if name not in ("item", "preference"))
_MATRIX = ("data", "indices", "indptr", "shape")


def export_pairs(known: Interactions | Recommender, path: Path | str) -> int:
    """Write the pairs of ``known``; npz or CSV if ``path`` ends so, else Parquet. Returns how many.

    Parameters
    ----------
    known : interactions, or a recommender that was fitted on some

    A CSV has ``user_id``, ``item_id``, ``weight`` and ``datetime`` alone.
    """
    path, frame = Path(path), pairs_frame(known)
    if path.suffix == ".npz":
        write_npz(path, _as_matrix(known))
    elif path.suffix == ".csv":
        plain = frame.drop(columns=list(_KEPT))
        write_aside(path, lambda aside: plain.to_csv(aside, index=False))
    else:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        note = {
            "cutoff": known.cutoff.isoformat() if known.cutoff else None,
            "window_days": known.window_days,
            "preference": known.preference,
        }
        table = table.replace_schema_metadata({_NOTE: json.dumps(note, sort_keys=True).encode()})
        write_aside(path, lambda aside: pq.write_table(table, aside, compression="zstd"))
    return len(frame)


def pairs_frame(known: Interactions | Recommender) -> pd.DataFrame:
    """One row per user and item, in ascending order; see the head of this file."""
    histories = known.histories
    if histories is None:
        raise ContractError("the recommender was not fitted", mend="call fit, or load a saved one")
    frame = pd.DataFrame(
        {
            "user_id": known.user_ids.take(histories.row_of_entry()),
            "item_id": known.item_ids.take(histories.item),
            "weight": histories.preference,
        }
    )
    if known.cutoff not in (None, NO_DATE):
        ago = pd.to_timedelta(histories.last_played_age.astype(np.float64), unit="D")
        played = pd.Series(pd.Timestamp(known.cutoff) - ago).dt.as_unit("us")
        frame["datetime"] = played.where(histories.last_played_age != NEVER_PLAYED)
    return frame.assign(**{name: getattr(histories, name) for name in _KEPT})


def read_pairs(path: Path | str) -> Interactions:
    """A Parquet file of `export_pairs` as interactions, with the same histories.

    Sums per item are of the plays of these listeners; downloads and searches stay behind.

    Raises
    ------
    SourceError : if there is no such file
    ContractError : if `export_pairs` did not write it: `interactions_of` reads plain tables
    """
    path = Path(path)
    try:
        table = pq.read_table(path)
        note = json.loads((table.schema.metadata or {})[_NOTE])
    except (OSError, pa.ArrowInvalid) as problem:
        raise SourceError(f"{path} cannot be read: {problem}", mend="check the path") from problem
    except (KeyError, ValueError) as problem:
        raise ContractError(
            f"{path} is no Parquet file of Tenuto's pairs",
            mend="read it as a plain table: tenuto recommend fit",
        ) from problem
    pairs = table.rename_columns(
        ["preference" if name == "weight" else name for name in table.column_names]
    )
    recent = table.to_pandas()
    is_recent = recent["last_played_age"].between(1e-9, note["window_days"])
    sums = recent["n_plays"].where(is_recent, 0.0).groupby(recent["item_id"]).sum()
    item_sums = {name: np.zeros(len(sums), dtype=np.int64) for name in ITEM_SUMS}
    item_sums["n_plays"] = sums.to_numpy().astype(np.int64)
    return Interactions.of_tables(
        pairs,
        pa.table({"item_id": table["item_id"].unique().sort(), **item_sums}),
        cutoff=date.fromisoformat(note["cutoff"]),
        window_days=note["window_days"],
        preference=note["preference"],
    )


def read_matrix(
    path: Path, user_ids: pd.Index | None = None, item_ids: pd.Index | None = None
) -> pd.DataFrame:
    """A matrix of scipy.sparse (csr, csc, coo or bsr) as a frame: users are rows.

    ``user_ids`` and ``item_ids`` name rows and columns; without them those of the file, else
    their numbers from 0.

    Raises
    ------
    SourceError : if it is no sparse matrix
    ContractError : if there is not one id for each row and column
    """
    from scipy.sparse import load_npz

    arrays = read_npz(path)
    try:
        matrix = load_npz(path).tocoo()
    except (KeyError, ValueError, TypeError) as problem:
        raise SourceError(
            f"{path} is no sparse matrix; it has {', '.join(sorted(arrays))}",
            mend="write users x items with scipy.sparse.save_npz",
        ) from problem
    ids = [
        _named(given, arrays.get(name), size, f"{path}: {what}")
        for given, name, size, what in (
            (user_ids, "user_ids", matrix.shape[0], "users"),
            (item_ids, "item_ids", matrix.shape[1], "items"),
        )
    ]
    frame = pd.DataFrame({"user_id": ids[0][matrix.row], "item_id": ids[1][matrix.col]})
    return frame.assign(weight=matrix.data.astype(np.float64))


def interactions_with(known: Interactions, item_ids: pd.Index) -> Interactions:
    """``known`` with the items of ``item_ids`` beside its own, unheard."""
    every = known.item_ids.union(item_ids).sort_values()
    if len(every) == len(known.item_ids):
        return known
    place = every.get_indexer(known.item_ids)
    histories = replace(
        known.histories,
        # Both orders ascend, so the entries of a row stay in theirs.
        item=place[known.histories.item].astype(np.int32),
        n_items=len(every),
    )
    sums = known.item_sums.set_axis(place).reindex(range(len(every)), fill_value=0)
    return replace(known, item_ids=every, item_sums=sums, histories=histories)


def _as_matrix(known: Interactions | Recommender) -> dict[str, np.ndarray]:
    assert known.histories is not None
    taste: csr_array = known.histories.taste()
    arrays = {name: np.asarray(getattr(taste, name)) for name in _MATRIX}
    arrays["format"] = np.array("csr".encode("ascii"))
    return arrays | {"user_ids": id_array(known.user_ids), "item_ids": id_array(known.item_ids)}


def _named(given: pd.Index | None, own: np.ndarray | None, size: int, what: str) -> np.ndarray:
    ids = given if given is not None else own
    if ids is None:
        return np.arange(size)
    if len(ids) != size:
        raise ContractError(
            f"{what}: {len(ids):,} ids for {size:,}", mend="give one id a line, in their order"
        )
    return pd.Index(ids).to_numpy()
