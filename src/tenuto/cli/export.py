"""Send tables to a warehouse: PostgreSQL, or a DuckDB file.

By default the results of one run; --tables names groups (results, features, insights, monitoring,
campaigns, rollups, songs) or single tables. Rows of the same cutoff, or day, are replaced in one
transaction, and what has not changed is not sent again.

Leave the password out of the address: PGPASSWORD or ~/.pgpass may hold it.

Example:

  tenuto export my-service --to results.duckdb
  tenuto export my-service --to postgres://tenuto@db.example.org/analytics --tables results,rollups
"""

from __future__ import annotations

from typing import Annotated

import typer

from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json, print_table
from tenuto.cli._progress import progress


def command(
    folder: WorkspaceFolder,
    to: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            envvar="TENUTO_WAREHOUSE",
            help="postgres://user@host/database, or a DuckDB file; also from TENUTO_WAREHOUSE.",
        ),
    ],
    tables: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Groups or tables, such as results,rollups; `tenuto list warehouse` names them. "
            "By default results.",
        ),
    ] = None,
    cutoff: Cutoff = None,
    schema: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Schema of the tables there; made if it is not there."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Send also what is there already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    from tenuto import errands
    from tenuto.workspace import Workspace

    with progress() as tell:
        sent = errands.export(
            Workspace(folder), to, tables or (), cutoff, schema=schema, force=force, progress=tell
        )
    if as_json:
        print_json(sent.to_dict())
        return
    columns = ["table", "replaced by", "parts", "sent", "rows sent"]
    print_table(columns, [[t.name, t.by, t.n_parts, t.n_sent, t.n_rows] for t in sent.tables])
    print(f"\nIn {sent.to}")
