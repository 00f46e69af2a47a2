"""Listeners taken out of what is served: the current publication without them, put in its place.

Publications are never changed, as somebody may be reading them: those that hold one of the
listeners are taken away, and of the current one there is a copy without them, under a new name.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto.errors import TenutoError
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._histories import ENTRY_COLUMNS
from tenuto.record import digest_of, write_json
from tenuto.serving._counter import read_histories, save_arrays
from tenuto.serving._publish import digests
from tenuto.serving._shelf import MANIFEST, Shelf, read_manifest
from tenuto.serving._sums import LISTS_PER_ROW
from tenuto.workspace import Workspace


def forget(workspace: Workspace, user_ids: Sequence[int | str]) -> int:
    """Take listeners out of all that is served; how many rows that were, of what is kept.

    Killed at any moment and called again, it goes on. A server that runs takes up what is left
    by itself, as with any publication.

    Raises
    ------
    WorkspaceError : if another process is publishing, or it cannot be written
    """
    shelf, texts = Shelf(workspace), sorted({str(user) for user in user_ids})
    if not shelf.names():
        return 0
    with shelf.lock():
        current, n_rows = shelf.current(), 0
        for name in shelf.names():
            found = _rows_of(shelf.folder(name), texts)
            if found == {}:
                continue
            if name == current and found:
                n_rows = _without(shelf, name, found)
            shelf.remove(name)
        return n_rows


def _rows_of(folder: Path, texts: Sequence[str]) -> dict[Any, int] | None:
    """The listeners that a publication holds, and their rows; None of one that cannot be read."""
    try:
        read_manifest(folder)
        db = sqlite3.connect(f"{(folder / 'answers.sqlite').resolve().as_uri()}?mode=ro", uri=True)
        try:
            marks = ", ".join("?" * len(texts))
            query = f'SELECT user_id, "row" FROM listeners WHERE CAST(user_id AS TEXT) IN ({marks})'
            return dict(db.execute(query, texts).fetchall())
        finally:
            db.close()
    except (TenutoError, sqlite3.Error):
        return None


def _without(shelf: Shelf, name: str, found: dict[Any, int]) -> int:
    """Put a copy without the listeners in the place of the publication ``name``."""
    manifest = read_manifest(shelf.folder(name))
    after, aside = shelf.next_name_after(name), shelf.root / f"{name}.aside"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        shutil.copytree(shelf.folder(name), aside)
        (aside / MANIFEST).unlink()
        n_rows = _strip_answers(aside / "answers.sqlite", found)
        _strip_fold(aside / "fold", found)
        about = manifest["about"] | {"n_listeners": manifest["about"]["n_listeners"] - len(found)}
        # Not what the run would give: publishing the same run again is no repetition of this.
        said = manifest | {"about": about, "made_of": digest_of([manifest["made_of"], after])}
        write_json(aside / MANIFEST, said | {"files": digests(aside)})
        shelf.put(after, aside)
        shelf.point_at(after)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return n_rows


def _strip_answers(file: Path, found: dict[Any, int]) -> int:
    db = sqlite3.connect(file, isolation_level=None)
    try:
        db.execute("PRAGMA secure_delete = ON")
        n_rows = 0
        for user, row in found.items():
            first = row * LISTS_PER_ROW
            n_rows += _deleted(db, "listeners WHERE user_id = ?", user)
            n_rows += _deleted(db, "calls WHERE user_id = ?", user)
            n_rows += _deleted(db, "lists WHERE key >= ? AND key < ?", first, first + LISTS_PER_ROW)
            n_rows += _deleted(db, 'days WHERE "row" = ?', row)
            n_rows += _deleted(db, 'history WHERE "row" = ?', row)
        db.execute("VACUUM")
        return n_rows
    finally:
        db.close()


def _deleted(db: sqlite3.Connection, what: str, *values: Any) -> int:
    return db.execute(f"DELETE FROM {what}", values).rowcount


def _strip_fold(folder: Path, found: dict[Any, int]) -> None:
    """Their histories are empty from now on; rows keep their numbers."""
    histories = read_histories(folder)
    gone = np.isin(histories.row_of_entry(), list(found.values()))
    kept = histories.where(~gone)
    arrays = {name: np.array(getattr(kept, name)) for name in ("start", *ENTRY_COLUMNS)}
    save_arrays(folder / "histories", arrays)
    for model in sorted((folder / "models").iterdir()):
        _strip_model(model, found)
    shown = folder / "shown.parquet"
    if shown.exists():
        rows = pd.read_parquet(shown)
        rows[~rows["user_id"].isin(list(found))].to_parquet(shown, index=False)


def _strip_model(folder: Path, found: dict[Any, int]) -> None:
    model = Recommender.load(folder)
    kept = np.flatnonzero(~model.user_ids.isin(list(found)))
    if len(kept) < len(model.user_ids) and model.histories is not None:
        model.user_ids, model.histories = model.user_ids[kept], model.histories.take(kept)
        model.save(folder)
