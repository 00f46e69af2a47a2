"""How good the models are, and whether any of them beats the trivial rule (K2, K3, K12, K40)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.catalogue import Catalogue
from tenuto.reports._auc_chart import auc_figure
from tenuto.reports._model_charts import curve_figures
from tenuto.reports._parts import NO_MODEL, Column, Notice, Paragraph, Part, Row, Table
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
        return [Paragraph(NO_MODEL)]
    wanted = ["roc", "precision_recall"] if results.is_ranked else []
    curves, chart = curve_figures(results, wanted), auc_figure(results)
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
    if not results.is_ranked:
        return _too_few(results)
    if not (rows["model"] == RULE).any():
        return Notice("The recency rule was not run, so there is nothing trivial to compare with.")
    worse = [spoken(name) for name in learned.loc[learned["verdict"] == "worse", "model"]]
    said = _who_is_better(results, n_learned=len(learned))
    said += f" Worse than the rule: {listing(worse)}." if worse else ""
    return Notice(said, "good" if results.better_models else "warning")


def _too_few(results: Results) -> Notice:
    """The saved sentence, which holds the interval, and what follows for the tables."""
    return Notice(
        f"{results.churn['verdict']} So the tables below are in the order of the alphabet, "
        "nobody wins in them, and curves are not drawn. It takes a longer log, more listeners "
        "or a longer horizon (churn.horizon_days).",
        "warning",
    )


def _in_order(results: Results, aucs: pd.DataFrame) -> pd.DataFrame:
    """Best first; by name where there are too few to rank by."""
    if not results.is_ranked:
        return aucs.sort_values("model")
    return aucs.sort_values(["value", "model"], ascending=[False, True])


def _who_is_better(results: Results, n_learned: int) -> str:
    better = results.better_models
    if not better:
        return (
            "No model beats the trivial rule here. Sorting listeners by the days since their "
            "last event is as good as anything this run has learned."
        )
    names = listing(spoken(name) for name in better)
    said = (
        f"{names[0].upper()}{names[1:]} {'ranks' if len(better) == 1 else 'rank'} "
        f"{results.label.who} better than the recency rule, beyond chance "
        f"({len(better)} of {n_learned} learned models)."
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
    aucs = of_metric.get("auc", pd.DataFrame())
    aucs = _in_order(results, aucs.reset_index()).set_index("model") if len(aucs) else aucs
    facts = aucs.iloc[0] if len(aucs) else None
    rate = results.label.rate
    base = "" if facts is None else f", {rate} {percent(facts['base_rate'])}"
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
        f"{results.label.span}, out of time and out of user. Calling at random has a "
        f"PR-AUC of {UNKNOWN if facts is None else figure(facts['base_rate'])}; no list can have "
        f"a lift above {cap}."
    )
    if population != HEADLINE:
        caption = POPULATIONS.get(population, population)
        return Table(f"Listeners: {caption}", _COLUMNS, cells, note)
    return Table("Headline: listeners active in the last 14 days", _COLUMNS, cells, note + _TERMS)


_TERMS = (
    " Lift at 10%: how many times more of them the first tenth holds than a random tenth. Log "
    "loss and Brier: lower is better. Intervals: 95%, bootstrap over listeners; the last two "
    "columns compare the same listeners in pairs. Undecided: the interval of the difference "
    "holds 0, or there are fewer than 20 with either outcome."
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
        rate = f"{results.label.rate} {percent(facts['base_rate'])}"
        rows.append(f"{words}: {count(facts['n_rows'])}, {rate}")
        ordered = _in_order(results, aucs)
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
