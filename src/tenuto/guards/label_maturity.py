"""No row is learned from, or judged, whose label window is still open.

Who has not come back by today may come back tomorrow: such a row says "left" too early. And a
model used at a cutoff cannot have learned from what came after it (K3, K48).
"""

from __future__ import annotations

import numpy as np

from tenuto.errors import LeakError
from tenuto.guards._contract import Study

LABEL = "Was every label known when it was learned from?"


def check(study: Study) -> str:
    """Each training cutoff + horizon <= the test cutoff, and that + horizon <= the log's end."""
    if study.horizon_days == 0 or not len(study.training) or not len(study.tested):
        return "all labels are of one day: no window is open"
    newest, oldest = study.training.cutoff.max(), study.tested.cutoff.min()
    horizon = np.timedelta64(study.horizon_days, "D")
    open_rows = int((study.training.cutoff + horizon > oldest).sum())
    if open_rows:
        raise LeakError(
            f"{open_rows:,} training rows, up to {newest}, have labels of {study.horizon_days} "
            f"days that were not known on {oldest}",
            mend=f"train at cutoffs up to {oldest - horizon}",
        )
    if study.tested.y is not None and study.log_end is not None:
        _refuse_open_test(study, horizon)
    return (
        f"labels of {study.horizon_days} days at the newest training cutoff, {newest}, "
        f"were known on {newest + horizon}, the test is on {oldest}"
    )


def _refuse_open_test(study: Study, horizon: np.timedelta64) -> None:
    last, end = study.tested.cutoff.max(), np.datetime64(study.log_end, "D")
    if last + horizon > end:
        raise LeakError(
            f"the labels judged on, of {study.horizon_days} days from {last}, are still open: "
            f"the log ends before {end}",
            mend=f"judge at a cutoff up to {end - horizon}",
        )
