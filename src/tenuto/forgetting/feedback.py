"""Feedback: every like, dislike and play that a listener sent."""

from contextlib import closing

from tenuto.forgetting._files import files_below, strip_file
from tenuto.forgetting._listeners import Listeners
from tenuto.forgetting._sqlite import SQLITE_SUFFIXES
from tenuto.preferences._journal import Journal
from tenuto.workspace import Workspace


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Remove the words of ``listeners``, also while a server writes down those of others."""
    with closing(Journal(workspace.root)) as journal:
        n_gone = journal.remove(listeners.all_ids)
    others = [
        file
        for file in files_below(workspace.root / "feedback")
        if file.suffix not in SQLITE_SUFFIXES
    ]
    return n_gone + sum(strip_file(file, listeners) for file in others)
