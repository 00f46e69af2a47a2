"""Reasons as files: all of them for the listeners at the top of the list, and an overview."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenuto.reasons._additive import CannotSay, Scores
from tenuto.reasons._contract import CATALOGUE
from tenuto.reasons._explain import told
from tenuto.reasons._sentences import LEAST
from tenuto.record import write_json

#: Listeners explained unless told otherwise: contributions take a minute for so many.
EXPLAINED = 20_000
_FILE = "reasons.parquet"
_KEPT = "nothing stands out: "
_NOTHING = "nothing stands out, for or against them"


def write_reasons(
    churn_folder: Path,
    folder: Path,
    user_ids: Sequence[Any] | None = None,
    *,
    explained: int = EXPLAINED,
) -> pd.DataFrame:
    """Write ``reasons.parquet``, ``overview.csv`` and ``summary.json``; the first as a table.

    Parameters
    ----------
    churn_folder : ``churn`` of a run
    folder : where to write; made if need be
    user_ids : whom to explain; by default those on the call list, active ones first
    explained : at most so many, the first ones

    Returns
    -------
    One row per listener and reason: ``user_id``, ``rank`` (1 adds most), ``reason``,
    ``contribution`` (log-odds, see `explain`), ``raises``, ``sentence``. Where the model of the
    call list cannot say why, it is empty and the ``note`` of the summary says so: another
    model's reasons would not be those of the score.

    Raises
    ------
    ContractError : if a listener was not scored, or the folder is not whole
    """
    scores = Scores.read(churn_folder)
    rows = np.arange(len(scores.fold)) if user_ids is None else scores.rows_of(user_ids)
    rows, note = rows[:explained], ""
    try:
        table = told(scores, rows)
    except CannotSay as problem:
        table, note = told(scores, rows[:0]), str(problem)
    folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / _FILE, index=False)
    _overview(table).to_csv(folder / "overview.csv", index=False)
    summary = {
        "model": scores.summary.model,
        "n_explained": int(table["user_id"].nunique()),
        "n_listeners": len(scores.fold),
        "note": note,
    }
    write_json(folder / "summary.json", summary)
    return table


def top_reasons(table: pd.DataFrame, n: int = 3) -> pd.DataFrame:
    """The reasons that raise the score, strongest first: one row per listener of ``table``.

    Returns
    -------
    ``user_id``, and ``reason_1``, ``reason_1_text`` … up to ``n``; NULL where fewer raise it.
    Where none does, the first is what speaks most against it, and the words say so. Rows are in
    the order in which the listeners come in ``table``.
    """
    listeners = table["user_id"].drop_duplicates()
    raising = table[table["raises"]].sort_values("rank", kind="stable")
    # Who did nothing has nothing different to tell under each heading: once is enough.
    raising = raising.drop_duplicates(["user_id", "sentence"])
    place_of = raising.groupby("user_id").cumcount() + 1
    wide = pd.DataFrame(index=pd.Index(listeners, name="user_id"))
    for place in range(1, n + 1):
        of_place = raising[place_of == place].set_index("user_id")
        wide[f"reason_{place}"] = of_place["reason"].reindex(wide.index)
        wide[f"reason_{place}_text"] = of_place["sentence"].reindex(wide.index)
    keeping = table[~table["user_id"].isin(raising["user_id"])]
    keeping = keeping.sort_values("rank", kind="stable").drop_duplicates("user_id", keep="last")
    keeping = keeping.set_index("user_id")
    wide.loc[keeping.index, "reason_1"] = keeping["reason"]
    wide.loc[keeping.index, "reason_1_text"] = np.where(
        keeping["contribution"] <= -LEAST, _KEPT + keeping["sentence"], _NOTHING
    )
    return wide.reset_index()


def _overview(table: pd.DataFrame) -> pd.DataFrame:
    """One row per reason: for how many it raises the score, or does so most, and how far."""
    rows = [
        {
            "reason": name,
            "label": CATALOGUE.get(str(name)).LABEL,
            "n_listeners": len(part),
            "n_raises": int(part["raises"].sum()),
            "n_first": int((part["raises"] & (part["rank"] == 1)).sum()),
            "mean_contribution": part["contribution"].mean(),
            "mean_size": part["contribution"].abs().mean(),
        }
        for name, part in table.groupby("reason")
    ]
    columns = ["reason", "label", "n_listeners", "n_raises", "n_first"]
    return pd.DataFrame(rows, columns=[*columns, "mean_contribution", "mean_size"])
