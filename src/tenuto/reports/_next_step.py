"""How well the model of what comes next tells one outcome from the rest (S4-W1)."""

from __future__ import annotations

import pandas as pd

from tenuto.reports._parts import Column, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import count, interval, listing, percent, plural

# As in `tenuto.churn`: with fewer, drawing again repeats the same few (K40).
_FEW = 20


def next_step(results: Results) -> list[Part]:
    """One outcome against the rest; nothing where no such model was trained."""
    table = results.churn_table("next_step", is_needed=False)
    table = table.dropna(subset=["value"]) if len(table) else table
    if table.empty:
        return []
    of_metric = {str(name): rows for name, rows in table.groupby("metric")}
    aucs = of_metric["auc"].sort_values(["base_rate", "outcome"], ascending=[False, True])
    precision = of_metric["average_precision"].set_index("outcome")
    columns = [
        Column("What comes next"),
        Column("Listeners", is_number=True),
        Column("Base rate", is_number=True),
        Column("AUC [95%]", is_number=True),
        Column("PR-AUC [95%]", is_number=True),
    ]
    rows = [
        [
            str(row["outcome"]),
            count(row["n_with"]),
            percent(row["base_rate"]),
            interval(row),
            interval(precision.loc[row["outcome"]]),
        ]
        for row in aucs.to_dict("records")
    ]
    note = (
        f"One model over all that can come, so that its probabilities add up to 1; each outcome "
        f"against the rest, among {plural(int(aucs['n_rows'].iloc[0]), 'listener')}, tested from "
        f"{results.churn['test_cutoff']} over {results.label.span}, out of time and out of user. "
        "A guess has an AUC of 0.5 and a PR-AUC of the base rate. Its probabilities for each "
        "listener are the columns probability_… of the call list."
    )
    return [Table("What comes next", columns, rows, note), Paragraph(_in_words(aucs))]


def _in_words(aucs: pd.DataFrame) -> str:
    """Which outcomes can be told from a guess, and for which that cannot be said."""
    is_few = aucs["n_with"].clip(upper=aucs["n_rows"] - aucs["n_with"]) < _FEW
    is_open = is_few | (aucs["low"] <= 0.5)
    known = list(aucs.loc[~is_open, "outcome"])
    guessed = list(aucs.loc[~is_few & (aucs["low"] <= 0.5), "outcome"])
    few = list(aucs.loc[is_few, "outcome"])
    said = [f"Told apart better than by guessing: {listing(known)}."] if known else []
    if guessed:
        said.append(
            f"The interval of {listing(guessed)} holds 0.5: not shown to be better than guessing."
        )
    if few:
        said.append(
            f"Fewer than {_FEW} listeners in the test stand behind {listing(few)}: nothing can be "
            "said of how well the model tells them, whatever the figure."
        )
    return " ".join(said)
