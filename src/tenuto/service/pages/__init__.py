"""The pages: what a run found, for people with a browser; drawn here, readable without scripts.

A member is a page of the menu. It provides ``TITLE``, ``GROUP`` (its heading in the menu, one of
`GROUPS`), ``ORDER`` (its place, rising), ``PATH`` and ``routes(house)``, which returns the routes
of the page and of what hangs on it. What describes a whole run are sections of the report, poured
into another frame: a page of those alone names them in ``SECTIONS``, see `_run_page`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenuto.catalogue import Catalogue

if TYPE_CHECKING:
    from fastapi import APIRouter

    from tenuto.workspace import Workspace

CATALOGUE = Catalogue(
    "tenuto.service.pages", must_provide=("TITLE", "GROUP", "ORDER", "PATH", "routes")
)
#: The headings of the menu, in order.
GROUPS = ("Act", "Understand", "Trust")


def router(desk: Any, workspace: Workspace) -> APIRouter:
    """Every page, the sign-in, and the files that pages load.

    Include it last: it answers whatever nobody else does, and says that there is no such page.

    Parameters
    ----------
    desk : `tenuto.serving.Answers`, open
    workspace : the workspace of its runs
    """
    # Templates and charts take a second to import; who only asks for the catalogue need not wait.
    from tenuto.service.pages._house import House
    from tenuto.service.pages._routes import all_routes

    return all_routes(House(desk, workspace), CATALOGUE)
