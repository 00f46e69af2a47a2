"""Whom to call first, and what the rank means."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from tenuto.reports._parts import Column, Paragraph, Part, Table
from tenuto.reports._planned import plan
from tenuto.reports._planned_list import planned_list
from tenuto.reports._results import Results
from tenuto.reports._words import UNKNOWN, count, figure, hours, percent, plural, spoken, text

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
    "is_paid": ("Pays", lambda value: {0: "no", 1: "yes"}.get(value, UNKNOWN)),
    "probability_downgrades": ("Downgrades", lambda value: figure(value, 3)),
    "probability_upgrades": ("Upgrades", lambda value: figure(value, 3)),
}


def section(results: Results) -> list[Part]:
    """The top of the list among those who can still be kept."""
    if not results.has_model:
        return [
            Paragraph(
                Markup(
                    'Without a model there is no call list: see <a href="#in_short">In short</a>.'
                )
            )
        ]
    top = results.call_list(_SHOWN)
    if top.empty:
        return [Paragraph("Nobody was active in the last 14 days: there is nobody to keep.")]
    found = plan(results)
    if found:
        return [_meaning(results, top, is_planned=True), *planned_list(results, found, _SHOWN)]
    return [_meaning(results, top, is_planned=False), _table(results, top), _where()]


def _meaning(results: Results, top: pd.DataFrame, *, is_planned: bool) -> Paragraph:
    best, model = top.iloc[0], spoken(results.model)
    words = (
        f"Rank 1 is the listener whom the {model} model thinks likeliest to {_deed(results)}."
        if not is_planned
        else f"The {model} model says how likely each listener is to {_deed(results)}; the list is "
        "in the order of what contact is expected to bring."
    )
    words += (
        f" A probability of {figure(best['probability'], 2)} says: of a hundred like this, "
        f"{percent(best['probability'], 0).removesuffix('%')} {results.label.verb}. Start at the "
        "top and stop where the budget does."
    )
    if not results.is_ranked:
        so_few = (
            ' How good this order is cannot be told from so few: see <a href="#models">Models</a>.'
        )
        return Paragraph(Markup("{}").format(words) + Markup(so_few))
    tenth = "tenth at the highest risk" if is_planned else "first tenth"
    precision = results.metric("precision_at_10", results.model)
    if precision is not None:
        words += (
            f" In the test {percent(precision['value'], 0)} of the {tenth} did "
            f"{results.label.verb}, against "
            f"{percent(precision['base_rate'], 0)} of all who were active."
        )
    return Paragraph(words)


def _deed(results: Results) -> str:
    label = results.label
    if label.bins:
        return f"{label.verb}, in {label.span}"
    does = "do nothing at all" if label.is_silence else label.verb
    return f"{does} in the {label.days} days from {results.cutoff}"


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
    if "probability_upgrades" in shown:
        note += (
            " Downgrades, upgrades: the probabilities that this comes next, by the model over all "
            "that can come (see Cancellations)."
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
