"""A recommender of a plain table as a folder, and what is read from it again.

model/           the recommender: Parquet and a manifest with what was tried; no pickle
lists.parquet    everybody's lists, best first; lists.csv has the same rows
metrics.csv      how good they would have been on what was held out, beside the baselines
names.parquet    what items are called, where that was given
table.json       which columns are what, and how everything was made
tuning/          every setting that was tried
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tenuto.errors import SettingsError
from tenuto.lists._reasons import Named
from tenuto.lists._table_figures import in_rows
from tenuto.lists._table_fit import PairFit, PairSettings, fit_pairs
from tenuto.lists._table_lists import DISCOVER, MIX, lists_of_all
from tenuto.lists._table_read import PairTable
from tenuto.recommenders._contract import Recommender
from tenuto.record import write_folder_aside, write_json
from tenuto.search.budget import Told
from tenuto.search.shelf import Shelf

MODEL_FOLDER, TUNING_FOLDER = "model", "tuning"
CARD_FILE, NAMES_FILE = "table.json", "names.parquet"


@dataclass(frozen=True)
class PairSummary:
    """The short of it; ``figures`` has a row per target and recommender, see `in_rows`.

    settings : of the recommender, as it was fitted
    notes : sentences for whoever reads the figures
    """

    model: str
    n_read: int
    n_rows: int
    n_users: int
    n_items: int
    n_pairs: int
    columns: str
    how: str | None
    figures: list[dict[str, Any]]
    lists: list[str]
    n_list_rows: int
    settings: dict[str, Any]
    notes: list[str]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def write_pair_fit(
    table: PairTable,
    settings: PairSettings,
    folder: Path,
    names: Named | None = None,
    told: Told | None = None,
) -> PairSummary:
    """`fit_pairs`, written to ``folder``, which appears whole or not at all.

    Raises
    ------
    SettingsError : if ``folder`` holds something else
    """
    check_folder(folder)
    kept: list[PairSummary] = []

    def write(aside: Path) -> None:
        # What an earlier search found on the same table is not searched for again.
        if (folder / TUNING_FOLDER).is_dir():
            shutil.copytree(folder / TUNING_FOLDER, aside / TUNING_FOLDER)
        found = fit_pairs(table, settings, Shelf(aside / TUNING_FOLDER), told)
        kept.append(write_model(found, table, settings, aside, names, told))

    write_folder_aside(folder, write)
    return kept[0]


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything that was not made here."""
    if folder.exists() and any(folder.iterdir()) and not (folder / CARD_FILE).exists():
        raise SettingsError(f"{folder} holds other files", mend="name a new folder with --out")


def write_model(
    found: PairFit,
    table: PairTable,
    settings: PairSettings,
    folder: Path,
    names: Named | None = None,
    told: Told | None = None,
) -> PairSummary:
    """The model, everybody's lists, figures and names; the summary is the card as well."""
    found.model.save(folder / MODEL_FOLDER)
    which = [DISCOVER, MIX] if found.has_repeats else [DISCOVER]
    n_list_rows = _write_lists(found.model, settings.k, which, names, folder, told)
    found.figures.to_csv(folder / "metrics.csv", index=False)
    if names:
        _write_names(names, folder / NAMES_FILE)
    summary = _summary(found, table, which, n_list_rows)
    write_json(folder / CARD_FILE, {**summary.to_dict(), "asked": asdict(settings)})
    return summary


def _summary(found: PairFit, table: PairTable, which: list[str], n_list_rows: int) -> PairSummary:
    known = found.interactions
    return PairSummary(
        model=found.model.name(),
        n_read=table.n_read,
        n_rows=len(table.rows),
        n_users=len(known.user_ids),
        n_items=len(known.item_ids),
        n_pairs=len(known.histories.item),
        columns=table.what,
        how=found.how,
        figures=in_rows(found.figures),
        lists=which,
        n_list_rows=n_list_rows,
        settings=found.model.settings,
        notes=found.notes,
    )


def _write_lists(
    model: Recommender,
    k: int,
    which: list[str],
    names: Named | None,
    folder: Path,
    told: Told | None,
) -> int:
    """A part at a time, so that memory does not grow with the listeners."""
    n_rows = n_done = 0
    writers: list[Any] = []
    try:
        for lists in lists_of_all(model, k, which, names):
            if names:
                titles = lists["item_id"].map(names).astype(object)
                lists.insert(4, "title", titles.where(titles.notna(), None))
            part = pa.Table.from_pandas(lists, schema=_schema(lists), preserve_index=False)
            writers = writers or _writers(folder, part.schema)
            for writer in writers:
                writer.write_table(part)
            n_rows, n_done = n_rows + len(lists), n_done + lists["user_id"].nunique()
            if told is not None:
                told("lists", min(n_done, len(model.user_ids)), len(model.user_ids), None)
    finally:
        for writer in writers:
            writer.close()
    return n_rows


def _writers(folder: Path, schema: pa.Schema) -> list[Any]:
    return [
        pq.ParquetWriter(folder / "lists.parquet", schema, compression="zstd"),
        pa_csv.CSVWriter(folder / "lists.csv", schema),
    ]


def _schema(lists: pd.DataFrame) -> pa.Schema:
    """The same for every part, also where a part has no reason at all."""
    ids = {
        name: pa.Schema.from_pandas(lists[[name]]).field(name).type
        for name in ("user_id", "item_id")
    }
    kinds = ids | {"rank": pa.int32(), "score": pa.float64()}
    kinds |= {"because_1": ids["item_id"], "because_2": ids["item_id"]}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in lists.columns])


def _write_names(names: Named, file: Path) -> None:
    table = pa.table({"item_id": list(names), "name": [str(name) for name in names.values()]})
    pq.write_table(table, file, compression="zstd")
