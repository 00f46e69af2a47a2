"""Tune the churn models of a workspace, or train models on a table you already have.

With WORKSPACE: better settings are searched for at earlier cutoffs, on other listeners, within
the time given. Defaults stay unless beaten beyond noise; the next run uses what was found.

With --table, one row per user, one column says who left: every user is scored by models that did
not know the user. Figures come with intervals; a column that knows the outcome stops the
work and is named, and totals that counted the leaving itself are left out and said so.

Example:

  tenuto churn train my-service --budget 10m

  tenuto churn train --table users.csv.gz --label churn --drop tenure_days
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenuto.cli._countdown import countdown
from tenuto.cli._options import AsJson, Cutoff
from tenuto.cli._output import print_json, print_places, print_table
from tenuto.cli._progress import progress
from tenuto.cli._tuning import print_tuning, seconds
from tenuto.errors import SettingsError

if TYPE_CHECKING:
    from tenuto.churn._table_results import TableSummary

AUTO = "auto"


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="WORKSPACE", help="The folder made by `tenuto init`, to tune."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV, TSV (.gz, .bz2) or Parquet: a row per user."),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Models of `tenuto list churn`, such as forest,boosting. For a workspace also "
            "auto, the default: all usual ones that can be tuned, and blend and stack beside them.",
        ),
    ] = None,
    cutoff: Cutoff = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Workspace: 10m (the default), 90s or 2h; no trial begins later."
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", min=2, help="Workspace: settings per model, 27 by default."),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Table: the column with 1 for who left, 0 for others."),
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="COLUMN",
            help="Table: the column of ids; else the first that is called so.",
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Table: a column to leave out; may be given several times."
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Table: a column that may pass the leak alarms, being known before.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Table: where models and figures go; else churn-models."
        ),
    ] = None,
    sampling: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Table: for few positives, one of `tenuto list sampling`."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Table: the same seed gives the same bytes; else 0.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    of_table = {
        "--label": label,
        "--id": id_column,
        "--drop": drop,
        "--allow": allow,
        "--out": out,
        "--sampling": sampling,
        "--seed": seed,
    }
    named = [name.strip() for names in models or () for name in names.split(",")]
    if table is None and folder is not None:
        _refuse(of_table, "a workspace", "its settings are in its tenuto.toml")
        _tune(folder, cutoff, named, budget, trials, as_json)
    elif table is not None and folder is None:
        of_workspace = {"--cutoff": cutoff, "--budget": budget, "--trials": trials}
        if AUTO in named:
            of_workspace[f"--models {AUTO}"] = AUTO
        _refuse(of_workspace, "a table", "it tells no earlier days to tune on: leave it out")
        asked = {
            "id_column": id_column,
            "drop": tuple(drop or ()),
            "allow": tuple(allow or ()),
            "models": tuple(named),
            "sampling": sampling or "none",
            "random_state": seed or 0,
        }
        _train_on_table(table, label, out or Path("churn-models"), asked, as_json)
    else:
        raise SettingsError(
            "one of WORKSPACE and --table is wanted, " + ("not both" if table else "none is there"),
            mend="tenuto churn train my-service, or tenuto churn train --table FILE --label COLUMN",
        )


def _refuse(others: dict[str, Any], what: str, mend: str) -> None:
    given = [name for name, value in others.items() if value]
    if given:
        raise SettingsError(f"{', '.join(given)} cannot be said of {what}", mend=mend)


def _tune(
    folder: Path,
    cutoff: str | None,
    models: list[str],
    budget: str | None,
    trials: int | None,
    as_json: bool,
) -> None:
    from tenuto import errands
    from tenuto.workspace import Workspace

    if AUTO in models and len(models) > 1:
        raise SettingsError(f"{AUTO} is all models already", mend="name it alone, or not at all")
    budget_s = seconds(budget or "10m")
    workspace = Workspace(folder)
    with countdown() as tell:
        found = errands.train(
            workspace,
            cutoff,
            [] if models == [AUTO] else models,
            budget_s=budget_s,
            n_trials=trials or errands.N_TRIALS,
            progress=tell,
        )
    place = workspace.root / found.folder
    if as_json:
        print_json({**found.to_dict(), "folder": place})
        return
    print_tuning(found, place)


def _train_on_table(
    table: Path, label: str | None, out: Path, asked: dict[str, Any], as_json: bool
) -> None:
    from tenuto import errands

    if label is None:
        raise SettingsError(
            "nothing says which column of the table tells who left", mend="add --label COLUMN"
        )
    settings = errands.TableSettings(label=label, **asked)
    with progress() as tell:
        summary = errands.train_on_table(table, out, settings, progress=tell)
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
