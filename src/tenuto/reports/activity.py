"""What the service looks like from day to day, and how much listeners do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._parts import Figure, Paragraph, Part, Row
from tenuto.reports._results import Results
from tenuto.reports._windows import faults
from tenuto.reports._words import as_date, count, listing, percent, plural
from tenuto.reports._words import day as day_in_words

TITLE = "Activity"
ORDER = 40

# Sums that are not counts of one action.
_NOT_AN_ACTION = {
    "n_events",
    "n_active_users",
    "n_new_users",
    "n_skips",
    "n_finished",
    "n_sessions",
    "n_plays_of_known_items",
    "n_plays_with_share",
    "n_paid_events",
}
_KINDS_DRAWN = 6
# How a kind is called where the name of its column alone says little.
_KINDS = {
    "n_homes": "visits to the home page",
    "n_helps": "visits to the help page",
    "n_abouts": "visits to the page about the service",
    "n_pages": "visits to other pages",
    "n_settings": "visits to the settings",
}
# A week of newcomers below this share of all listeners is as good as none.
_HARDLY_ANY = 0.01


def section(results: Results) -> list[Part]:
    """Events by kind, listeners by day, and the histogram of events per listener."""
    days = results.data("activity")
    if days.empty:
        return [Paragraph("There is no event before the cutoff.")]
    days = days.assign(day=[as_date(day) for day in days["day"]])
    faulty = _faulty_days(results, days)
    return [
        Paragraph(_in_words(results, days)),
        *_ageing(days),
        Row([_events(days, name, faulty) for name in _kinds(days)], is_dense=True),
        _listeners(days, faulty),
        *_per_user(results),
    ]


def listeners_by_day(results: Results) -> list[Part]:
    """The chart of active and new listeners alone; nothing before the first event."""
    days = results.data("activity")
    if days.empty:
        return []
    days = days.assign(day=[as_date(day) for day in days["day"]])
    return [_listeners(days, _faulty_days(results, days))]


def _in_words(results: Results, days: pd.DataFrame) -> str:
    n_days = (days["day"].max() - days["day"].min()).days + 1
    devices = results.data("devices")
    on = [f"{count(row.n_users)} on {row.device}" for row in devices.itertuples()]
    by_device = f" By device: {listing(on)}." if on else ""
    return (
        f"{count(days['n_events'].sum())} events in {plural(n_days, 'day')} up to the cutoff, by "
        f"{count(days['n_new_users'].sum())} listeners.{by_device}"
    )


def is_ageing(days: pd.DataFrame) -> bool:
    """Whether hardly anybody new came in the last week, while events fell (K1)."""
    if len(days) < 15:
        return False
    newcomers = days["n_new_users"].tail(7).sum() / max(days["n_new_users"].sum(), 1)
    return bool(
        newcomers < _HARDLY_ANY and days["n_events"].tail(7).sum() < days["n_events"].head(7).sum()
    )


def _ageing(days: pd.DataFrame) -> list[Part]:
    if not is_ageing(days):
        return []
    newest = int(days["n_new_users"].tail(7).sum())
    early = percent(days["n_new_users"].head(7).sum() / days["n_new_users"].sum(), 0)
    return [
        Paragraph(
            f"The totals fall because this log follows a cohort that ages, not because the "
            f"service shrinks: {early} of the listeners were first seen in the first seven days, "
            f"and {plural(newest, 'listener')} in the last seven. Do not read a trend of the "
            "business from it."
        )
    ]


def _kinds(days: pd.DataFrame) -> list[str]:
    totals = {
        name: float(days[name].sum())
        for name in days.columns
        if name.startswith("n_") and name not in _NOT_AN_ACTION
    }
    seen = [name for name in totals if totals[name] > 0]
    return sorted(seen, key=lambda name: (-totals[name], name))[:_KINDS_DRAWN]


def _faulty_days(results: Results, days: pd.DataFrame) -> pd.DataFrame:
    found = faults(results)
    seen = sorted(set(found["day"]) & set(days["day"])) if len(found) else []
    half_a_day = 43_200_000
    middles = [_charts.milliseconds(day) for day in seen]
    return pd.DataFrame(
        {
            "start": [middle - half_a_day for middle in middles],
            "end": [middle + half_a_day for middle in middles],
        }
    )


def _events(days: pd.DataFrame, name: str, faulty: pd.DataFrame) -> Figure:
    kind = _KINDS.get(name, name.removeprefix("n_").replace("_", " "))
    best = days.iloc[int(days[name].argmax())]
    says = (
        f"{count(days[name].sum())} in all; most on {day_in_words(best['day'])} "
        f"({count(best[name])}), {count(days[name].iloc[-1])} on the last day."
    )
    line = _line(days, name, "main", n_labels=5)
    chart = _on_days(days, [line], faulty)
    svg = _charts.drawn(chart, name, f"{kind} by day. {says}", width=_charts.DENSE, height=170)
    note = "Shaded: days with a faulty file." if len(faulty) else ""
    return Figure(name, f"{kind.capitalize()} by day", svg, says, note, is_wide=False)


def _listeners(days: pd.DataFrame, faulty: pd.DataFrame) -> Figure:
    chart = _on_days(
        days,
        [
            _line(days, "n_active_users", "main"),
            _line(days, "n_new_users", "third"),
        ],
        faulty,
    )
    says = (
        f"{count(days['n_active_users'].iloc[-1])} listeners on the last day, "
        f"{count(days['n_active_users'].max())} on the busiest."
    )
    return Figure(
        "listeners_by_day",
        "Listeners by day",
        _charts.drawn(chart, "listeners_by_day", f"Listeners by day. {says}"),
        says,
        "Active: at least one event that day. New: the first event in the log; on the first day "
        "of log that is everybody.",
        swatches=[("main", "active"), ("third", "new")],
    )


def _line(days: pd.DataFrame, name: str, token: str, n_labels: int = 11) -> alt.Chart:
    base = alt.Chart(_charts.data(days[["day", name]]))
    # A line needs two days.
    mark = base.mark_line() if len(days) > 1 else base.mark_point(filled=True, size=60)
    span = (days["day"].min(), days["day"].max() + timedelta(days=1))
    return mark.encode(
        x=_charts.days_axis("day", span, n_labels),
        y=alt.Y(f"{name}:Q", title=None, axis=_charts.counts_axis(), scale=alt.Scale(nice=4)),
        color=alt.value(colour(token)),
    )


def _on_days(days: pd.DataFrame, lines: list[alt.Chart], faulty: pd.DataFrame) -> Any:
    shade = alt.Chart(_charts.data(faulty)).mark_rect(color=colour("wash"), clip=True)
    shades = [shade.encode(x="start:T", x2="end:T")] if len(faulty) else []
    return alt.layer(*shades, *lines)


def _per_user(results: Results) -> list[Part]:
    bins = results.data("events_per_user")
    if bins.empty:
        return []
    scale = alt.Scale(type="log")
    axis = _charts.counts_axis(title="events before the cutoff")
    chart = (
        alt.Chart(_charts.data(bins))
        .mark_rect(color=colour("main"), stroke=colour("paper"), strokeWidth=1)
        .encode(
            x=alt.X("from_events:Q", scale=scale, axis=axis),
            x2="to_events:Q",
            y=alt.Y("n_users:Q", title="listeners", axis=_charts.counts_axis()),
            y2=alt.Y2Datum(0),
        )
    )
    users, once = bins["n_users"].sum(), bins.loc[bins["to_events"] <= 2, "n_users"].sum()
    half = bins[bins["n_users"].cumsum() >= users / 2].iloc[0]
    says = (
        f"Half of the {count(users)} listeners have fewer than about {count(half['to_events'])} "
        f"events; {percent(once / max(users, 1), 0)} have one."
    )
    note = (
        "The scale of events is logarithmic, bins of equal width on it. Robots are still in: the "
        "longest tail is theirs."
    )
    svg = _charts.drawn(chart, "events_per_user", f"Listeners by events. {says}", height=240)
    return [Figure("events_per_user", "How much listeners do", svg, says, note)]
