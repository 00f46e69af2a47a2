"""Read raw logs into the lake, and say what became of every line.

Only files that are new or have changed are read. Every line is kept, is
part of another record, or is set aside with its file, line and reason.

Example:

  tenuto ingest my-service
"""

from __future__ import annotations

from tenuto.cli._audit import incomplete_files, print_audit
from tenuto.cli._options import AsJson, EngineName, SparkUrl, WorkspaceFolder, workspace_on
from tenuto.cli._output import print_json
from tenuto.cli._progress import progress


def command(
    folder: WorkspaceFolder,
    engine: EngineName = None,
    spark_url: SparkUrl = None,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline

    workspace = workspace_on(folder, engine, spark_url)
    with progress() as tell:
        summary = pipeline.ingest(workspace, tell)
    if as_json:
        print_json({**summary.to_dict(), "incomplete": incomplete_files(workspace)})
    else:
        print_audit(workspace, summary)
