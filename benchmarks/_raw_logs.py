"""Raw Music Box logs as somebody without Tenuto reads them: unpacked, by kind, by day."""

from __future__ import annotations

import re
import tarfile
from datetime import date
from pathlib import Path

#: Columns of each kind of file, in order (src/tenuto/sources/musicbox.py has the format).
COLUMNS: dict[str, dict[str, str]] = {
    "play": {
        "user_id": "BIGINT",
        "device": "VARCHAR",
        "item_id": "BIGINT",
        "item_type": "VARCHAR",
        "title": "VARCHAR",
        "artist": "VARCHAR",
        "played_s": "DOUBLE",
        "length_s": "DOUBLE",
        "is_paid": "VARCHAR",
    },
    "down": {
        "user_id": "BIGINT",
        "device": "VARCHAR",
        "item_id": "BIGINT",
        "title": "VARCHAR",
        "artist": "VARCHAR",
        "is_paid": "VARCHAR",
    },
    "search": {
        "user_id": "BIGINT",
        "device": "VARCHAR",
        "time_stamp": "VARCHAR",
        "query": "VARCHAR",
    },
}
_NAME = re.compile(r"(\d{4})(\d\d)(\d\d)_(?:\d+_)?(play|down|search)\.log")


def log_files(folder: Path) -> list[Path]:
    """The logs of ``folder``, by name."""
    return sorted(path for path in folder.iterdir() if _NAME.match(path.name))


def day_and_kind(path: Path) -> tuple[date, str]:
    """What the name of a log says."""
    found = _NAME.match(path.name)
    if found is None:
        raise ValueError(f"{path.name} is not the name of a log")
    year, month, day, kind = found.groups()
    return date(int(year), int(month), int(day)), kind


def unpacked(path: Path) -> bytes:
    """The text of a log, packed or not; of a packed one that is cut short, nothing."""
    if not tarfile.is_tarfile(path):
        return path.read_bytes()
    try:
        with tarfile.open(path) as archive:
            files = (archive.extractfile(member) for member in archive if member.isfile())
            return b"".join(file.read() for file in files if file is not None)
    except (EOFError, tarfile.ReadError):
        return b""


def some_days(folder: Path, n_days: int, into: Path) -> Path:
    """A folder of links to the logs of the first ``n_days`` days of ``folder``; 0: all of them."""
    files = log_files(folder)
    chosen = sorted({day_and_kind(path)[0] for path in files})[: n_days or None]
    for path in files:
        if day_and_kind(path)[0] in chosen:
            (into / path.name).symlink_to(path.resolve())
    return into
