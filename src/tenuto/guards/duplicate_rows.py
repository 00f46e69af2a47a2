"""Nobody is there twice: neither twice at one cutoff, nor copied under another id.

A listener with two rows counts twice, and may stand on both sides of a split (K10, K43). A copy
under another id is the same with a mask on. Listeners of one short visit are alike by chance, so
only rows with several rare values count as copies.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import LeakError
from tenuto.guards._contract import Rows, Study, quoted

LABEL = "Is everybody there once?"
#: Share of telling rows that have a twin under another id, above which they are copies.
COPIES_LIMIT = 0.05
_MIN_COPIES = 10
# A value is rare if hardly a row shares it. With five of them chance makes no twin: 12 rows in a
# thousand of 17,000 invented listeners had one, most of them with one play in all.
_SHARED_BY = 4
_RARE_VALUES = 5


def check(study: Study) -> str:
    """One row per listener and cutoff; at most 5 % of telling rows have a twin."""
    for where, rows in (("training", study.training), ("scored", study.tested)):
        _refuse_twice(where, rows)
    telling, twins = _twins(study.tested.X[study.open_columns(study.tested.X)])
    if twins.sum() >= _MIN_COPIES and twins.sum() > COPIES_LIMIT * telling.sum():
        ids = study.tested.user_id[twins]
        raise LeakError(
            f"{int(twins.sum()):,} of {int(telling.sum()):,} listeners with values that are rare "
            f"have a twin under another id, alike in every column, such as {quoted(ids[:3])}: "
            "one may be trained on while the other is scored",
            mend="give each person one id, keep one row, and begin again",
        )
    return (
        f"one row per listener and cutoff; {int(twins.sum())} of {int(telling.sum()):,} rows with "
        "rare values have a twin"
    )


def _refuse_twice(where: str, rows: Rows) -> None:
    keys = pd.DataFrame({"user_id": rows.user_id, "cutoff": rows.cutoff})
    again = keys.duplicated()
    if again.any():
        raise LeakError(
            f"{int(again.sum()):,} {where} rows repeat a listener at one cutoff, such as "
            f"{quoted(keys['user_id'][again].unique()[:3])}",
            mend="sum or choose before: one row per listener and cutoff, the one known by then",
        )


def _twins(X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have several rare values, and which of these are alike in every column."""
    rare = np.zeros(len(X), dtype=np.int64)
    for name in X.columns:
        counts = X[name].map(X[name].value_counts())
        rare += (counts <= _SHARED_BY).fillna(False).to_numpy(dtype=bool)
    telling = rare >= _RARE_VALUES
    twins = telling.copy()
    # A twin of a telling row has the same rare values, and is telling too.
    twins[telling] = X[telling].duplicated(keep=False).to_numpy()
    return telling, twins
