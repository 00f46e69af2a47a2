"""Saved recommenders: the listener's history, and the row of taste that EASE may keep of the fit.

Factors and weights of songs stay as they were learned, from all listeners together, until the next
full fit (`refit_days`), which knows nothing of those who were forgotten.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tenuto import saved
from tenuto.errors import ContractError
from tenuto.forgetting._files import files_below
from tenuto.forgetting._listeners import Listeners
from tenuto.forgetting._taste import TasteNotFound, without_tastes
from tenuto.workspace import Workspace

_USERS, _HISTORIES = "users.parquet", "histories.parquet"
# Publications are told by their digests, and changed by `serving` alone.
_SERVED = "serving"
_FIELDS = {"recommender", "settings"}
_OF_MANIFEST = frozenset({"format", "versions", "files"})


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Remove the histories of ``listeners`` from every saved recommender; entries removed.

    A model that cannot be read, or from which a listener cannot be taken, is removed as a whole:
    the next run fits it anew.
    """
    found = [
        file.parent
        for folder in sorted(workspace.root.iterdir())
        if folder.is_dir() and folder.name != _SERVED
        for file in files_below(folder)
        if file.name == saved.MANIFEST
    ]
    return sum(_forget(folder, listeners) for folder in found if (folder / _USERS).exists())


def _forget(folder: Path, listeners: Listeners) -> int:
    try:
        card, files = saved.read_folder(folder, _FIELDS)
        users = _table(files[_USERS])
        gone = np.asarray(listeners.rows(users["user_id"]).to_pylist(), dtype=bool)
        if not gone.any():
            return 0
        changed, n_gone = _without(files, users, gone)
    except (ContractError, TasteNotFound, pa.ArrowException, KeyError, OSError):
        return _remove(folder)
    own = {key: value for key, value in card.items() if key not in _OF_MANIFEST}
    saved.write_folder(folder, own, files | changed)
    return n_gone


def _without(
    files: dict[str, bytes], users: pa.Table, gone: np.ndarray
) -> tuple[dict[str, bytes], int]:
    """The files that change when the rows ``gone`` of ``users`` go, and how many entries do."""
    histories = _table(files[_HISTORIES])
    of_entry = np.repeat(gone, users["n_items"].to_numpy())
    kept = pa.array(~of_entry)
    tables = {
        _USERS: users.filter(pa.array(~gone)),
        _HISTORIES: histories.filter(kept),
        **without_tastes({name: _table(files[name]) for name in files}, users, histories, gone),
    }
    return {name: _packed(table) for name, table in tables.items()}, int(of_entry.sum())


def _remove(folder: Path) -> int:
    """Remove all models of a run, and with them the sign that the next run may go on from them."""
    models = folder.parent
    shutil.rmtree(models if models.name == "models" else folder)
    (models.parent / "freshness.json").unlink(missing_ok=True)
    return 1


def _table(content: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(content))


def _packed(table: pa.Table) -> bytes:
    buffer: Any = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
