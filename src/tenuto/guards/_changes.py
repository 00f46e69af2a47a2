"""What changes in a table of features when the log it comes from is changed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import LeakError, NotEnoughData
from tenuto.guards._contract import WHOLE, Study

_SHOWN = 3


def refuse_changes(study: Study, log: str, did: str) -> str:
    """A sentence, or a refusal that names what differs between the log and a changed one.

    Exact: the same rows in the same files are summed in the same order.

    Raises
    ------
    LeakError : if any column does, for any listener
    NotEnoughData : if features cannot be built again
    """
    if study.rebuild is None:
        raise NotEnoughData("these features cannot be built again from a log")
    before, after = study.rebuild(WHOLE), study.rebuild(log)
    gone = len(before.index.symmetric_difference(after.index))
    if gone:
        raise LeakError(
            f"{gone} of {len(before):,} listeners come or go when {did}: who is there depends on "
            "days that nobody knew",
            mend="take listeners from past.table(...) alone",
        )
    changed = [column for column in study.open_columns(before) if _differs(before, after, column)]
    if changed:
        shown = ", ".join(_shown(study, before, after, column) for column in changed[:_SHOWN])
        more = f" and {len(changed) - _SHOWN} more columns" if len(changed) > _SHOWN else ""
        raise LeakError(
            f"{shown}{more}: not the same when {did}, so it looks at days from the cutoff on",
            mend="read days with past.table(...) alone, which ends before the cutoff; "
            f"mend or leave out {', '.join(study.place(column) for column in changed[:_SHOWN])}",
        )
    return (
        f"{before.shape[1]} columns of {len(before):,} listeners are the same, to the last bit, "
        f"when {did}"
    )


def differing(before: pd.Series, after: pd.Series) -> np.ndarray:
    """Which rows differ; NULL equals NULL."""
    same = (before == after) | (before.isna() & after.isna())
    return ~same.fillna(False).to_numpy(dtype=bool)


def _differs(before: pd.DataFrame, after: pd.DataFrame, column: str) -> bool:
    return column not in after or bool(differing(before[column], after[column]).any())


def _shown(study: Study, before: pd.DataFrame, after: pd.DataFrame, column: str) -> str:
    if column not in after:
        return f"'{column}' (there no more)"
    rows = differing(before[column], after[column])
    first = int(np.argmax(rows))
    values = f"{before[column].iloc[first]} becomes {after[column].iloc[first]}"
    return f"'{column}' of {rows.sum():,} listeners (of {before.index[first]}: {values})"
