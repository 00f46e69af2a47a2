"""Score another table by the models that `tenuto churn train` has kept.

With --label, say how well the scores tell who left, with an interval.

Example:

  tenuto churn score --model churn-models --table others.csv.gz --out scores.csv
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json


def command(
    model: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The folder that `tenuto churn train` made.")
    ],
    table: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV, TSV (.gz, .bz2) or Parquet: a row per user.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the scores go, as CSV.")],
    label: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column that tells who left, to judge the scores."),
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option("--id", metavar="COLUMN", help="The column of ids; else as in training."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which of the models; by default the recommended one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    from tenuto import errands

    found = errands.score_table(model, table, out, model=name, id_column=id_column, label=label)
    if as_json:
        print_json({**found.to_dict(), "scores": out})
        return
    print(f"{found.n_scored:,} users scored by '{found.model}': {out}")
    if found.n_trained_on:
        print(f"{found.n_trained_on:,} of them were trained on; no figure counts them.")
    if found.auc is None:
        return
    auc = found.auc
    print(
        f"AUC {auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}] on {found.n_labelled:,} "
        f"users with a label, {found.base_rate:.1%} of whom left; mean score "
        f"{found.mean_probability:.1%}."
    )
