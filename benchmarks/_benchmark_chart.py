"""The chart of docs/benchmarks.md: how many times as long as its base everybody takes."""

from __future__ import annotations

import statistics
from typing import Any

import altair as alt

#: Benchmark -> what the panel is called, and the name that all bars are measured by.
PANELS = {
    "ingest": ("raw logs to the lake", "DuckDB, bare parse and write"),
    "rollups": ("sums by day", "hand-written SQL"),
    "features": ("features from sums", "hand-written SQL"),
    "seeds_way": ("events to features", "Tenuto"),
}
_OURS, _OTHERS = "#0067a5", "#9aa5ad"


def drawn(results: dict[str, Any]) -> alt.VConcatChart | None:
    """A panel for each benchmark that has been run; None if none has been."""
    panels = [
        _panel(title, base, _seconds(results[name]))
        for name, (title, base) in PANELS.items()
        if name in results and any(taken.startswith(base) for taken in _seconds(results[name]))
    ]
    if not panels:
        return None
    return alt.vconcat(*panels, spacing=18).configure(background="white")


def _seconds(found: dict[str, Any]) -> dict[str, float]:
    if "timings" in found:
        timed = {row["name"]: statistics.median(row["runs_s"]) for row in found["timings"]}
        return {
            name: seconds for name, seconds in timed.items() if not name.startswith("bare scan")
        }
    many = f"times Tenuto, {found['facts']['cutoffs']} cutoffs"
    return {row["what"]: row[many] for row in found["rows"]}


def _panel(title: str, base: str, seconds: dict[str, float]) -> alt.LayerChart:
    under = next(taken for name, taken in seconds.items() if name.startswith(base))
    values = [
        {"what": name, "times": taken / under, "ours": name.startswith("Tenuto")}
        for name, taken in seconds.items()
    ]
    base_chart = alt.Chart(
        alt.Data(values=values), width=380, height=22 * len(values), title=f"{title} ({base}: 1)"
    ).encode(
        y=alt.Y("what:N", sort="x", title=None, axis=alt.Axis(labelLimit=300)),
        x=alt.X("times:Q", title="times as long"),
    )
    colour = alt.condition("datum.ours", alt.value(_OURS), alt.value(_OTHERS))
    bars = base_chart.mark_bar(size=14).encode(color=colour)
    return bars + base_chart.mark_text(align="left", dx=4).encode(
        text=alt.Text("times:Q", format=".2f")
    )
