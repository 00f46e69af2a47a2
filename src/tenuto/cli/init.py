"""Make a workspace: the settings and the home of everything about one service.

Nothing is read yet, but the logs have to be there: a mistake in the name
of the source or of the folder shows now and not after an hour.

Any table is a log for the source `mapped`: CSV, JSON lines, Parquet, or a
table in a database. Which column is what is guessed from the first rows,
written into tenuto.toml with the reasons, and shown by ten rows. Correct it
there and give the same command again to see the rows again.

Example:

  tenuto init my-service --source musicbox --logs logs
  tenuto init my-radio --source mapped --logs plays.csv.gz
"""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_places, print_table


def command(
    folder: Annotated[Path, typer.Argument(metavar="WORKSPACE", help="A new or an empty folder.")],
    source: Annotated[
        str, typer.Option(help="The format of the logs: `tenuto list sources` names them.")
    ],
    logs: Annotated[
        str,
        typer.Option(help="The folder or file of raw logs, or a table's URL; never written to."),
    ],
    told: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="KEY=COLUMN",
            help="For `mapped`: what need not be guessed, such as user_id=member; may be repeated.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    from tenuto import pipeline

    known = dict(_pair(words) for words in told or [])
    made = pipeline.init(folder, source=source, logs=logs, known=known)
    rows = pipeline.preview(made)
    settings = made.settings.source
    places = {
        "workspace": made.root,
        "settings": made.settings_file,
        "logs": _without_password(made.logs),
    }
    if as_json:
        mapped = {"mapping": settings.mapping, "rows": rows} if settings.mapping else {}
        print_json({**places, "source": settings.name, **mapped})
        return
    print(f"A workspace for {settings.name} logs.")
    print_places({**places, "next": f"tenuto run {made.root}"})
    if settings.mapping:
        _print_rows(rows, made)


def _pair(words: str) -> tuple[str, str]:
    from tenuto.errors import SettingsError

    key, is_there, value = words.partition("=")
    if not is_there or not value:
        raise SettingsError(
            f"--map {words}: not of the form KEY=COLUMN", mend="such as --map user_id=member"
        )
    return key.strip(), value.strip()


def _print_rows(rows: list[dict[str, Any]], made: Any) -> None:
    print(f"\nWhat is what, as it stands in {made.settings_file}:\n")
    print(_section(made.settings_file.read_text("utf-8")))
    print("\nThe first rows, as Tenuto understands them:\n")
    print_table(list(rows[0]) if rows else [], [list(row.values()) for row in rows])
    print("\nIf something is not what it is, correct it there and give the same command again.")


def _section(settings: str) -> str:
    """The lines of [source.mapping], with their comments."""
    lines = settings.partition("\n[source.mapping]")[2].splitlines()[1:]
    return "\n".join(f"  {line}" for line in takewhile(lambda line: line[:1] != "[", lines) if line)


def _without_password(logs: Path | str) -> Path | str:
    return re.sub(r"://[^/@]*@", "://…@", logs) if isinstance(logs, str) else logs
