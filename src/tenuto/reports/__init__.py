"""What is shown: one page a run, drawn from saved results alone, readable without a network.

A member is a section of the page. It provides ``TITLE``, ``ORDER`` (its place, rising; gaps are
left for newcomers) and ``section(results)``, which returns parts (`tenuto.reports._parts`); one
without parts is left off the page. ``STEP``, where there is one, is the folder that the section is
drawn from, of the run or of the workspace; a run without it has no such section.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tenuto.catalogue import Catalogue
from tenuto.workspace import Workspace

if TYPE_CHECKING:
    from tenuto.lists._compare import ListComparison

CATALOGUE = Catalogue("tenuto.reports", must_provide=("TITLE", "ORDER", "section"))


def write_report(workspace: Workspace, day: date | str) -> Path:
    """Draw the results of ``runs/<day>`` as ``report.html`` beside them, whole or not at all.

    The page has no clock time and no path of this machine: the same results, the same bytes.

    Raises
    ------
    WorkspaceError : if a result that every run leaves is missing
    """
    # The charts take a second to import; who only asks for the catalogue need not wait.
    from tenuto.reports._page import write_page

    return write_page(workspace, day, CATALOGUE)


def write_comparison(comparison: ListComparison, path: Path) -> Path:
    """Draw lists held against each other as one page at ``path``, whole or not at all."""
    from tenuto.reports._comparison import write_page

    return write_page(comparison, path)
