"""Where listeners are on their way: states by day, who moved in the last week, who slips away."""

from __future__ import annotations

import pandas as pd

from tenuto.reports._insight_charts import areas_of_states
from tenuto.reports._insights import asked_of, fewer_than, insight
from tenuto.reports._parts import Column, Facts, Figure, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import UNKNOWN, count, is_known, percent, plural

TITLE = "Lifecycle"
ORDER = 48
STEP = "insights"

# From the bottom of the drawing up: state -> (colour, in words).
_STATES = {
    "current": ("main", "current"),
    "new": ("third", "new"),
    "resurrected": ("pale", "resurrected"),
    "at_risk": ("rival", "at risk"),
    "dormant": ("other", "dormant"),
    "cancelled": ("missing", "cancelled"),
}
_RULES = (
    "States at the end of a day, from the days up to it alone, the first that fits. "
    "Cancelled: the last active day has a cancellation. Dormant: silent for {horizon} days or "
    "more. New: first seen within 7 days. Resurrected: back within the last 7 days after having "
    "been dormant. At risk: silent for longer than twice the listener's own usual gap between "
    "active days, and for more than 3 days. Current: all others."
)


def section(results: Results) -> list[Part]:
    """The states by day and the moves of the last week; nothing where they were not asked for."""
    days = insight(results, "lifecycle")
    if days.empty:
        return []
    return [_facts(results, days), _drawing(results, days), *_moves(results)]


def _facts(results: Results, days: pd.DataFrame) -> Facts:
    last = days["day"].max()
    now = days[days["day"] == last].set_index("state")["n_listeners"]
    total = now.sum()
    items = [
        (count(now[state]), _STATES[state][1], f"{percent(now[state] / max(total, 1), 0)} of all")
        for state in ("current", "at_risk", "dormant")
        if state in now.index and is_known(now[state])
    ]
    newly = _newly_at_risk(results)
    return Facts([*items, (newly, "newly at risk", f"on {last}, and not the day before")])


def _newly_at_risk(results: Results) -> str:
    file = results.folder / "insights" / "states_of.parquet"
    least = int(asked_of(results)["min_listeners"])
    if not file.exists():
        return UNKNOWN
    n = int(pd.read_parquet(file, columns=["is_newly_at_risk"])["is_newly_at_risk"].sum())
    return count(n) if n == 0 or n >= least else f"< {least}"


def _drawing(results: Results, days: pd.DataFrame) -> Figure:
    shown = days[days["state"].isin(list(_STATES))]
    colours = {
        state: token for state, (token, _) in _STATES.items() if state in set(shown["state"])
    }
    says = _says(shown)
    svg = areas_of_states(shown, colours, "lifecycle", f"Listeners by state and day. {says}")
    asked = asked_of(results)
    note = (
        _RULES.format(horizon=asked["horizon_days"])
        + f" Listeners seen since {asked['first_day']}, robots left out; in the first week of log "
        "all are new, whenever they came. The definitions are rules, not the model's opinion. "
        f"{fewer_than(results)} The newly at risk are marked in insights/states_of.parquet."
    )
    key = [(token, _STATES[state][1]) for state, token in colours.items()]
    return Figure("lifecycle", "States by day", svg, says, note, swatches=key)


def _says(days: pd.DataFrame) -> str:
    wide = days.pivot(index="day", columns="state", values="n_listeners").sort_index()
    if len(wide) < 8:
        return f"{plural(len(wide), 'day')} of log are too few to see a change."
    now, then = wide.iloc[-1], wide.iloc[-8]
    said = []
    for state in ("current", "at_risk", "dormant"):
        if is_known(now[state]) and is_known(then[state]):
            said.append(f"{_STATES[state][1]} {count(then[state])} → {count(now[state])}")
    return f"In the last seven days: {', '.join(said)}." if said else "Too few to tell."


def _moves(results: Results) -> list[Part]:
    """From where to where in the last seven days: listeners, and the share of the row."""
    moves = insight(results, "lifecycle_week")
    if moves.empty:
        return []
    moves = moves.assign(from_state=moves["from_state"].astype(object).fillna(""))
    to_states = [state for state in _STATES if state in set(moves["to_state"])]
    n_of = moves.set_index(["from_state", "to_state"])["n_listeners"]
    rows = []
    for state in ("", *_STATES):
        if state not in set(moves["from_state"]):
            continue
        total = moves.loc[moves["from_state"] == state, "n_listeners"].sum()
        name = _STATES[state][1] if state else "not seen yet"
        cells = [_cell(n_of, state, to_state, total) for to_state in to_states]
        rows.append([name, *cells])
    columns = [
        Column("Seven days before"),
        *(Column(_STATES[state][1].capitalize(), is_number=True) for state in to_states),
    ]
    note = (
        f"Listeners by their state seven days before the last day of log before {results.cutoff} "
        "(rows) and on that day (columns); in brackets the share of the row. A dash is fewer than "
        f"{asked_of(results)['min_listeners']} listeners, an empty cell none."
    )
    return [Table("Who moved in the last week", columns, rows, note)]


def _cell(n_of: pd.Series, from_state: str, to_state: str, total: float) -> str:
    if (from_state, to_state) not in n_of.index:
        return ""
    n = n_of[(from_state, to_state)]
    if not is_known(n):
        return UNKNOWN
    return f"{count(n)} ({percent(n / total, 0)})" if from_state else count(n)
