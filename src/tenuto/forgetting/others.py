"""Everything else in the workspace: replications, tuning, and what a killed writer left behind."""

from __future__ import annotations

import shutil

from tenuto.forgetting._files import files_below, strip_folder
from tenuto.forgetting._listeners import Listeners
from tenuto.workspace import Workspace

_OF_OTHER_MEMBERS = frozenset(
    {"lake", "audit", "rollups", "runs", "campaigns", "feedback", "serving", "privacy"}
)
# Half-written files and folders: the next writer would overwrite them anyway.
_HALF_WRITTEN = (".aside", ".writing")


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Remove the rows of ``listeners``, scratch files and all that is half written."""
    shutil.rmtree(workspace.scratch, ignore_errors=True)
    for file in list(files_below(workspace.root)):
        parts = file.relative_to(workspace.root).parts
        if any(part.endswith(_HALF_WRITTEN) for part in parts):
            file.unlink()
    folders = [path for path in sorted(workspace.root.iterdir()) if path.is_dir()]
    return sum(
        strip_folder(folder, listeners)
        for folder in folders
        if folder.name not in _OF_OTHER_MEMBERS
    )
