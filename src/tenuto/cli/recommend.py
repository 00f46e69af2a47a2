"""Make lists of songs for every listener (Keep listening, Discover, Mix), and the charts.

With --user, print the lists of one listener, with reasons.

Example:

  tenuto recommend my-service --user 168000001
"""

from __future__ import annotations

from typing import Annotated

import typer

from tenuto.cli._options import AsJson, Cutoff, EngineName, SparkUrl, WorkspaceFolder, workspace_on
from tenuto.cli._output import print_json
from tenuto.cli._progress import progress
from tenuto.cli._saved import songs_for
from tenuto.cli._summaries import print_recommend, print_songs


def command(
    folder: WorkspaceFolder,
    cutoff: Cutoff = None,
    user: Annotated[
        str | None, typer.Option(metavar="USER_ID", help="Print this listener's lists.")
    ] = None,
    engine: EngineName = None,
    spark_url: SparkUrl = None,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline

    workspace = workspace_on(folder, engine, spark_url)
    with progress() as tell:
        summary = pipeline.recommend(workspace, cutoff, progress=tell)
    results = workspace.run_folder(summary.cutoff) / "recommend"
    songs = None if user is None else songs_for(results, user)
    if as_json:
        print_json({**summary.to_dict(), "folder": results} if songs is None else songs)
    elif songs is None:
        print_recommend(summary, results)
    else:
        print_songs(songs)
