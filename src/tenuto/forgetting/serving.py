"""The answers that are served: the current publication without them, and none of those before."""

from tenuto import serving
from tenuto.forgetting._files import strip_folder
from tenuto.forgetting._listeners import Listeners
from tenuto.workspace import Workspace


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Remove what is served of ``listeners``; a server that runs follows by itself."""
    n_gone = serving.forget(workspace, listeners.all_ids)
    # A publication is never changed: its files are told by their digests.
    return n_gone + strip_folder(
        workspace.root / "serving", listeners, but=frozenset({"publications"})
    )
