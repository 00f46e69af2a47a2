"""Train churn models on a table you already have: one row per user, one column says who left.

Every user is scored by models that did not know the user. Figures come with
intervals; a column that knows the outcome stops the work and is named, and
totals that counted the leaving itself are left out and said so.

Example:

  tenuto churn train --table users.csv.gz --label churn --drop tenure_days
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_places, print_table
from tenuto.cli._progress import progress

if TYPE_CHECKING:
    from tenuto.churn._table_results import TableSummary


def command(
    table: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV, TSV (.gz, .bz2) or Parquet: a row per user.")
    ],
    label: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column with 1 for who left, 0 for others.")
    ],
    id_column: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="COLUMN", help="The column of ids; else the first that is called so."
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column to leave out; may be given several times."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="A column that may pass the leak alarms, being known before."
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where models and figures go.")
    ] = Path("churn-models"),
    models: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Models of `tenuto list churn`, such as blend,boosting."),
    ] = None,
    sampling: Annotated[
        str, typer.Option(metavar="NAME", help="For few positives: one of `tenuto list sampling`.")
    ] = "none",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline

    settings = pipeline.TableSettings(
        label=label,
        id_column=id_column,
        drop=tuple(drop or ()),
        allow=tuple(allow or ()),
        models=tuple(name.strip() for names in models or () for name in names.split(",")),
        sampling=sampling,
        random_state=seed,
    )
    with progress() as tell:
        summary = pipeline.train_on_table(table, out, settings, progress=tell)
    if as_json:
        print_json({**summary.to_dict(), "folder": out})
        return
    _print_summary(summary, out)


def _print_summary(summary: TableSummary, out: Path) -> None:
    print(
        f"{summary.n_used:,} of {summary.n_rows:,} users, {summary.n_left:,} of whom left "
        f"({summary.n_left / summary.n_used:.1%}), {summary.columns} columns."
    )
    for note in summary.notes:
        print(f"  {note}")
    print("\nEach user scored by models that did not know the user (not out of time):")
    ranked = sorted(summary.aucs, key=lambda auc: (-auc["value"], auc["model"]))
    rows = [
        [auc["model"], auc["value"], f"{auc['low']:.3f} to {auc['high']:.3f}"] for auc in ranked
    ]
    best = summary.best_column
    rows.append([f"'{best['column']}' alone", best["auc"], ""])
    print_table(["model", "AUC", "95% interval"], rows)
    if summary.ranking_note:
        print(summary.ranking_note)
    print(f"\nTo score other users: tenuto churn score --model {out} --table FILE --out scores.csv")
    print_places({"models": out / "models", "figures": out / "metrics.csv"})
