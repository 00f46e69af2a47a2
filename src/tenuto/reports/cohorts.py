"""Do those who come stay: week of arrival by weeks since, by plan, device and place (S2-W2)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.reports._insight_charts import heat_map, lines_by_group
from tenuto.reports._insights import asked_of, fewer_than, insight, share_between
from tenuto.reports._parts import Figure, Part, Row
from tenuto.reports._results import Results
from tenuto.reports._words import as_date, count, plural, text

TITLE = "Cohorts"
ORDER = 47
STEP = "insights"

_LINES = ("main", "rival", "third", "oversized")
_KINDS = {"plan": "plan", "device": "device", "place": "place"}


def section(results: Results) -> list[Part]:
    """The heat map of cohorts, then lines by group; nothing where they were not asked for."""
    cohorts = insight(results, "cohorts")
    later = cohorts[cohorts["week"] > 0] if len(cohorts) else cohorts
    if later.empty:
        return []
    return [_heat_map(results, cohorts, later), *_groups(results)]


def _heat_map(results: Results, cohorts: pd.DataFrame, later: pd.DataFrame) -> Figure:
    names = [_name(row) for row in later.to_dict("records")]
    says = _says(later)
    svg = heat_map(later.assign(row=names), "cohorts", f"Cohorts by week. {says}")
    first = asked_of(results)["first_day"]
    note = (
        f"Share with any event in a week of seven days on each listener's own clock, week 0 being "
        f"the first event and the six days after (all are active in it, so it is not drawn). Rows: "
        f"week of the first event, with how many came; people only, robots left out. The log "
        f"begins on {first}: who is first seen in its first week may have been there long before"
        + (", but for those known to have registered earlier" if _has_older(cohorts) else "")
        + f". Grey: not over for all of the row by {results.cutoff}; the share is of those for "
        f"whom it is. {_widest(later)} {fewer_than(results)}"
    )
    key = [("main", "over"), ("other", "not over for all")]
    return Figure("cohorts", "Week of arrival by weeks since", svg, says, note, swatches=key)


def _has_older(cohorts: pd.DataFrame) -> bool:
    return bool((cohorts["cohort"] < 0).any())


def _name(row: Any) -> str:
    when = "registered before the log"
    if row["cohort"] >= 0:
        day = as_date(row["first_day"])
        when = f"{day.day} {day:%b}"
    return f"{when} ({count(row['n_cohort'])})"


def _says(later: pd.DataFrame) -> str:
    """The largest cohort at its last week that is over, and the one before."""
    closed = later[~later["is_open"].astype(bool)].dropna(subset=["share_active"])
    if closed.empty:
        return "No week after the first is over for any cohort yet: see again in a week."
    largest = closed.sort_values("n_cohort", ascending=False, kind="stable")["cohort"].iloc[0]
    rows = closed[closed["cohort"] == largest].sort_values("week")
    last = rows.iloc[-1]
    said = (
        f"Of the {count(last['n_cohort'])} {_who(last)}, {share_between(last, 'share_active')} "
        f"were active in week {int(last['week'])} after their first"
    )
    if len(rows) > 1:
        said += (
            f", {share_between(rows.iloc[0], 'share_active')} in week {int(rows['week'].iloc[0])}"
        )
    return f"{said}."


def _who(row: Any) -> str:
    if row["cohort"] < 0:
        return "who had registered before the log began"
    return f"first seen in the week of {text(row['first_day'])}"


def _widest(later: pd.DataFrame) -> str:
    width = (later["high"] - later["low"]).max() / 2
    if pd.isna(width):
        return ""
    return f"95% Wilson intervals reach up to {100 * width:.0f} points to either side."


def _groups(results: Results) -> list[Part]:
    table = insight(results, "cohorts_by_group")
    if table.empty:
        return []
    figures = []
    for kind, words in _KINDS.items():
        rows = table[(table["kind"] == kind) & table["share_active"].notna()]
        groups = list(dict.fromkeys(rows["group"]))[: len(_LINES)]
        if len(groups) > 1:
            figures.append(_group_figure(results, kind, words, rows[rows["group"].isin(groups)]))
    return [Row(figures)] if figures else []


def _group_figure(results: Results, kind: str, words: str, rows: pd.DataFrame) -> Figure:
    sizes = rows.groupby("group", sort=False)["n_cohort"].max().sort_values(ascending=False)
    colours = {str(group): _LINES[place] for place, group in enumerate(sizes.index)}
    says = _compared(rows, words)
    name = f"cohorts_by_{kind}"
    svg = lines_by_group(rows, colours, name, f"Still active by {words}. {says}")
    note = (
        f"The {words} of the first day, so that a group is not made by what came later. Share "
        f"active in the week, of those whose week is over by {results.cutoff}, all cohorts "
        f"together; bands are 95% Wilson intervals. "
        + "; ".join(f"{group}: {plural(n, 'listener')}" for group, n in sizes.items())
        + "."
    )
    key = [(token, group) for group, token in colours.items()]
    return Figure(name, f"By {words}", svg, says, note, swatches=key, is_wide=False)


def _compared(rows: pd.DataFrame, words: str) -> str:
    """The best and the worst group in the last week that is over for half of every group."""
    is_known = rows["n_listeners"] >= rows["n_cohort"] / 2
    common = rows[is_known].groupby("week")["group"].nunique()
    week = int(common[common == rows["group"].nunique()].index.max())
    at = rows[rows["week"] == week].sort_values(["share_active", "group"])
    worst, best = at.iloc[0], at.iloc[-1]
    said = (
        f"In week {week}: {best['group']} {share_between(best, 'share_active')}, "
        f"{worst['group']} {share_between(worst, 'share_active')}"
    )
    if best["low"] <= worst["high"]:
        return f"{said}. The intervals overlap: no difference by {words} is shown."
    return f"{said}: these intervals do not overlap."
