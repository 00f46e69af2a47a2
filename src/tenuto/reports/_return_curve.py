"""How long silence lasts, and what that says about the horizon (K51)."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tenuto.evaluation.intervals import wilson
from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._parts import Figure, Paragraph, Part
from tenuto.reports._results import Results
from tenuto.reports._words import count, listing, percent, plural

# The usual level below which a silent listener counts as gone.
_GONE_BELOW = 0.10


def return_curve(results: Results) -> list[Part]:
    """The curve with its advice, or why there is none."""
    curve = results.data("return_curve")
    curve = curve.dropna(subset=["share_returned"]) if len(curve) else curve
    if curve.empty:
        return [
            Paragraph(
                "The log is too short to see how often silent listeners come back within "
                f"{plural(results.horizon_days, 'day')}."
            )
        ]
    gone = curve.loc[curve["share_returned"] < _GONE_BELOW, "idle_days"]
    advised = None if gone.empty else int(gone.iloc[0])
    says = _advice(advised, results.horizon_days, is_silence=results.label.is_silence)
    says = f"{says} {_wrong(curve, sorted({results.horizon_days, advised or 0} - {0}))}".strip()
    svg = _charts.drawn(_return_chart(curve, advised), "return_curve", says, height=240)
    note = (
        f"Of the spells of silence that lasted so many days, the share that ended within the next "
        f"{results.horizon_days} days; n from {count(curve['n_silent'].iloc[0])} spells at "
        f"{plural(curve['idle_days'].iloc[0], 'day')} to {count(curve['n_silent'].iloc[-1])} at "
        f"{plural(curve['idle_days'].iloc[-1], 'day')}. Spells whose next days are not all in the "
        "log are left out, not counted as lost. Intervals are 95% Wilson intervals; several spells "
        "of one listener are counted as if they were independent."
    )
    return [Figure("return_curve", "How often silent listeners come back", svg, says, note)]


def _advice(advised: int | None, horizon_days: int, *, is_silence: bool) -> str:
    if advised is None:
        return (
            "Even after the longest silence that this log can judge, more than 10% come back: "
            "a longer log is needed to say when a listener is gone."
        )
    start = f"After {plural(advised, 'idle day')} fewer than 10% come back. "
    if not is_silence:
        return (
            start + "What this run foretells does not rest on silence, so its horizon may differ."
        )
    if horizon_days >= advised:
        return start + f"The horizon of {horizon_days} days is long enough to call it leaving."
    return start + f"The horizon of {horizon_days} days is shorter: some who are away will return."


def _wrong(curve: pd.DataFrame, horizons: list[int]) -> str:
    """How many labels would have been wrong: called gone after so long, and back soon after."""
    said = []
    for days in horizons:
        known = curve[curve["idle_days"] == days]
        if len(known):
            n, back = int(known["n_silent"].iloc[0]), int(known["n_returned"].iloc[0])
            low, high = wilson(back, n)
            said.append(
                f"{percent(back / n)} [{percent(low)}, {percent(high)}] of {count(n)} with a "
                f"horizon of {plural(days, 'day')}"
            )
    if not said:
        return ""
    return f"Labels of silence that would have been wrong, by a return soon after: {listing(said)}."


def _return_chart(curve: pd.DataFrame, advised: int | None) -> Any:
    columns = curve[["idle_days", "share_returned"]]
    base = alt.Chart(_charts.data(columns)).encode(
        x=alt.X("idle_days:Q", title="idle days", axis=alt.Axis(tickMinStep=1)),
        y=alt.Y(
            "share_returned:Q",
            title="come back",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format=".0%", tickCount=5),
        ),
    )
    line = base.mark_line(color=colour("main"), point=alt.OverlayMarkDef(color=colour("main")))
    level = alt.Chart(alt.Data(values=[{"level": _GONE_BELOW}]))
    layers = [level.mark_rule(color=colour("axis"), strokeDash=[4, 3]).encode(y="level:Q"), line]
    if advised is not None:
        at = alt.Chart(alt.Data(values=[{"at": advised}]))
        layers.append(at.mark_rule(color=colour("rival"), strokeWidth=1.5).encode(x="at:Q"))
    return alt.layer(*layers)
