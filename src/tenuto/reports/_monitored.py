"""What monitoring saved of a run, and of the runs before it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.privacy import read_table
from tenuto.record import read_json
from tenuto.reports._results import Results
from tenuto.reports._words import is_known


def monitored(results: Results, name: str) -> pd.DataFrame:
    """A table of ``monitoring``; empty where the run was not monitored."""
    return read_table(results.folder / "monitoring" / f"{name}.csv")


def monitored_json(results: Results, name: str) -> dict[str, Any]:
    """A JSON file of ``monitoring``; empty where there is none."""
    file = results.folder / "monitoring" / f"{name}.json"
    return read_json(file) if file.exists() else {}


def matured(results: Results) -> pd.DataFrame:
    """Figures of earlier runs whose window had closed by the cutoff of this one.

    What came later is not shown: a report of an earlier day must not change with the log.
    """
    table = read_table(results.folder.parent.parent / "matured" / "matured.csv")
    if table.empty:
        return table
    return table[table["closed_on"] <= str(results.cutoff)]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows by column; what is not known is None."""
    return [
        {str(name): value if is_known(value) else None for name, value in row.items()}
        for row in table.to_dict("records")
    ]
