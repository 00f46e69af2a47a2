"""Whether the listeners of today are still those that the model was trained on."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._monitored import monitored, monitored_json, records
from tenuto.reports._palette import colour
from tenuto.reports._parts import Column, Facts, Figure, Notice, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import UNKNOWN, count, figure, is_known, listing, percent, plural

TITLE = "Drift"
ORDER = 92
STEP = "monitoring"

_WATCH, _ALERT = 0.1, 0.2
_ROWS_DRAWN, _ROWS_SHOWN = 12, 20
_AGEING, _GROWS = "the log follows a cohort", "can only grow"
_VOLUMES = {"n_events": "events", "n_active_users": "active listeners"}
_COLOURS = {"alert": "rival", "watch": "main", "steady": "other", "too few": "other"}


def section(results: Results) -> list[Part]:
    """The alarms, the scores and the volume, and the features that moved most."""
    drift = monitored(results, "drift")
    if drift.empty:
        return []
    reference = monitored_json(results, "reference")
    features = drift[drift["kind"] == "feature"]
    return [
        _answer(results, drift),
        Facts([*_scores(drift), *_volumes(drift)]),
        *([_chart(features)] if len(features) else []),
        *([_table(features, reference)] if len(features) else []),
    ]


def answer(results: Results) -> Notice | None:
    """Whether something has moved; None where the run was not monitored."""
    drift = monitored(results, "drift")
    return None if drift.empty else _answer(results, drift)


def _answer(results: Results, drift: pd.DataFrame) -> Notice:
    alarms = monitored_json(results, "alarms").get("alarms", [])
    breached = drift[(drift["level"] == "alert") & drift["may_alarm"].astype(bool)]
    if alarms:
        names = listing(str(alarm["name"]) for alarm in alarms)
        return Notice(
            f"Alarm: {names} moved in this run and in the one before. Look at the table below "
            "first, then at the log of those days; if the change is real, the models must be "
            "trained on days after it, which the next runs do by themselves.",
            "warning",
        )
    if (drift["by_design"] == _AGEING).any():
        return Notice(
            "The active listeners get fewer and hardly anybody new comes: this log follows a "
            "cohort, whose listeners are older at the cutoff than when the model was trained. All "
            "features move with that, so none of them raises an alarm; the volume still does. "
            "Take the probabilities of such a log with care, and look at the matured figures."
        )
    if len(breached):
        names = listing(str(name) for name in breached["name"])
        return Notice(
            f"{names} moved further than usual, in this run alone: not an alarm yet. Two runs "
            "one after the other are."
        )
    return Notice("Nothing that the model leans on has moved since it was trained.", "good")


def _scores(drift: pd.DataFrame) -> list[tuple[str, str, str]]:
    rows = {row["name"]: row for row in records(drift[drift["kind"] == "score"])}
    if "score" not in rows:
        return []
    score = rows["score"]
    return [
        (figure(score["distance"]), "PSI of the scores", f"{score['level']}; alert above 0.2"),
        (percent(score["now"]), "mean score", f"{percent(score['then'])} when trained"),
    ]


def _volumes(drift: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [
        (
            count(row["now"]),
            f"{_VOLUMES.get(row['name'], row['name'])} on the last day",
            f"usual on that weekday: {count(row['then'])}; {row['level']}",
        )
        for row in records(drift[drift["kind"] == "volume"])
    ]


def _chart(features: pd.DataFrame) -> Figure:
    # Their distances are tens of times those of the rest.
    shown = features[features["by_design"] != _GROWS].head(_ROWS_DRAWN)
    shown = shown if len(shown) else features.head(_ROWS_DRAWN)
    paint = [colour(_COLOURS.get(level, "other")) for level in shown["level"]]
    table = pd.DataFrame(
        {"name": shown["name"], "distance": shown["distance"], "colour": paint}
    ).dropna(subset=["distance"])
    bars = (
        alt.Chart(_charts.data(table))
        .mark_bar()
        .encode(
            x=alt.X("distance:Q", title="PSI", axis=alt.Axis(tickCount=5)),
            y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            color=alt.Color("colour:N", scale=None, legend=None),
        )
    )
    levels = alt.Chart(alt.Data(values=[{"at": _WATCH}, {"at": _ALERT}]))
    rules = levels.mark_rule(color=colour("axis"), strokeDash=[4, 3]).encode(x="at:Q")
    title = "Features that moved most"
    far = table.iloc[0] if len(table) else None
    says = (
        "No feature can be compared."
        if far is None
        else f"{far['name']} moved most, by {figure(far['distance'])}."
    )
    height = 40 + 22 * len(table)
    return Figure(
        "drift",
        title,
        _charts.drawn(alt.layer(bars, rules), "drift", f"{title}. {says}", height=height),
        says,
        "Population stability index of listeners active in the last 14 days, against the "
        "training rows of the model behind the call list. Dashed: 0.1, worth watching, and 0.2, an "
        "alert. Features that can only grow are in the table alone.",
        [("rival", "alert"), ("main", "watch"), ("other", "steady")],
    )


def _table(features: pd.DataFrame, reference: dict) -> Table:
    rows = [
        [
            str(row["name"]),
            str(row["family"] or UNKNOWN),
            figure(row["distance"]),
            figure(row["limit"]),
            figure(row["then"], 2),
            figure(row["now"], 2),
            percent(row["share_null_then"]),
            percent(row["share_null_now"]),
            str(row["level"]) + (f"; {row['by_design']}" if row["by_design"] else ""),
        ]
        for row in records(features.head(_ROWS_SHOWN))
    ]
    cutoffs = reference.get("cutoffs") or []
    when = f" at {listing(str(day) for day in cutoffs)}" if cutoffs else ""
    rows_then = reference.get("n_rows")
    of = f"{plural(rows_then, 'training row')}{when}" if is_known(rows_then) else "training rows"
    return Table(
        f"The {min(len(features), _ROWS_SHOWN)} features that moved most, of {len(features)}",
        [
            Column("Feature", wraps=True),
            Column("Family"),
            Column("PSI", is_number=True),
            Column("By chance", is_number=True),
            Column("Mean then", is_number=True),
            Column("Mean now", is_number=True),
            Column("NULL then", is_number=True),
            Column("NULL now", is_number=True),
            Column("Level", wraps=True),
        ],
        rows,
        f"Against {of}; ten bins of equal mass and one for NULL. By chance: what equal "
        "populations of this size pass once in a thousand. Only features of families without "
        "which the model is worse raise an alarm, and none that can only grow, such as days since "
        "the first event.",
    )
