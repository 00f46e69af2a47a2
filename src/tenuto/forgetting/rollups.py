"""Sums by day: rows of the listener here, sums over listeners when the days are built anew."""

from tenuto.forgetting._files import strip_folder
from tenuto.forgetting._listeners import Listeners
from tenuto.workspace import Workspace


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Remove the rows of ``listeners``."""
    return strip_folder(workspace.rollups, listeners)
