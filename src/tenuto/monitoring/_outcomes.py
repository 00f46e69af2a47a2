"""What came of the listeners of an earlier run: the label alone, without features."""

from __future__ import annotations

from datetime import date

import pandas as pd

from tenuto import labels
from tenuto.engines import Engine
from tenuto.timeline import Timeline, listeners


def open_days(label: str, horizon_days: int, bin_days: int) -> int:
    """How many days after a cutoff the label may still be open."""
    bins = getattr(labels.CATALOGUE.get(label), "BINS", None)
    return horizon_days if bins is None else bins[1] * bin_days


def outcomes(
    engine: Engine, timeline: Timeline, cutoff: date, label: str, horizon_days: int, bin_days: int
) -> pd.DataFrame:
    """``user_id`` and ``y`` of everybody seen before ``cutoff``, by ``user_id``.

    Raises
    ------
    CutoffError : if the window of the label is still open
    UnknownName : if there is no such label any more
    """
    member = labels.CATALOGUE.get(label)
    bins = getattr(member, "BINS", None)
    if bins is None:
        people = listeners(timeline.past(engine, cutoff))
        told = member.label(people, timeline.future(engine, cutoff, horizon_days))
    else:
        own_past = timeline.own_past(engine, cutoff, bin_days)
        told = member.label(listeners(own_past), timeline.own_future(own_past, bins))
    table = told.select("user_id", y=told.label).order_by("user_id")
    return engine.to_arrow(table).to_pandas()
