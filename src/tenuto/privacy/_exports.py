"""What left the workspace: one line of JSON for each export, never changed.

    {"at":"2026-11-22T02:10:00Z","what":"campaign","to":"/srv/crm/contacts.csv","rows":1204,
     "run":"2017-05-13","by":"analyst","previous":"51ab…"}

No line names a listener. Each carries the SHA-256 of the line before, so that one that was taken
out or changed is noticed (`is_untouched`).
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock

from tenuto.errors import WorkspaceError
from tenuto.workspace import Workspace

EXPORTS_FILE = "exports.jsonl"
_PATIENCE_S = 30.0
_NOTHING_BEFORE = "0" * 64


def exported(
    workspace: Workspace,
    what: str,
    to: str | Path,
    rows: int,
    *,
    run: object = None,
    by: str | None = None,
) -> None:
    """Write down that ``rows`` rows about listeners went ``to`` somewhere else.

    Call it before they are passed on, so that nothing leaves unseen. ``to`` must hold no password;
    ``by`` is the user of the system where nobody is named.

    Raises
    ------
    WorkspaceError : if it cannot be written; then nothing must be passed on
    """
    file = workspace.root / "privacy" / EXPORTS_FILE
    entry = {
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "what": what,
        "to": str(to),
        "rows": int(rows),
        "run": None if run is None else str(run),
        "by": by or _this_user(),
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(file.with_name(".exports.lock"), timeout=_PATIENCE_S):
            _append(file, entry)
    except (OSError, filelock.Timeout) as failure:
        raise WorkspaceError(
            f"cannot write {file}: {failure}",
            mend="free some space or check the permissions; what is not written down must not "
            "be passed on",
        ) from failure


def exports(workspace: Workspace) -> list[dict[str, Any]]:
    """All exports, the first one first; a line that a crash cut off is left out."""
    found = []
    for line in _lines(workspace.root / "privacy" / EXPORTS_FILE):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found


def is_untouched(workspace: Workspace) -> bool:
    """Whether every line still follows the one before it."""
    before = _NOTHING_BEFORE
    for line in _lines(workspace.root / "privacy" / EXPORTS_FILE):
        try:
            if json.loads(line)["previous"] != before:
                return False
        except (ValueError, TypeError, KeyError, RecursionError):
            return False
        before = hashlib.sha256(line).hexdigest()
    return True


def _append(file: Path, entry: dict[str, Any]) -> None:
    lines = _lines(file)
    previous = hashlib.sha256(lines[-1]).hexdigest() if lines else _NOTHING_BEFORE
    line = json.dumps(entry | {"previous": previous}, ensure_ascii=False, sort_keys=True)
    # What a crash cut off stays as it is, on a line of its own.
    is_cut_off = bool(lines) and not file.read_bytes().endswith(b"\n")
    with file.open("ab") as stream:
        stream.write((b"\n" if is_cut_off else b"") + line.encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def _lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines() if file.exists() else []


def _this_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run as a number without a name.
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"
