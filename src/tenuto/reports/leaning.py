"""What the model leans on: families of features shuffled on held-out data, and alone (K13)."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tenuto.reports import _charts
from tenuto.reports._palette import colour
from tenuto.reports._parts import NO_MODEL, Column, Figure, Paragraph, Part, Table
from tenuto.reports._results import HEADLINE, Results
from tenuto.reports._words import (
    POPULATIONS,
    figure,
    listing,
    percent,
    plural,
    spoken,
    text,
    without_references,
)

TITLE = "What the model leans on"
ORDER = 70

_FEATURES_SHOWN = 15
_TOO_FEW = (
    " There are not enough data to rank models in this run, so take the order below for a "
    "description of this test and not of the service: some of so many columns look strong by "
    "chance."
)


def section(results: Results) -> list[Part]:
    """Grouped importances with intervals, then the strongest single features."""
    if not results.has_model:
        return [Paragraph(NO_MODEL)]
    return [
        Paragraph(
            f"These are the traces in the log by which a model tells {results.label.who} from "
            "others, not causes: changing one of them changes nobody's mind."
            + ("" if results.is_ranked else _TOO_FEW)
        ),
        *_families(results),
        *_features(results),
    ]


def _families(results: Results) -> list[Part]:
    table = results.churn_table("importances")
    table = table.dropna(subset=["mean_drop"]) if len(table) else table
    if table.empty:
        return [Paragraph("The test has one outcome only, so nothing can be said to matter.")]
    is_needed = table["low"] > 0
    needed = [spoken(name) for name in table.loc[is_needed, "group"]]
    words = (
        f"The {spoken(results.model)} model leans on {listing(needed[:3])} most."
        if needed
        else "No family of features is needed by itself: the others tell the same."
    )
    spare = [spoken(name) for name in table.loc[~is_needed, "group"]]
    words += (
        f" It could do without {listing(spare)}." if needed and spare and results.is_ranked else ""
    )
    svg = _charts.drawn(_bars(table), "importances", words, height=56 + 30 * len(table))
    note = (
        "Drop in AUC when all columns of a family are shuffled together, mean of the repeats; "
        "bars span the middle 95% of the repeats, the noise of shuffling and not of the sample. "
        f"Listeners {POPULATIONS[HEADLINE]}, held out. Families that tell the same thing hide "
        "each other."
    )
    return [Figure("importances", "Families of features", svg, words, note)]


def _bars(table: pd.DataFrame) -> Any:
    names = [
        f"{spoken(row['group'])} ({plural(row['n_columns'], 'column')})"
        for row in table.to_dict("records")
    ]
    base = alt.Chart(_charts.data(table.assign(name=names)))
    y = alt.Y("name:N", title=None, sort=names, axis=alt.Axis(labelLimit=220))
    x = alt.X(
        "mean_drop:Q", title="drop in AUC", axis=alt.Axis(grid=True, format=".2f", tickCount=6)
    )
    bars = base.mark_bar(color=colour("pale"), height=16).encode(x=x, y=y)
    lines = base.mark_rule(color=colour("main"), strokeWidth=2).encode(
        x=alt.X("low:Q", title="drop in AUC"), x2="high:Q", y=y
    )
    return alt.layer(bars, lines)


def _features(results: Results) -> list[Part]:
    table = results.churn_table("features")
    table = table.dropna(subset=["auc_alone"]) if len(table) else table
    if table.empty:
        return []
    ordered = table.sort_values(["auc_alone", "feature"], ascending=[False, True])
    columns = [
        Column("Feature"),
        Column("AUC alone", is_number=True),
        Column("Unit"),
        Column("Unknown", is_number=True),
        Column("What it is", wraps=True),
    ]
    rows = [
        [
            row["feature"] + ("" if row["is_used_forward"] else " *"),
            figure(row["auc_alone"]),
            text(row["unit"]),
            percent(row["share_null"], 0),
            without_references(text(row["description"])),
        ]
        for row in ordered.head(_FEATURES_SHOWN).to_dict("records")
    ]
    note = (
        f"AUC of the column by itself, in the better direction, among listeners "
        f"{POPULATIONS[HEADLINE]}. Unknown: share of all listeners without a value. "
        f"{plural(len(table), 'feature')} in all, in churn/features.csv."
    )
    if not ordered.head(_FEATURES_SHOWN)["is_used_forward"].all():
        note += (
            " * In the snapshot only: its window is longer than the history before the training "
            "cutoffs."
        )
    return [Table("The strongest features alone", columns, rows, note)]
