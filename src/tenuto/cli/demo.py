"""Make up a service and do everything with it: the shortest way to see a report.

The logs go to FOLDER/logs, the results to FOLDER/workspace. The same seed
gives the same bytes.

Example:

  tenuto demo demo --listeners 500
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenuto.cli._options import AsJson, Days, Listeners, Seed
from tenuto.cli._output import print_json
from tenuto.cli._progress import progress
from tenuto.cli._summaries import print_run


def command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or an empty folder.")],
    listeners: Listeners = 2000,
    days: Days = 44,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline

    with progress() as tell:
        summary = pipeline.demo(folder, listeners=listeners, days=days, seed=seed, progress=tell)
    if as_json:
        print_json(summary.to_dict())
    else:
        print_run(summary)
