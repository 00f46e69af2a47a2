"""New, current, at risk, dormant, resurrected, cancelled: how many on each day, and who moved.

The state at the end of a day d, from the days up to d alone; the first that fits:

* cancelled: the last active day has a cancellation;
* dormant: silent for ``horizon_days`` whole days or more;
* new: first seen within the last 7 days, d included;
* resurrected: back, within the last 7 days, after having been dormant;
* at risk: silent for longer than twice the listener's own usual gap, and for more than 3 days;
  the usual gap is the mean number of days from one active day to the next so far;
* current: all others.

Asked for in practice as "who is slipping away, and tell me when somebody does" (churn.md §2.1).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenuto.insights._small_cells import with_blanks
from tenuto.insights._view import View

TITLE = "Where are listeners on their way?"

STATES = ("new", "current", "resurrected", "at_risk", "dormant", "cancelled")
NEW_DAYS = 7
# Twice the usual gap: a listener of every second day is at risk from the fifth silent day on.
USUAL_GAPS = 2
LEAST_SILENCE_DAYS = 3


def tables(view: View) -> dict[str, pd.DataFrame]:
    """The states and the moves of each day, the moves of the last week, and who is where.

    ``lifecycle`` is day x state; ``lifecycle_flows`` day x from x to, since the day before;
    ``lifecycle_week`` from x to, since seven days before; ``states_of`` one row per listener.
    """
    walked = view.engine.cache(_with_previous(_states(view)), "lifecycle_states")
    return {
        "lifecycle": with_blanks(_counts(view, walked), "n_listeners"),
        "lifecycle_flows": with_blanks(_flows(view, walked), "n_listeners"),
        "lifecycle_week": with_blanks(_week(view, walked), "n_listeners"),
        "states_of": _today(view, walked),
    }


def _stays(view: View) -> ir.Table:
    """One row per listener and active day: what is known until the next one.

    ``at`` counts days from the first day of log (0), ``until`` is the next active day or the
    end; ``returned`` the latest return from dormancy up to here.
    """
    days = view.people("user_days")
    has_cancelled = (days.n_cancels > 0) if "n_cancels" in days.columns else ibis.literal(False)
    days = days.select("user_id", at=view.n_days - days.age_days, has_cancelled=has_cancelled)
    of_user = ibis.window(group_by="user_id", order_by="at")
    stays = days.mutate(
        first=days["at"].first().over(of_user),
        before=days["at"].lag().over(of_user),
        until=days["at"].lead().over(of_user).fill_null(view.n_days),
        n_gaps=ibis.row_number().over(of_user),
    )
    is_back = stays["at"] - stays.before - 1 >= view.horizon_days
    stays = stays.mutate(back=is_back.ifelse(stays["at"], None))
    so_far = ibis.cumulative_window(group_by="user_id", order_by="at")
    return stays.mutate(
        returned=stays.back.max().over(so_far),
        usual_gap_days=(stays["at"] - stays["first"]) / stays.n_gaps.nullif(0),
    )


def _states(view: View) -> ir.Table:
    """One row per listener and day from the first event on, with ``silent_days`` and ``state``."""
    stays = _stays(view)
    days = stays.mutate(day_number=ibis.range(stays["at"], stays.until).unnest())
    silent = days.day_number - days["at"]
    patience = ibis.greatest(
        (USUAL_GAPS * days.usual_gap_days).fill_null(0.0), float(LEAST_SILENCE_DAYS)
    )
    state = ibis.cases(
        (days.has_cancelled, "cancelled"),
        (silent >= view.horizon_days, "dormant"),
        (days.day_number - days["first"] < NEW_DAYS, "new"),
        ((days.day_number - days.returned < NEW_DAYS).fill_null(False), "resurrected"),
        (silent > patience, "at_risk"),
        else_="current",
    )
    return days.select("user_id", "day_number", "usual_gap_days", silent_days=silent, state=state)


def _with_previous(states: ir.Table) -> ir.Table:
    """``previous``: the state of the day before; NULL on the first day of a listener."""
    of_user = ibis.window(group_by="user_id", order_by="day_number")
    return states.mutate(previous=states.state.lag().over(of_user))


def _counts(view: View, walked: ir.Table) -> pd.DataFrame:
    """``day``, ``state``, ``n_listeners``: every state on every day, also those of nobody."""
    counted = walked.group_by(["day_number", "state"]).agg(n_listeners=walked.count())
    found = view.frame(counted).set_index(["day_number", "state"])["n_listeners"]
    told = STATES if "n_cancels" in view.past.table("user_days").columns else STATES[:-1]
    grid = pd.MultiIndex.from_product([range(view.n_days), told], names=["day_number", "state"])
    return _dated(view, found.reindex(grid, fill_value=0).reset_index())


def _flows(view: View, walked: ir.Table) -> pd.DataFrame:
    """``day``, ``from_state``, ``to_state``, ``n_listeners``: from the day before to this one.

    ``from_state`` is "" for those seen for the first time. Who stays in a state is there, too:
    the rows from a state add up to it the day before, the rows to one to it on the day.
    """
    flows = walked.mutate(from_state=walked.previous.fill_null(""), to_state=walked.state)
    counted = flows.group_by(["day_number", "from_state", "to_state"]).agg(
        n_listeners=flows.count()
    )
    order = ["day_number", "from_state", "to_state"]
    return _dated(view, view.frame(counted.order_by(order)))


def _week(view: View, walked: ir.Table) -> pd.DataFrame:
    """`_flows` from seven days before the last day to that day, as one step."""
    now = walked.filter(walked.day_number == view.n_days - 1)
    then = walked.filter(walked.day_number == view.n_days - 1 - NEW_DAYS)
    then = then.select(then_user="user_id", then_state="state")
    joined = now.left_join(then, [("user_id", "then_user")])
    joined = joined.mutate(from_state=joined.then_state.fill_null(""), to_state=joined.state)
    counted = joined.group_by(["from_state", "to_state"]).agg(n_listeners=joined.count())
    return view.frame(counted.order_by(["from_state", "to_state"]))


def _today(view: View, walked: ir.Table) -> pd.DataFrame:
    """One row per listener on the last day before the cutoff, the newly at risk marked."""
    last = walked.filter(walked.day_number == view.n_days - 1).order_by("user_id")
    columns = ("user_id", "state", "previous", "silent_days", "usual_gap_days")
    table = view.frame(last.select(*columns))
    is_new = (table["state"] == "at_risk") & (table["previous"] != "at_risk")
    return table.assign(is_newly_at_risk=is_new)


def _dated(view: View, table: pd.DataFrame) -> pd.DataFrame:
    start = pd.Timestamp(view.timeline.first_day)
    since = pd.to_timedelta(table.pop("day_number"), unit="D")
    table.insert(0, "day", (start + since).dt.date)
    return table
