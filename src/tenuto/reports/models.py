"""How good the models are, and whether any of them beats the trivial rule (K2, K3, K12, K40)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.catalogue import Catalogue
from tenuto.reports._model_charts import auc_figure, curve_figures
from tenuto.reports._parts import Column, Notice, Paragraph, Part, Row, Table
from tenuto.reports._results import FLOOR, HEADLINE, RULE, Results
from tenuto.reports._words import (
    POPULATIONS,
    UNKNOWN,
    count,
    figure,
    gap,
    interval,
    listing,
    percent,
    spoken,
    text,
)

TITLE = "Models"
ORDER = 60

_MODELS = Catalogue("tenuto.churn")
_COLUMNS = [
    Column("Model"),
    Column("AUC [95%]", is_number=True),
    Column("PR-AUC", is_number=True),
    Column("Log loss", is_number=True),
    Column("Brier", is_number=True),
    Column("Lift at 10%", is_number=True),
    Column("AUC over the rule [95%]", is_number=True),
    Column("Verdict"),
]


def section(results: Results) -> list[Part]:
    """The answer, the headline table, curves, the other populations and the snapshot."""
    if not results.has_model:
        return [Paragraph("No model was trained in this run: see the top of the page.")]
    curves, chart = curve_figures(results, ["roc", "precision_recall"]), auc_figure(results)
    return [
        _answer(results),
        _table(results, "forward", HEADLINE),
        *([Row(curves)] if curves else []),
        *([chart] if chart else []),
        *(_table(results, "forward", name) for name in ("all", "active_7d")),
        _snapshot(results),
        _who_is_who(results),
    ]


def _answer(results: Results) -> Part:
    rows = _auc_rows(results, "forward", HEADLINE)
    learned = rows[~rows["model"].isin([RULE, FLOOR])]
    if rows.empty or rows["value"].isna().all():
        return Notice(
            "All listeners of the test have the same outcome, so no model can be told from "
            "another. The figures below are dashes for that reason.",
            "warning",
        )
    if not (rows["model"] == RULE).any():
        return Notice("The recency rule was not run, so there is nothing trivial to compare with.")
    worse = [spoken(name) for name in learned.loc[learned["verdict"] == "worse", "model"]]
    said = _who_is_better(results, n_learned=len(learned))
    said += f" Worse than the rule: {listing(worse)}." if worse else ""
    return Notice(said, "good" if results.better_models else "warning")


def _who_is_better(results: Results, n_learned: int) -> str:
    better = results.better_models
    if not better:
        return (
            "No model beats the trivial rule here. Sorting listeners by the days since their "
            "last event is as good as anything this run has learned."
        )
    names = listing(spoken(name) for name in better)
    said = (
        f"{names[0].upper()}{names[1:]} {'ranks' if len(better) == 1 else 'rank'} leavers better "
        f"than the recency rule, beyond chance ({len(better)} of {n_learned} learned models)."
    )
    if results.model not in better:
        said += (
            f" The model behind the call list, {spoken(results.model)}, does not. If that holds "
            "on another day too, change churn.call_list_model in tenuto.toml."
        )
    return said


def _table(results: Results, protocol: str, population: str) -> Table:
    rows = results.metrics
    rows = rows[(rows["protocol"] == protocol) & (rows["population"] == population)]
    of_metric = {str(name): table.set_index("model") for name, table in rows.groupby("metric")}
    aucs = of_metric.get("auc", pd.DataFrame()).sort_values("value", ascending=False, kind="stable")
    facts = aucs.iloc[0] if len(aucs) else None
    base = "" if facts is None else f", {percent(facts['base_rate'])} left"
    n_rows = UNKNOWN if facts is None else count(facts["n_rows"])
    cells = [
        [
            spoken(str(name)),
            interval(row),
            *(_value(of_metric, metric, name) for metric in _SHORT),
            gap(row),
            text(row["verdict"]),
        ]
        for name, row in aucs.iterrows()
    ]
    cap = _value(of_metric, "lift_cap_at_10", aucs.index[0]) if len(aucs) else UNKNOWN
    note = (
        f"{n_rows} listeners{base}, tested from {results.churn['test_cutoff']} over "
        f"{results.horizon_days} days, out of time and out of user. Calling at random has a "
        f"PR-AUC of {UNKNOWN if facts is None else figure(facts['base_rate'])}; no list can have "
        f"a lift above {cap}."
    )
    if population != HEADLINE:
        caption = POPULATIONS.get(population, population)
        return Table(f"Listeners: {caption}", _COLUMNS, cells, note)
    return Table("Headline: listeners active in the last 14 days", _COLUMNS, cells, note + _TERMS)


_TERMS = (
    " Lift at 10%: how many times more leavers the first tenth holds than a random tenth. Log "
    "loss and Brier: lower is better. Intervals: 95%, bootstrap over listeners; the last two "
    "columns compare the same listeners in pairs. Undecided: the interval of the difference "
    "holds 0."
)
_SHORT = ("average_precision", "log_loss", "brier", "lift_at_10")


def _value(of_metric: dict[str, pd.DataFrame], metric: str, model: Any) -> str:
    table = of_metric.get(metric)
    if table is None or model not in table.index:
        return UNKNOWN
    return figure(table["value"].to_dict()[model], 2 if metric.startswith("lift") else 3)


def _auc_rows(results: Results, protocol: str, population: str) -> pd.DataFrame:
    rows = results.metrics
    return rows[
        (rows["protocol"] == protocol)
        & (rows["population"] == population)
        & (rows["metric"] == "auc")
    ]


def _snapshot(results: Results) -> Table:
    rows: list[list[str] | str] = []
    for population, words in POPULATIONS.items():
        aucs = _auc_rows(results, "snapshot", population)
        if aucs.empty:
            continue
        facts = aucs.iloc[0]
        rows.append(f"{words}: {count(facts['n_rows'])}, {percent(facts['base_rate'])} left")
        ordered = aucs.sort_values(["value", "model"], ascending=[False, True])
        rows += [
            [spoken(str(row["model"])), interval(row), gap(row), text(row["verdict"])]
            for row in ordered.to_dict("records")
        ]
    columns = [
        Column("Model"),
        Column("AUC [95%]", is_number=True),
        Column("AUC over the rule [95%]", is_number=True),
        Column("Verdict"),
    ]
    note = (
        "One cutoff, a fifth of the users held out: the protocol of the earlier projects, for "
        "comparison with their figures only. Train and test share the same days, so nothing that "
        "changes with time can hurt."
    )
    return Table("Optimistic: the snapshot protocol", columns, rows, note)


def _who_is_who(results: Results) -> Table:
    names = sorted(set(results.metrics["model"]))
    known = _MODELS.names()
    rows = [[spoken(name), _MODELS.describe(name) if name in known else UNKNOWN] for name in names]
    return Table("What the models are", [Column("Model"), Column("In a line", wraps=True)], rows)
