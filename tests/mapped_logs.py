"""Logs that only a mapping explains, and what comes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tenuto.errors import SettingsError
from tenuto.ingest import IngestSummary, ingest
from tenuto.sources import find, mapped
from tenuto.workspace import Workspace

HEADER, ANN, BOB = (
    "user,when,song,seconds",
    "ann,2024-03-30T12:00:05Z,7,189.5",
    "bob,2024-03-31T00:00:00Z,8,12",
)
MAPPING = {
    "user_id": "user",
    "timestamp": "when",
    "item_id": "song",
    "item_id_type": "int64",
    "played": "seconds",
}
LISTENS = {"user_id": "user", "timestamp": "when", "item_id": ["artist", "track"]}


def records(path: Path, block_rows: int = 500_000, **section: Any) -> list[dict]:
    """What the reader of a source gives, as rows, in order."""
    source = mapped.configured(section or MAPPING)
    return [row for block in source.reader(path, block_rows) for row in block.to_pylist()]


def ingested(
    tmp_path: Path, logs: Path | str, section: dict[str, Any]
) -> tuple[Workspace, IngestSummary]:
    """A workspace over ``logs``, read; the mapping is written as TOML understands JSON strings."""
    lines = [f"{key} = {_toml(value)}" for key, value in section.items()]
    workspace = Workspace.create(
        tmp_path / "w", source="mapped", logs=logs, mapping="\n".join(["[source.mapping]", *lines])
    )
    workspace.settings.engine.threads = 1
    return workspace, ingest(workspace)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def mistake(logs: Path, **section: Any) -> str:
    """The one error of a mapping that does not fit ``logs``."""
    with pytest.raises(SettingsError) as found:
        find(mapped.configured(section), logs)
    assert found.value.mend
    return found.value.message
