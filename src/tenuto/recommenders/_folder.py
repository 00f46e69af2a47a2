"""A saved recommender is a folder of Parquet tables and a manifest with the SHA-256 of each.

Nothing in it is executed on load. The manifest guards against damage and mixing, not
against who may write the folder: its own digest, returned on save, is what a registry keeps.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tenuto.errors import ContractError
from tenuto.record import digest_of_file, to_json

FORMAT = 1
MANIFEST = "manifest.json"
_FIELDS = {"format", "recommender", "settings", "files"}
_AGAIN = "fit and save the recommender again; do not use this one"


def write_folder(folder: Path, card: dict[str, Any], tables: dict[str, pa.Table]) -> str:
    """Write aside, then put in place as a whole; the SHA-256 of the manifest.

    Raises
    ------
    ContractError : if ``folder`` has files but no manifest: it is not a recommender's
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).exists():
        raise ContractError(f"{folder} holds other files", mend="save to a new folder")
    aside = folder.with_name(folder.name + ".aside")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    files = {}
    for name, table in tables.items():
        path = aside / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd")
        files[path.name] = digest_of_file(path)
    manifest = aside / MANIFEST
    manifest.write_text(to_json(card | {"format": FORMAT, "files": files}) + "\n", "utf-8")
    digest = digest_of_file(manifest)
    if folder.exists():
        shutil.rmtree(folder)
    aside.rename(folder)
    return digest


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, pa.Table]]:
    """The manifest and every table it names, each checked before it is read.

    Raises
    ------
    ContractError : if the manifest cannot be read, or a file is missing, added or changed
    """
    card = _manifest(folder)
    wanted: dict[str, str] = card["files"]
    there = {path.name for path in folder.iterdir()} - {MANIFEST}
    if there != set(wanted):
        odd = ", ".join(sorted(there ^ set(wanted)))
        raise ContractError(f"{folder}: files missing or not in the manifest: {odd}", mend=_AGAIN)
    tables = {}
    for name, digest in sorted(wanted.items()):
        path = folder / name
        if path.is_symlink() or digest_of_file(path) != digest:
            raise ContractError(f"{path} is not the file that was saved", mend=_AGAIN)
        tables[path.stem] = pq.read_table(path)
    return card, tables


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise ContractError(
            f"{folder} is not a saved recommender: no {MANIFEST}", mend="fit and save one first"
        )
    try:
        card = json.loads(path.read_text("utf-8"))
    except ValueError as problem:
        raise ContractError(f"{path} cannot be read: {problem}", mend=_AGAIN) from problem
    if not isinstance(card, dict) or not set(card) >= _FIELDS:
        raise ContractError(f"{path} lacks some of: {', '.join(sorted(_FIELDS))}", mend=_AGAIN)
    if card["format"] != FORMAT:
        raise ContractError(
            f"{path} has format {card['format']}, this version reads {FORMAT}",
            mend="load it with the version that saved it, or fit again",
        )
    return card
