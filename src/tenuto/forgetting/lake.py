"""Events and profiles in the lake; the ledger counts their lines as set aside from now on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenuto.events.lake import Lake, stored_digest, tagged_with
from tenuto.events.schema import set_aside
from tenuto.forgetting._listeners import Listeners
from tenuto.forgetting._parquet import strip_parquet
from tenuto.ingest import Ledger
from tenuto.privacy import FORGOTTEN, HIDDEN
from tenuto.record import digest_of, write_aside
from tenuto.workspace import Workspace

_NEEDED = ["user_id", "action", "source_file", "source_line"]


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Remove the events and profiles of ``listeners``.

    A file that changes gets another digest, so that the sums of its day are built anew. It is
    changed after the ledger and the lines set aside, so that a kill in between loses no count.
    """
    lake = Lake(workspace.lake)
    ledger, n_gone = Ledger(workspace.audit / "ledger"), 0
    for file, entry, gone in _events_of(lake, ledger, listeners):
        _set_aside(workspace.audit / "set_aside" / file.name, gone)
        if entry is not None:
            ledger.write(entry)
        n_gone += _strip(file, listeners)
    return n_gone + sum(_strip(file, listeners) for file in lake.files("profiles"))


def _events_of(
    lake: Lake, ledger: Ledger, listeners: Listeners
) -> Iterator[tuple[Path, dict[str, Any] | None, pa.Table]]:
    """Files with events of ``listeners``, these events, and the ledger's entry without them.

    The entry is None where there is none, or where it was changed before a kill.
    """
    owners = {
        fragment: entry["key"] for entry in ledger.entries() for fragment in entry["fragments"]
    }
    for file in lake.files("events"):
        rows = pq.ParquetFile(file).read(columns=_NEEDED)
        gone = rows.filter(listeners.rows(rows["user_id"]))
        if gone.num_rows:
            fragment = f"{file.parent.name.removeprefix('day=')}/{file.stem}"
            entry = ledger.entry(owners[fragment]) if fragment in owners else None
            if entry is not None and entry["fragments"][fragment] != rows.num_rows:
                entry = None
            yield file, entry and _without(entry, fragment, gone), gone


def _without(entry: dict[str, Any], fragment: str, gone: pa.Table) -> dict[str, Any]:
    """``entry`` when the events ``gone`` count as set aside."""
    n_gone, actions = gone.num_rows, {name: dict(n) for name, n in entry["actions"].items()}
    for found in pc.value_counts(gone["action"]).to_pylist():
        counts = actions[found["values"]]
        counts["kept"] -= found["counts"]
        counts["set_aside"] += found["counts"]
    return entry | {
        "kept": entry["kept"] - n_gone,
        "set_aside": entry["set_aside"] + n_gone,
        "actions": actions,
        "fragments": entry["fragments"] | {fragment: entry["fragments"][fragment] - n_gone},
    }


def _set_aside(file: Path, gone: pa.Table) -> None:
    """List the lines of the events ``gone``, without their text."""
    n_rows = gone.num_rows
    rows = pa.table(
        {
            "source_file": gone["source_file"],
            "source_line": gone["source_line"],
            "reason": pa.repeat(pa.scalar(FORGOTTEN), n_rows),
            "record": pa.repeat(pa.scalar(HIDDEN), n_rows),
        }
    ).cast(set_aside())
    if file.exists():
        before = pq.ParquetFile(file).read().select(rows.column_names).cast(rows.schema)
        is_there = pc.is_in(rows["source_line"], value_set=before["source_line"])
        rows = pa.concat_tables([before, rows.filter(pc.invert(is_there))])
    ordered = rows.sort_by("source_line")
    write_aside(file, lambda aside: pq.write_table(ordered, aside, compression="zstd"))


def _strip(file: Path, listeners: Listeners) -> int:
    changed = digest_of([stored_digest(file), FORGOTTEN])
    return strip_parquet(file, listeners, tagged_with(changed))
