"""No row is dated after the day it is filed under, nor after today.

A clock that runs ahead puts tomorrow's events into today's log. Where a row says a later day
than its partition, whoever reads partitions before the cutoff reads days from the cutoff on.
"""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from tenuto.errors import LeakError, NotEnoughData
from tenuto.guards._contract import Study

LABEL = "Is every row of the day it is filed under?"
# It is tomorrow already somewhere.
_SLACK = timedelta(days=1)


def check(study: Study) -> str:
    """Days in the rows of each partition equal its own, and none is after today."""
    days = study.days
    if days is None or days.empty:
        raise NotEnoughData("there are no partitions by day")
    day = pd.to_datetime(days["day"])
    ahead = days[pd.to_datetime(days["last_day"]) > day]
    if len(ahead):
        first = ahead.iloc[0]
        raise LeakError(
            f"{len(ahead)} partitions hold later days than their own, such as {first['table']} of "
            f"{first['day']}: {first['last_day']}",
            mend="sum the logs again: tenuto ingest WORKSPACE",
        )
    if study.today is not None and day.max().date() > study.today + _SLACK:
        raise LeakError(
            f"the log holds {day.max().date()}, and today is {study.today}",
            mend="look for a clock that runs ahead, and set such rows aside",
        )
    return f"{len(days):,} partitions up to {day.max().date()}, each with rows of its own day alone"
