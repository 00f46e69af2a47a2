"""How often silent listeners come back, and the horizon that this suggests (K51, S1-W3).

For every spell of silence: of the users that have been silent for g days, which share comes
back within the next ``within_days`` days? Spells whose next ``within_days`` days are not all
in the log are left out at that g (censored), not counted as lost.
"""

from __future__ import annotations

import ibis
import pandas as pd

from tenuto.timeline import Past

# The usual level below which a silent user counts as gone (churn.md §4.9).
GONE_BELOW = 0.10


def return_curve(past: Past, within_days: int = 14) -> pd.DataFrame:
    """One row per number of idle days g, from 1 to the longest that can be judged.

    Columns: ``idle_days``, ``n_silent`` (spells that reached g and can be judged),
    ``n_returned`` (of them, back within ``within_days`` more days), ``share_returned``
    (NULL where no spell can be judged).
    """
    spells = past.engine.to_arrow(_spells(past)).to_pandas()
    rows = [
        _at(spells, idle, within_days) for idle in range(1, past.days_observed - within_days + 1)
    ]
    curve = pd.DataFrame(rows, columns=["idle_days", "n_silent", "n_returned"])
    curve["share_returned"] = curve["n_returned"] / curve["n_silent"].where(curve["n_silent"] > 0)
    return curve


def advise_horizon(curve: pd.DataFrame, gone_below: float = GONE_BELOW) -> int | None:
    """The fewest idle days after which less than ``gone_below`` come back; None if never seen."""
    gone = curve[curve["share_returned"] < gone_below]
    return None if gone.empty else int(gone["idle_days"].iloc[0])


def _spells(past: Past):
    """Silences by length and by what the log can still show: few rows, whatever the users.

    ``silent_days`` between two active days (NULL while the silence lasts) and ``room_days``,
    the days of log after the last active day.
    """
    days = past.table("user_days")
    later = ibis.window(group_by="user_id", order_by="day")
    spells = days.mutate(next_age=days.age_days.lead().over(later))
    spells = spells.select(
        room_days=spells.age_days - 1, silent_days=spells.age_days - spells.next_age - 1
    )
    counted = spells.group_by(["room_days", "silent_days"]).agg(n=lambda rows: rows.count())
    return counted.order_by(["room_days", "silent_days"])


def _at(spells: pd.DataFrame, idle: int, within_days: int) -> tuple[int, int, int]:
    """Spells that reached ``idle`` silent days and whose next days are all in the log."""
    reached = spells["silent_days"].isna() | (spells["silent_days"] >= idle)
    judged = spells[reached & (spells["room_days"] >= idle + within_days)]
    returned = judged[judged["silent_days"] < idle + within_days]
    return idle, int(judged["n"].sum()), int(returned["n"].sum())
