"""The chart of docs/recommender-benchmarks.md: how right each row is, and how broad."""

from __future__ import annotations

from typing import Any

import altair as alt

MAIN = "ndcg@100"


def drawn(rows: list[dict[str, Any]]) -> alt.HConcatChart:
    """A line per row, the most accurate first: NDCG@100 with its interval, and the top 1 %."""
    values = [
        {
            "row": row["row"],
            "NDCG@100": row["figures"][MAIN]["value"],
            "low": row["figures"][MAIN]["low"],
            "high": row["figures"][MAIN]["high"],
            "top 1 % of artists": row["breadth"]["popularity_share"],
            "coverage": row["breadth"]["coverage"],
        }
        for row in rows
    ]
    order = [one["row"] for one in sorted(values, key=lambda one: -one["NDCG@100"])]
    charts = [_accuracy(values, order), _dots(values, order, "top 1 % of artists", "#b94e00")]
    charts.append(_dots(values, order, "coverage", "#007a62"))
    return alt.hconcat(*charts, spacing=12).configure(background="white")


def _accuracy(values: list[dict[str, Any]], order: list[str]) -> alt.LayerChart:
    base = alt.Chart(alt.Data(values=values), width=300, height=18 * len(order)).encode(
        y=alt.Y("row:N", sort=order, title=None, axis=alt.Axis(labelLimit=220))
    )
    interval = base.mark_rule(color="#bcd8ea", strokeWidth=4).encode(
        x=alt.X("low:Q", title="NDCG@100, 95 % interval", scale=alt.Scale(zero=False)), x2="high:Q"
    )
    return interval + base.mark_point(filled=True, size=50, color="#0067a5").encode(x="NDCG@100:Q")


def _dots(values: list[dict[str, Any]], order: list[str], of: str, colour: str) -> alt.Chart:
    said = {"coverage": "share of artists shown to anybody"}.get(of, f"{of} in top 10s, share")
    return (
        alt.Chart(alt.Data(values=values), width=130, height=18 * len(order))
        .mark_bar(color=colour, size=8)
        .encode(y=alt.Y("row:N", sort=order, title=None, axis=None), x=alt.X(f"{of}:Q", title=said))
    )
