"""The ledger: what became of every line of every raw file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.record import read_json, write_json

_COLUMNS = ("key", "file", "kind", "part", "day", "size_bytes", "unpacked_bytes", "damage")
_COUNTS = ("read", "absorbed", "kept", "set_aside")


@dataclass(frozen=True)
class Ledger:
    """Entries as JSON files in ``folder``, one per raw file.

    An entry is written after everything that it speaks of, so that its presence means
    that the file is done.
    """

    folder: Path

    def entry(self, key: str) -> dict[str, Any] | None:
        """What is known of the file called ``key``, or None."""
        path = self._path(key)
        return read_json(path) if path.exists() else None

    def entries(self) -> list[dict[str, Any]]:
        """All entries by key."""
        return [read_json(path) for path in sorted(self.folder.glob("*.json"))]

    def write(self, entry: dict[str, Any]) -> None:
        write_json(self._path(entry["key"]), entry)

    def forget(self, key: str) -> None:
        """The file will be read again."""
        self._path(key).unlink(missing_ok=True)

    def files(self) -> pd.DataFrame:
        """One row per raw file, with what was read, absorbed, kept and set aside, in lines."""
        columns = [*_COLUMNS, *_COUNTS]
        return pd.DataFrame(
            [[entry[column] for column in columns] for entry in self.entries()], columns=columns
        )

    def rules(self) -> Counter[str]:
        """How many records each rule met, over all files."""
        total: Counter[str] = Counter()
        for entry in self.entries():
            total.update(entry["rules"])
        return total

    def actions(self) -> dict[str, dict[str, int]]:
        """How many records of each action were kept and set aside, over all files."""
        total: dict[str, Counter[str]] = {}
        for entry in self.entries():
            for action, counts in entry["actions"].items():
                total.setdefault(action, Counter(kept=0, set_aside=0)).update(counts)
        return {action: dict(total[action]) for action in sorted(total)}

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"
