"""What an export gives: tables in parts, each part replaced as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from tenuto.engines import Engine
from tenuto.errors import WorkspaceError
from tenuto.timeline import Timeline
from tenuto.workspace import Workspace


@dataclass(frozen=True)
class Exported:
    """What there is to export from: a workspace, and the run of one cutoff in it."""

    workspace: Workspace
    engine: Engine
    timeline: Timeline
    cutoff: date

    @property
    def run(self) -> Path:
        """The folder of the run.

        Raises
        ------
        WorkspaceError : if nothing was run at the cutoff
        """
        folder = self.workspace.run_folder(self.cutoff)
        if not folder.is_dir():
            raise WorkspaceError(
                f"nothing was run at {self.cutoff}: {folder} is not there",
                mend=f"tenuto run {self.workspace.root} --cutoff {self.cutoff}",
            )
        return folder


@dataclass(frozen=True)
class Part:
    """Rows that are replaced together: those of one cutoff, one day, one campaign.

    Parameters
    ----------
    value : of the column ``Table.by``; None where the table is replaced as a whole
    digest : what changes when the rows do
    schema : of the rows; None where there are none now, and old ones are to go
    batches : the rows, read when called
    """

    value: date | str | None
    digest: str
    schema: pa.Schema | None
    batches: Callable[[], Iterable[pa.RecordBatch]]


@dataclass(frozen=True)
class Table:
    """One table of the warehouse.

    Parameters
    ----------
    key : columns that name a row among those with the same value of ``by``
    by : the column by whose value rows are replaced; None: all at once
    """

    name: str
    key: tuple[str, ...]
    parts: Sequence[Part]
    by: str | None = "cutoff"

    @property
    def whole_key(self) -> tuple[str, ...]:
        """``by`` and then the key: what no two rows of the table share."""
        before = () if self.by is None or self.by in self.key else (self.by,)
        rest = sorted(self.key, key=lambda column: column != self.by)
        return (*before, *rest)
