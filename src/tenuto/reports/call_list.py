"""Whom to call first, and what the rank means."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from tenuto.reports._parts import Column, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import count, figure, hours, percent, plural, spoken, text

TITLE = "Call list"
ORDER = 80

_SHOWN = 20
# Column of the list -> heading, how a cell is written. A source may lack some.
_COLUMNS: dict[str, tuple[str, Any]] = {
    "rank_active_14d": ("Rank", count),
    "user_id": ("Listener", text),
    "probability": ("Probability", lambda value: figure(value, 3)),
    "days_since_last_event": ("Days since last event", count),
    "days_since_last_play": ("Days since last play", count),
    "n_plays_14d": ("Plays, 14 days", count),
    "n_active_days_14d": ("Active days, 14 days", count),
    "played_s_14d": ("Hours played, 14 days", hours),
    "first_day": ("First seen", lambda value: text(value)[:10]),
}


def section(results: Results) -> list[Part]:
    """The top of the list among those who can still be kept."""
    if not results.has_model:
        return [Paragraph("Without a model there is no call list: see the top of the page.")]
    top = results.call_list(_SHOWN)
    if top.empty:
        return [Paragraph("Nobody was active in the last 14 days: there is nobody to keep.")]
    return [_meaning(results, top), _table(results, top), _where()]


def _meaning(results: Results, top: pd.DataFrame) -> Paragraph:
    best = top.iloc[0]
    words = (
        f"Rank 1 is the listener whom the {spoken(results.model)} model thinks likeliest to do "
        f"nothing at all in the {results.horizon_days} days from {results.cutoff}. A probability "
        f"of {figure(best['probability'], 2)} says: of a hundred like this, "
        f"{percent(best['probability'], 0).removesuffix('%')} leave. Start at the top and stop "
        "where the budget does."
    )
    precision = results.metric("precision_at_10", results.model)
    if precision is not None:
        words += (
            f" In the test {percent(precision['value'], 0)} of the first tenth did leave, against "
            f"{percent(precision['base_rate'], 0)} of all who were active."
        )
    return Paragraph(words)


def _table(results: Results, top: pd.DataFrame) -> Table:
    shown = {name: how for name, how in _COLUMNS.items() if name in top.columns}
    columns = [Column(title, is_number=True) for title, _ in shown.values()]
    rows = [
        [write(row[name]) for name, (_, write) in shown.items()] for row in top.to_dict("records")
    ]
    note = (
        f"Of {count(results.churn['n_active_14d'])} listeners active in the last 14 days before "
        f"{results.cutoff}. Each was scored by models that trained neither on that listener nor "
        "on days from the cutoff on. A tie goes to the smaller id. A dash is unknown: no play "
        "before the cutoff."
    )
    return Table(f"The first {plural(len(rows), 'listener')} to call", columns, rows, note)


def _where() -> Paragraph:
    return Paragraph(
        Markup(
            'The whole list is in <a href="churn/churn_scores.csv">churn/churn_scores.csv</a>, '
            "the same for programs in churn/churn_scores.parquet. Its column rank counts "
            "everybody; rank_active_14d, shown here, those who can still be kept. Whoever has "
            "no rank_active_14d is for a win-back list, not for this one."
        )
    )
