"""A recommender as a folder: a manifest, and Parquet tables of which nothing is executed.

users, items        who and what it knows
histories           one row per user and item, in the order of the users
others              what the member itself has learned
"""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenuto import saved
from tenuto.errors import ContractError
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._histories import ENTRY_COLUMNS, Histories

if TYPE_CHECKING:
    from tenuto.recommenders._contract import Recommender

Kind = TypeVar("Kind", bound="Recommender")


def write_recommender(recommender: Recommender, folder: Path) -> str:
    """See `Recommender.save`."""
    histories = recommender._known()
    card = {
        "recommender": recommender.name(),
        "settings": recommender.settings,
        "cutoff": recommender.cutoff,
        "window_days": recommender.window_days,
        "preference": recommender.preference,
        "tuning": recommender.tuning,
    }
    user_ids, item_ids = map(pa.Array.from_pandas, (recommender.user_ids, recommender.item_ids))
    tables = {
        "users": pa.table({"user_id": user_ids, "n_items": histories.lengths()}),
        "items": pa.table({"item_id": item_ids, "n_listeners": recommender.n_listeners}),
        "histories": pa.table({name: getattr(histories, name) for name in ENTRY_COLUMNS}),
    }
    tables |= recommender._dump()
    files = {f"{name}.parquet": _as_parquet(table) for name, table in tables.items()}
    return saved.write_folder(folder, card, files)


def read_recommender(folder: Path, wanted: type[Kind]) -> Kind:
    """See `Recommender.load`."""
    card, files = saved.read_folder(folder, {"recommender", "settings"})
    kind: type[Recommender] = CATALOGUE.get(str(card["recommender"])).Model
    if not issubclass(kind, wanted):
        raise ContractError(
            f"{folder} holds '{kind.name()}', not '{wanted.name()}'",
            mend="load it with Recommender.load, which takes any kind",
        )
    try:
        tables = {Path(name).stem: saved.table_of(file) for name, file in files.items()}
        recommender = kind(**card["settings"])
        _restore_common(recommender, card, tables)
        recommender._restore(tables)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
        raise ContractError(
            f"{folder} does not hold a whole '{kind.name()}': {problem}",
            mend="fit and save it again with this version of Tenuto",
        ) from problem
    return recommender


def _restore_common(
    recommender: Recommender, card: dict[str, Any], tables: dict[str, pa.Table]
) -> None:
    recommender.cutoff = date.fromisoformat(card["cutoff"])
    recommender.window_days = int(card["window_days"])
    recommender.preference, recommender.tuning = str(card["preference"]), card.get("tuning")
    users, items, entries = tables["users"], tables["items"], tables["histories"]
    recommender.user_ids = pd.Index(users["user_id"].to_pandas(), name=None)
    recommender.item_ids = pd.Index(items["item_id"].to_pandas(), name=None)
    recommender.n_listeners = items["n_listeners"].to_numpy()
    recommender.histories = Histories(
        np.concatenate([[0], np.cumsum(users["n_items"].to_numpy())]),
        **{name: entries[name].to_numpy() for name in ENTRY_COLUMNS},
        n_items=len(recommender.item_ids),
    )


def _as_parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
