"""The reasons beside each listener: as saved by the run, or worked out for the top of the list."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tenuto import reasons
from tenuto.record import read_json

UNEXPLAINED = "not_explained"
N_REASONS = 3


def reasons_for(
    people: pd.DataFrame, run_folder: Path, folder: Path, explained: int
) -> pd.DataFrame:
    """``reason_1``, ``reason_1_text`` … of each listener, rows as ``people``.

    Parameters
    ----------
    people : ``user_id``, ``is_active_14d``, ``probability`` and ``value``
    run_folder : where ``reasons/`` is used, if the run has it
    folder : else reasons of the first ``explained`` listeners, the active before the silent and
        those with most at risk first, are worked out and kept in ``folder/reasons``

    Returns
    -------
    DataFrame : the first reason is there for everybody; who is not explained has
        ``not_explained`` and why that is so. NULL where fewer than three raise the risk.
    """
    saved = run_folder / "reasons"
    if (saved / "reasons.parquet").exists():
        table = pd.read_parquet(saved / "reasons.parquet")
    else:
        saved = folder / "reasons"
        at_risk = people.assign(at_risk=people["probability"] * people["value"])
        order = ["is_active_14d", "at_risk", "user_id"]
        first = at_risk.sort_values(order, ascending=[False, False, True])["user_id"]
        table = reasons.write_reasons(
            run_folder / "churn", saved, first.head(explained).tolist(), explained=explained
        )
    wide = reasons.top_reasons(table, N_REASONS).set_index("user_id")
    found = wide.reindex(people["user_id"]).set_axis(people.index)
    note = read_json(saved / "summary.json")["note"] if (saved / "summary.json").exists() else ""
    said = note or f"not among the {table['user_id'].nunique():,} listeners that were explained"
    # An empty table has columns without a kind, which take no text.
    return found.astype("object").fillna({"reason_1": UNEXPLAINED, "reason_1_text": said})
