"""Score another table by the models that `tenuto churn train` has kept.

With --label, say how well the scores tell who left, with an interval. With
--workspace instead of --table, score all of its listeners by one model of a
run, without training anything; on Spark, executors do it.

Example:

  tenuto churn score --model churn-models --table others.csv.gz --out scores.csv
  tenuto churn score --model models/boosting --workspace my-service --out scores.parquet
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenuto.cli._options import AsJson, Cutoff, EngineName, SparkUrl, workspace_on
from tenuto.cli._output import print_json

if TYPE_CHECKING:
    from tenuto.workspace import Workspace


def command(
    model: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="The folder that `tenuto churn train` made; with --workspace, of one model.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Where the scores go: CSV, and Parquet of a workspace."),
    ],
    table: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV, TSV (.gz, .bz2) or Parquet: a row per user."),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option(metavar="WORKSPACE", help="Whose listeners are scored, in place of a table."),
    ] = None,
    cutoff: Cutoff = None,
    engine: EngineName = None,
    spark_url: SparkUrl = None,
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

    if table is None and workspace is not None:
        _score_listeners(workspace_on(workspace, engine, spark_url), model, out, cutoff, as_json)
        return
    if table is None or workspace is not None:
        raise typer.BadParameter("give either --table or --workspace")
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


def _score_listeners(
    workspace: Workspace, model: Path, out: Path, cutoff: str | None, as_json: bool
) -> None:
    from tenuto import errands

    n_scored = errands.score_listeners(workspace, model, out, cutoff)
    if as_json:
        print_json({"n_scored": n_scored, "scores": out})
    else:
        print(f"{n_scored:,} listeners scored: {out}")
