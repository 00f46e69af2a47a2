"""Results of runs: scores, features, reasons, call lists, lists of songs; pages are drawn anew."""

from __future__ import annotations

from pathlib import Path

from tenuto import reports
from tenuto.errors import TenutoError
from tenuto.forgetting._files import files_below, strip_folder
from tenuto.forgetting._listeners import Listeners
from tenuto.workspace import Workspace

# Saved models are the business of `recommenders`; those of churn/ hold no listeners.
_MODELS = frozenset({"models", "folds"})
_REPORT = "report.html"


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Remove the rows of ``listeners`` from all tables; figures over all of them stay."""
    runs = workspace.root / "runs"
    n_gone = strip_folder(runs, listeners, but=_MODELS)
    for page in [file for file in files_below(runs) if file.suffix == ".html"]:
        if listeners.are_in(page.read_bytes()):
            _draw_anew(workspace, page)
    return n_gone


def _draw_anew(workspace: Workspace, page: Path) -> None:
    page.unlink()
    if page.name == _REPORT:
        try:
            reports.write_report(workspace, page.parent.name)
        except (TenutoError, KeyError, ValueError):
            # A run of an earlier version may lack what a page of this one shows: then none is
            # better than one that names the listener.
            page.unlink(missing_ok=True)
