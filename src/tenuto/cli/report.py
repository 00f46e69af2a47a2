"""Draw the report again from saved results: one page that opens without a network.

Example:

  tenuto report my-service --cutoff 2017-04-29
"""

from __future__ import annotations

from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json


def command(folder: WorkspaceFolder, cutoff: Cutoff = None, as_json: AsJson = False) -> None:
    from tenuto import pipeline
    from tenuto.workspace import Workspace

    page = pipeline.report(Workspace(folder), cutoff)
    if as_json:
        print_json({"report": page})
    else:
        print(page)
