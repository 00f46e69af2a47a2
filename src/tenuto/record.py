"""What was run: digests of inputs, JSON that is written whole or not at all.

Nothing in a record holds a clock time, so that the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import shutil
from collections.abc import Callable
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

from tenuto.errors import WorkspaceError

_PACKAGES = (
    "duckdb",
    "ftfy",
    "ibis-framework",
    "imbalanced-learn",
    "lightgbm",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "skops",
)


def digest_of(value: Any) -> str:
    """SHA-256 of a JSON-like value; the order of keys does not matter."""
    return hashlib.sha256(to_json(value).encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of the bytes of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """The versions that can change a result: Python, this package and its libraries."""
    found = {name: metadata.version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), "tenuto": metadata.version("tenuto"), **found}


def to_json(value: Any) -> str:
    """JSON with sorted keys; dates in ISO form; NaN and infinity, which JSON lacks, as null."""
    return json.dumps(_plain(value), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` to ``path``, whole or not at all."""
    write_aside(path, lambda aside: aside.write_text(to_json(value) + "\n", "utf-8"))


def read_json(path: Path) -> Any:
    """The value in ``path``."""
    return json.loads(path.read_text("utf-8"))


def write_aside(path: Path, write: Callable[[Path], Any]) -> Any:
    """Call ``write`` with a name beside ``path``, then rename the result to ``path``.

    A reader sees the old file or the new one, never a part. What a killed writer
    leaves behind has the suffix ``.aside`` and is overwritten by the next attempt.

    Raises
    ------
    WorkspaceError : if the disk is full or the folder may not be written
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".aside")
    try:
        result = write(aside)
        os.replace(aside, path)
    except OSError as failure:
        raise WorkspaceError(
            f"cannot write {path}: {failure.strerror or failure}",
            mend="free some space or check the permissions of the folder, then run again: "
            "finished work is kept",
        ) from failure
    finally:
        aside.unlink(missing_ok=True)
    return result


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case date():
            return value.isoformat()
        case Path():
            return value.as_posix()
        case _ if hasattr(value, "item"):
            return _plain(value.item())
        case float() if not math.isfinite(value):
            return None
    return value


def code_digest() -> str:
    """SHA-256 of the modules that results come from: other code, other results.

    The command line, the reports and the server only show what was found.
    """
    folder = Path(__file__).parent
    shown = [folder / room for room in ("cli", "client", "reports", "service")]
    modules = [file for file in sorted(folder.rglob("*.py")) if not set(shown) & set(file.parents)]
    return digest_of([digest_of_file(file) for file in modules])


def write_folder_aside(folder: Path, write: Callable[[Path], Any]) -> None:
    """Make ``folder`` by ``write(aside)``: it appears whole or not at all."""
    aside = folder.with_name(folder.name + ".aside")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        write(aside)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def done(folder: Path) -> str | None:
    """The digest that the step in ``folder`` was made from; None where it was not made yet."""
    marker = folder / "step.json"
    return str(read_json(marker)["inputs"]) if marker.exists() else None


def do_step(folder: Path, digest: str, write: Callable[[Path], Any]) -> bool:
    """Make ``folder`` by ``write(aside)``, unless it was made from the same inputs.

    The folder appears whole or not at all. Returns whether there was something to do.
    """
    if done(folder) == digest:
        return False

    def write_and_mark(aside: Path) -> None:
        write(aside)
        write_json(aside / "step.json", {"inputs": digest})

    write_folder_aside(folder, write_and_mark)
    return True
