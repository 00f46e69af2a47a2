"""Write the contacted of a planned campaign as CSV for a CRM, and as Parquet beside it.

Those held out are not in it. No cell is one that a spreadsheet would run as a formula. With
--only-changed, listeners whose action, band, reasons and songs are as in the last export are left
out, and those no longer to be contacted are named with the action leave_alone.

Example:

  tenuto campaign export my-service --cutoff 2017-04-29 --out contacts.csv
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenuto.cli._campaigns import planned
from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json, print_places


def command(
    folder: WorkspaceFolder,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the rows go, as CSV.")],
    cutoff: Cutoff = None,
    only_changed: Annotated[
        bool, typer.Option("--only-changed", help="Leave out what was sent before as it is.")
    ] = False,
    with_holdout: Annotated[
        bool,
        typer.Option("--with-holdout", help="Also those held out, if the CRM keeps the groups."),
    ] = False,
    rows: Annotated[
        int, typer.Option(min=1, help="Rows per file; more make files -1, -2 and so on.")
    ] = 500_000,
    as_json: AsJson = False,
) -> None:
    from tenuto import privacy
    from tenuto.retention._exported import export
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    _, listed = planned(workspace, cutoff)
    with workspace.lock():
        done = export(
            listed,
            workspace.campaigns,
            out,
            only_changed=only_changed,
            with_holdout=with_holdout,
            rows_per_file=rows,
        )
        privacy.exported(workspace, "campaign", out, done.n_rows, run=cutoff)
    if as_json:
        print_json(done.to_dict())
        return
    held_out = "included" if with_holdout else "left out"
    print(f"{done.n_rows:,} rows written; {done.n_held_out:,} held out by chance, {held_out}.")
    if only_changed:
        print(f"{done.n_unchanged:,} unchanged since the last export, left out.")
        print(f"{done.n_withdrawn:,} sent before are to be left alone now.")
    files = {f"list {at}": file for at, file in enumerate(done.files, 1)}
    print_places({**files, "parquet": done.parquet})
