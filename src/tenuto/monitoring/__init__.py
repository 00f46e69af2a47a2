"""Monitoring: what became of earlier predictions, and whether the listeners have changed.

It reads what runs have saved, and the log; it writes ``runs/CUTOFF/monitoring`` (drift, slices,
reliability, model cards) and ``matured``, and says when somebody should look.
"""

from tenuto.monitoring._alarms import Alarm, read_alarms, set_alarms
from tenuto.monitoring._back_fill import (
    DONE,
    FAILED,
    KEPT,
    NO_MODEL,
    FilledDay,
    days_between,
    is_finished,
)
from tenuto.monitoring._matured import MaturedSummary, mature
from tenuto.monitoring._results import write_monitoring

__all__ = [
    "DONE",
    "FAILED",
    "KEPT",
    "NO_MODEL",
    "Alarm",
    "FilledDay",
    "MaturedSummary",
    "days_between",
    "is_finished",
    "mature",
    "read_alarms",
    "set_alarms",
    "write_monitoring",
]
