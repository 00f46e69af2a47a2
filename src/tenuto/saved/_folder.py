"""What is saved, a model or a recommender, is a folder: files, and a manifest of their SHA-256.

    manifest.json   format, what it is, settings, versions, files: name -> SHA-256
    model.txt, forest.skops, histories.parquet, ...

Nothing in it is executed on load: no pickle, no joblib, no eval (churn.md §6.4). The
manifest guards against damage and mixing, not against who may write the folder: its own
digest, returned on save, is what a registry keeps. What a folder from elsewhere could do to a
reader, `_unpacked` and `_trees` look at.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from tenuto.errors import ContractError
from tenuto.record import to_json, versions

FORMAT = 1
MANIFEST = "manifest.json"
#: Refused unread above this: far over any model of ours, below what fills a server's memory.
MAX_BYTES = 1 << 30
_MOST_FILES, _MAX_MANIFEST_BYTES = 1_000, 16 << 20


def write_folder(folder: Path, card: dict[str, Any], files: dict[str, bytes]) -> str:
    """Write aside, then put in place as a whole; the SHA-256 of the manifest.

    Raises
    ------
    ContractError : if ``folder`` has files but no manifest: it is not a model's to replace
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).exists():
        raise ContractError(f"{folder} holds other files", mend="save to a new folder")
    manifest = as_json(
        card
        | {
            "format": FORMAT,
            "versions": versions(),
            "files": {name: digest(content) for name, content in files.items()},
        }
    )
    aside = folder.with_name(folder.name + ".writing")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, content in (files | {MANIFEST: manifest}).items():
        (aside / name).write_bytes(content)
    if folder.exists():
        shutil.rmtree(folder)
    aside.rename(folder)
    return digest(manifest)


def read_folder(folder: Path, fields: set[str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest, which must have ``fields``, and every file it names, each checked.

    Raises
    ------
    ContractError : if the manifest cannot be read, or a file is missing, added or changed
    """
    manifest = _manifest(folder, fields)
    wanted: dict[str, str] = manifest["files"]
    there = {path.name for path in folder.iterdir()} - {MANIFEST}
    if len(there) > _MOST_FILES:
        raise ContractError(f"{folder} has {len(there):,} files", mend=_AGAIN)
    if there != set(wanted):
        odd = ", ".join(sorted(there ^ set(wanted)))
        raise ContractError(f"{folder}: files missing or not in the manifest: {odd}", mend=_AGAIN)
    files = {name: _read(folder / name) for name in sorted(wanted)}
    for name, content in files.items():
        if digest(content) != wanted[name]:
            raise ContractError(f"{folder / name} is not the file that was saved", mend=_AGAIN)
    return manifest, files


_AGAIN = "make and save it again; do not use this one"


def as_json(value: Any) -> bytes:
    """JSON with sorted keys: the same value, the same bytes. Floats read back exactly."""
    return (to_json(value) + "\n").encode()


def from_json(content: bytes) -> Any:
    """Undo `as_json`; ValueError if it is not JSON, or nested too deep."""
    try:
        return json.loads(content)
    except RecursionError as problem:
        raise ValueError("it is nested too deep") from problem


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _manifest(folder: Path, fields: set[str]) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise ContractError(f"{folder} is not a saved model: no {MANIFEST}", mend="save one first")
    try:
        manifest = from_json(_read(path, _MAX_MANIFEST_BYTES))
    except ValueError as problem:
        raise ContractError(f"{path} cannot be read: {problem}", mend=_AGAIN) from problem
    needed = fields | {"format", "files"}
    if not isinstance(manifest, dict) or not needed <= set(manifest):
        raise ContractError(f"{path} lacks some of: {', '.join(sorted(needed))}", mend=_AGAIN)
    files = manifest["files"]
    if not isinstance(files, dict) or not all(isinstance(part, str) for part in files.values()):
        raise ContractError(f"{path}: files is no table of digests", mend=_AGAIN)
    if manifest["format"] != FORMAT:
        raise ContractError(
            f"{path} has format {manifest['format']}, this version reads {FORMAT}",
            mend="load it with the version that saved it, or make it again",
        )
    return manifest


def _read(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    if not path.is_file() or path.is_symlink() or path.stat().st_size > max_bytes:
        raise ContractError(f"{path} is not a file of a sensible size", mend=_AGAIN)
    return path.read_bytes()
