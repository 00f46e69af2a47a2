"""The answers as files: CSV for what is shared, Parquet for what is about single listeners."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.catalogue import Catalogue
from tenuto.engines import Engine, beside_each_other
from tenuto.errors import ContractError
from tenuto.insights._small_cells import MIN_LISTENERS
from tenuto.insights._view import View
from tenuto.privacy import write_table
from tenuto.record import write_json
from tenuto.threads import one_blas_thread


def write_all(view: View, folder: Path, catalogue: Catalogue, n_threads: int) -> dict[str, Any]:
    """See `tenuto.insights.write_insights`."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, str] = {}
    members = catalogue.all()

    def answers(engine: Engine, name: str) -> dict[str, pd.DataFrame]:
        tables: dict[str, pd.DataFrame] = members[name].tables(replace(view, engine=engine))
        return tables

    with one_blas_thread():
        answered = beside_each_other(view.engine, answers, list(members), n_threads)
    for name, tables in zip(members, answered, strict=True):
        for table, rows in tables.items():
            if table in written:
                raise ContractError(
                    f"insights/{name}.py and insights/{written[table]}.py both make '{table}'",
                    mend="give one of the tables another name",
                )
            if not rows.empty:
                written[table] = name
                _write(rows, folder / table)
    summary = _summary(view, written)
    write_json(folder / "summary.json", summary)
    return summary


def _write(rows: pd.DataFrame, path: Path) -> None:
    if "user_id" in rows.columns:
        rows.to_parquet(path.with_suffix(".parquet"), index=False)
    else:
        write_table(rows, path.with_suffix(".csv"))


def _summary(view: View, written: dict[str, str]) -> dict[str, Any]:
    return {
        "cutoff": view.cutoff,
        "test_cutoff": view.test_cutoff,
        "first_day": view.timeline.first_day,
        "horizon_days": view.horizon_days,
        "label": view.label,
        "model": view.model,
        "min_listeners": MIN_LISTENERS,
        "tables": written,
    }
