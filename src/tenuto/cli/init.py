"""Make a workspace: the settings and the home of everything about one service.

Nothing is read yet, but the logs have to be there: a mistake in the name
of the source or of the folder shows now and not after an hour.

Example:

  tenuto init my-service --source musicbox --logs logs
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_places


def command(
    folder: Annotated[Path, typer.Argument(metavar="WORKSPACE", help="A new or an empty folder.")],
    source: Annotated[
        str, typer.Option(help="The format of the logs: `tenuto list sources` names them.")
    ],
    logs: Annotated[Path, typer.Option(help="The folder of raw logs; it is never written to.")],
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline

    made = pipeline.init(folder, source=source, logs=logs)
    places = {"workspace": made.root, "settings": made.settings_file, "logs": made.logs}
    if as_json:
        print_json({**places, "source": made.settings.source})
        return
    print(f"A workspace for {made.settings.source} logs.")
    print_places({**places, "next": f"tenuto run {made.root}"})
