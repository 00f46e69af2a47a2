"""Factors as files: arrays in an npz, or Parquet with a row per id and a column per factor."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenuto.errors import ContractError, SourceError
from tenuto.recommenders._factors import factors_of_table, table_of_factors
from tenuto.record import write_aside, write_folder_aside

_ITEMS, _USERS, _FACTS = "item_factors", "user_factors", "factors.json"
#: Facts that are dicts: text in an npz.
_JSON = ("settings", "state")


@dataclass(frozen=True)
class FactorFile:
    """What is in a file of factors; ids and user factors are None where there are none.

    facts : by name: ``recommender``, its ``settings`` and ``state``, ``regularization``, …
    """

    item_factors: NDArray[np.float32]
    item_ids: pd.Index | None = None
    user_factors: NDArray[np.float32] | None = None
    user_ids: pd.Index | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def write_factor_file(found: FactorFile, path: Path) -> None:
    """Write ``found``: npz if ``path`` ends so, else a folder of Parquet files."""
    if path.suffix == ".npz":
        write_npz(path, _as_arrays(found))
    else:
        write_folder_aside(path, lambda aside: _write_parquet(found, aside))


def read_factor_file(path: Path | str) -> FactorFile:
    """A file of `export_factors`, of implicit, or any npz with ``item_factors``.

    Raises
    ------
    SourceError : if it cannot be read, or needs pickle
    ContractError : if it has no matrix of item factors, or ids that are not one per row
    """
    path = Path(path)
    found = _read_parquet(path) if path.is_dir() else _of_arrays(read_npz(path), path)
    for factors, ids in (
        (found.item_factors, found.item_ids),
        (found.user_factors, found.user_ids),
    ):
        if ids is not None and factors is not None and (len(ids) != len(factors)):
            raise ContractError(
                f"{path}: {len(ids):,} ids for {len(factors):,} rows of factors",
                mend="give one id for each row, in the order of the rows",
            )
        if ids is not None and not ids.is_unique:
            raise ContractError(
                f"{path}: id {ids[ids.duplicated()][0]} is there twice", mend="name each row once"
            )
    return found


def read_npz(path: Path) -> dict[str, NDArray]:
    """The arrays of an npz; never with pickle.

    Raises
    ------
    SourceError : if it is none, or holds objects
    """
    if not path.is_file():
        raise SourceError(f"there is no file {path}", mend="check the path")
    try:
        with np.load(path, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as problem:
        raise SourceError(
            f"{path} is no npz of plain arrays: {problem}",
            mend="save numbers and text with numpy.savez; pickled objects are never read",
        ) from problem


def write_npz(path: Path, arrays: dict[str, NDArray]) -> None:
    """Write ``arrays`` whole or not at all; the same arrays, the same bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # its stub takes only keywords it knows
    write_aside(path, lambda aside: aside.write_bytes(buffer.getvalue()))


def id_array(ids: pd.Index) -> NDArray:
    """Ids as an array that needs no pickle: whole numbers, or text."""
    if pd.api.types.is_integer_dtype(ids):
        return ids.to_numpy(dtype=np.int64)
    return np.array([str(one) for one in ids], dtype=np.str_)


def _as_arrays(found: FactorFile) -> dict[str, NDArray]:
    arrays = {_ITEMS: np.asarray(found.item_factors)}
    for name, ids in (("item_ids", found.item_ids), ("user_ids", found.user_ids)):
        if ids is not None:
            arrays[name] = id_array(ids)
    if found.user_factors is not None:
        arrays[_USERS] = np.asarray(found.user_factors)
    plain = dict(found.facts)
    for name in _JSON:
        plain[name] = json.dumps(plain.get(name, {}), sort_keys=True)
    return arrays | {name: np.array(value) for name, value in plain.items()}


def _of_arrays(arrays: dict[str, NDArray], path: Path) -> FactorFile:
    items = arrays.get(_ITEMS)
    if items is None or items.ndim != 2 or not np.issubdtype(items.dtype, np.floating):
        raise ContractError(
            f"{path} has no matrix '{_ITEMS}'; it has {', '.join(sorted(arrays)) or 'nothing'}",
            mend="save item_factors and item_ids with numpy.savez; a matrix of pairs is for "
            "`tenuto recommend fit`",
        )
    facts = {name: value.item() for name, value in arrays.items() if value.shape == ()}
    facts |= {name: _of_json(facts.get(name, "{}"), path) for name in _JSON}
    users = arrays.get(_USERS)
    return FactorFile(
        items.astype(np.float32),
        pd.Index(arrays["item_ids"]) if "item_ids" in arrays else None,
        None if users is None else users.astype(np.float32),
        pd.Index(arrays["user_ids"]) if "user_ids" in arrays else None,
        facts,
    )


def _of_json(text: Any, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(str(text))
    except ValueError as problem:
        raise SourceError(f"{path}: its settings are no JSON: {problem}") from problem
    return value if isinstance(value, dict) else {}


def _write_parquet(found: FactorFile, folder: Path) -> None:
    assert found.user_factors is not None
    for name, ids, factors in (
        ("item", found.item_ids, found.item_factors),
        ("user", found.user_ids, found.user_factors),
    ):
        columns = {f"{name}_id": pa.Array.from_pandas(ids)}
        table = table_of_factors(factors)
        columns |= dict(zip(table.column_names, table.columns, strict=True))
        pq.write_table(pa.table(columns), folder / f"{name}_factors.parquet", compression="zstd")
    text = json.dumps(found.facts, sort_keys=True, indent=1)
    (folder / _FACTS).write_text(text + "\n", "utf-8")


def _read_parquet(folder: Path) -> FactorFile:
    parts: dict[str, tuple[pd.Index, NDArray[np.float32]]] = {}
    for name in ("item", "user"):
        file = folder / f"{name}_factors.parquet"
        if file.is_file():
            table = pq.read_table(file)
            if f"{name}_id" not in table.column_names:
                raise ContractError(f"{file} has no column {name}_id", mend="name the column so")
            ids = pd.Index(table[f"{name}_id"].to_pandas(), name=None)
            parts[name] = ids, factors_of_table(table.drop_columns([f"{name}_id"]))
    if "item" not in parts:
        raise SourceError(f"{folder} has no item_factors.parquet", mend="check the path")
    facts = folder / _FACTS
    known = json.loads(facts.read_text("utf-8")) if facts.is_file() else {}
    user_ids, users = parts.get("user", (None, None))
    return FactorFile(parts["item"][1], parts["item"][0], users, user_ids, known)
