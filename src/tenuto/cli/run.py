"""Do everything: read new logs, find who is leaving, make lists, write the report.

What is done already is recognised and left alone, so run it every day, and
run it again when it was stopped.

Example:

  tenuto run my-service --cutoff 2017-04-29
"""

from __future__ import annotations

from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json
from tenuto.cli._progress import progress
from tenuto.cli._summaries import print_run


def command(folder: WorkspaceFolder, cutoff: Cutoff = None, as_json: AsJson = False) -> None:
    from tenuto import pipeline
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    with progress() as tell:
        summary = pipeline.run(workspace, cutoff, progress=tell)
    if as_json:
        print_json(summary.to_dict())
    else:
        print_run(summary)
