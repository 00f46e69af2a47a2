"""Forgetting listeners: a tombstone first, then place after place, then a look whether it is so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tenuto import sources
from tenuto.errors import ContractError
from tenuto.forgetting._catalogue import CATALOGUE
from tenuto.forgetting._listeners import Listeners
from tenuto.forgetting._search import search
from tenuto.privacy import Tombstones, as_stored, exports, key_of
from tenuto.record import write_json
from tenuto.rollups import build_rollups
from tenuto.workspace import Workspace

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Receipt:
    """That listeners were forgotten, without naming them.

    listeners : their tombstones, which only the secret can tell
    removed : place -> rows that were removed there
    left : files in which one of them can still be found; empty when all went well
    exports : what went elsewhere before, and may hold them there
    """

    at: str
    listeners: tuple[str, ...]
    removed: dict[str, int]
    left: tuple[str, ...]
    exports: tuple[dict[str, Any], ...]
    file: Path

    def to_dict(self) -> dict[str, Any]:
        said = asdict(self)
        del said["file"]
        return said


def forget(
    workspace: Workspace,
    user_ids: Sequence[str],
    *,
    are_pseudonyms: bool = False,
    progress: Progress | None = None,
) -> Receipt:
    """Remove listeners from the whole workspace, so that no ingest brings them back.

    ``user_ids`` are those of the log, or, with ``are_pseudonyms``, what stands for them. Killed at
    any moment and called again, it goes on. Raw logs are not the workspace's and stay as they are.

    Raises
    ------
    SettingsError : if there is no secret, or another one than before
    ContractError : if an id is none of the log
    WorkspaceError : if another process writes, or a file cannot be changed
    """
    if not user_ids:
        raise ContractError("nobody is named", mend="name at least one listener")
    own, stored = _ids(workspace, user_ids)
    listeners = Listeners(tuple(own)) if are_pseudonyms else Listeners(tuple(stored), tuple(own))
    with workspace.lock():
        # First of all: a kill from here on leaves nobody who could come back.
        tombstones = Tombstones.add(workspace, key_of(workspace), own)
        removed = remove(workspace, listeners, progress)
    build_rollups(workspace)
    left = search(workspace, listeners)
    names = tuple(f"{found.file.relative_to(workspace.root)}: {found.where}" for found in left)
    return _written(workspace, tombstones, removed, names)


def remove(
    workspace: Workspace, listeners: Listeners, progress: Progress | None = None
) -> dict[str, int]:
    """Take ``listeners`` out of every place of a workspace that is locked; place -> rows."""
    removed = {}
    for number, (name, member) in enumerate(CATALOGUE.all().items()):
        if progress is not None:
            progress(name, number, len(CATALOGUE.names()))
        removed[name] = member.forget(workspace, listeners)
    return removed


def _ids(workspace: Workspace, user_ids: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """The ids as given, in the type of the log, and what stands for them in the workspace."""
    id_type = sources.opened(workspace.settings.source).USER_ID
    both = [as_stored(workspace, user_id, id_type) for user_id in user_ids]
    return [own for own, _ in both], [stored for _, stored in both]


def _written(
    workspace: Workspace, tombstones: list[str], removed: dict[str, int], left: tuple[str, ...]
) -> Receipt:
    now = datetime.now(UTC)
    folder = workspace.root / "privacy" / "receipts"
    receipt = Receipt(
        at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        listeners=tuple(tombstones),
        removed=removed,
        left=left,
        exports=tuple(exports(workspace)),
        file=folder / f"{now:%Y%m%dT%H%M%S%f}-{tombstones[0][:12]}.json",
    )
    write_json(receipt.file, receipt.to_dict())
    return receipt
