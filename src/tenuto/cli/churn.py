"""Find who is about to leave: train models, judge them, rank every listener.

The models are held against the trivial rule (who was away longest leaves
first), and the result says so when that rule wins.

Example:

  tenuto churn my-service --top 20
"""

from __future__ import annotations

from typing import Annotated

import typer

from tenuto.cli._options import AsJson, Cutoff, EngineName, SparkUrl, WorkspaceFolder, workspace_on
from tenuto.cli._output import print_json
from tenuto.cli._progress import progress
from tenuto.cli._saved import first_to_call
from tenuto.cli._summaries import print_call_list, print_churn


def command(
    folder: WorkspaceFolder,
    cutoff: Cutoff = None,
    top: Annotated[int, typer.Option(min=0, help="How many listeners to show.")] = 10,
    engine: EngineName = None,
    spark_url: SparkUrl = None,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline

    workspace = workspace_on(folder, engine, spark_url)
    with progress() as tell:
        summary = pipeline.churn(workspace, cutoff, progress=tell)
    results = workspace.run_folder(summary.cutoff) / "churn"
    listeners = [] if summary.skipped else first_to_call(results, top)
    if as_json:
        print_json({**summary.to_dict(), "call_list": listeners, "folder": results})
        return
    print_churn(summary, results)
    print_call_list(summary, listeners)
