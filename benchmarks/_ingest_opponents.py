"""Raw logs to Parquet by other means: parsed and written, and nothing else.

None of them mends, sets aside, counts or checks; a line that does not parse is lost, or has NULL
for what is not a number. That is less than Tenuto does, and the least that anybody does. Two files
are read at a time, as Tenuto does.
"""

from __future__ import annotations

import io
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pandas as pd
from _raw_logs import COLUMNS, day_and_kind, log_files, unpacked


def by_duckdb(logs: Path, out: Path, threads: int) -> int:
    """The floor: ``read_csv`` with types, and ``COPY`` to Parquet. Returns the rows written."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(partial(_one_by_duckdb, out), log_files(logs)))


def _one_by_duckdb(out: Path, path: Path) -> int:
    day, kind = day_and_kind(path)
    with tempfile.NamedTemporaryFile(suffix=".tsv", dir=out) as text, duckdb.connect() as engine:
        text.write(unpacked(path))
        text.flush()
        engine.execute("SET threads = 1")
        rows = f"""
            SELECT *, DATE '{day}' AS day
            FROM read_csv('{text.name}', delim = '\t', header = false, quote = '', escape = '',
                auto_detect = false, ignore_errors = true, null_padding = false,
                columns = {COLUMNS[kind]})"""
        target = _target(out, path)
        copied = engine.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        return int(copied.fetchall()[0][0])


def by_pandas(logs: Path, out: Path, threads: int) -> int:
    """``read_csv`` and ``to_parquet``, in as many processes: its parser holds the lock."""
    with ProcessPoolExecutor(threads, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(partial(_one_by_pandas, out), log_files(logs)))


def _one_by_pandas(out: Path, path: Path) -> int:
    day, kind = day_and_kind(path)
    columns = COLUMNS[kind]
    rows = pd.read_csv(
        io.BytesIO(unpacked(path)),
        sep="\t",
        names=list(columns),
        dtype=dict.fromkeys(columns, "str"),
        quoting=3,
        on_bad_lines="skip",
        encoding_errors="replace",
        engine="c",
    )
    for name, kind_of_column in columns.items():
        if kind_of_column == "BIGINT":
            rows[name] = pd.to_numeric(rows[name], errors="coerce").astype("Int64")
        elif kind_of_column == "DOUBLE":
            rows[name] = pd.to_numeric(rows[name], errors="coerce")
    rows["day"] = day
    rows.to_parquet(_target(out, path), compression="zstd", index=False)
    return len(rows)


def by_polars(logs: Path, out: Path, threads: int) -> int:
    """``read_csv`` and ``write_parquet``; each on as many threads as there are."""
    # Asked for when it is loaded; its work goes on beside the unpacking of the next file.
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(partial(_one_by_polars, out), log_files(logs)))


def _one_by_polars(out: Path, path: Path) -> int:
    import polars as pl

    types = {"BIGINT": pl.Int64, "DOUBLE": pl.Float64, "VARCHAR": pl.String}
    day, kind = day_and_kind(path)
    text = unpacked(path)
    if not text:
        return 0
    rows = pl.read_csv(
        text,
        separator="\t",
        has_header=False,
        quote_char=None,
        schema={name: types[of] for name, of in COLUMNS[kind].items()},
        ignore_errors=True,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )
    rows = rows.with_columns(day=pl.lit(day))
    rows.write_parquet(_target(out, path), compression="zstd")
    return rows.height


def _target(out: Path, path: Path) -> Path:
    return out / f"{path.name.partition('.')[0]}.parquet"
