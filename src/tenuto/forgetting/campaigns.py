"""Campaigns: who is in which group, what was last sent, and what contacting came to."""

from tenuto.forgetting._files import strip_folder
from tenuto.forgetting._listeners import Listeners
from tenuto.workspace import Workspace


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Remove the rows of ``listeners``; figures over all of them stay as they were measured."""
    return strip_folder(workspace.campaigns, listeners)
