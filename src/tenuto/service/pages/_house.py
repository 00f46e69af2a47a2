"""What every page is made with: the answers, the run behind them, the frame around all pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tenuto import record
from tenuto.errors import TenutoError
from tenuto.reports import _words
from tenuto.reports._page import environment, in_order
from tenuto.reports._parts import Part
from tenuto.reports._planned import money
from tenuto.reports._results import Results
from tenuto.service._guard import Caller, guard_of, visitor
from tenuto.service._ids import Ids
from tenuto.service._roles import Role
from tenuto.service.pages import CATALOGUE, GROUPS, _addresses, _static, _theme
from tenuto.service.pages._drawn import Drawer, Drawn
from tenuto.workspace import Workspace

#: Who asks for a page, or sends one of its forms.
Reader = Annotated[Caller, visitor("read")]
Speaker = Annotated[Caller, visitor("feedback")]
Exporter = Annotated[Caller, visitor("export")]


@dataclass(frozen=True)
class Link:
    """A page of the menu."""

    title: str
    path: str


class House:
    """One for each server.

    Parameters
    ----------
    desk : `tenuto.serving.Answers`, open
    """

    def __init__(self, desk: Any, workspace: Workspace):
        self.desk, self.workspace, self.ids = desk, workspace, Ids(workspace)
        members = in_order(CATALOGUE)
        self.menu = {
            group: [Link(one.TITLE, one.PATH) for _, one in members if group == one.GROUP]
            for group in GROUPS
        }
        self._drawer = Drawer(
            {name: one.PATH for _, one in members for name in getattr(one, "SECTIONS", ())}
        )
        self._templates = environment(_static.FOLDER.parent / "templates")
        self._templates.globals |= {
            "static": _static.address,
            "to": _addresses,
            "version": record.versions()["tenuto"],
            "roles": Role,
            "themes": _theme.THEMES,
        }
        self._templates.filters |= _FILTERS

    def results(self) -> Results:
        """The run whose answers are served."""
        return Results(self.workspace, self.desk.about().day)

    def sections(self, names: tuple[str, ...]) -> list[Drawn]:
        """Those of ``names`` that the run has something for, in that order."""
        results = self.results()
        drawn = [self._drawer.section(results, name) for name in names]
        return [one for one in drawn if one is not None]

    def drawn(self, key: Any, draw: Callable[[], list[Part]]) -> Markup:
        """The parts that ``draw()`` returns as HTML, drawn once for each ``key``."""
        return self._drawer.once(self.results(), key, draw)

    def piece(self, name: str, title: str, draw: Callable[[], list[Part]]) -> Drawn:
        """A section that the report does not have."""
        return Drawn(name, title, self.drawn(name, draw))

    def html(self, parts: list[Part]) -> Markup:
        """Parts as HTML, drawn anew."""
        return self._drawer.html(parts)

    def page(
        self, request: Request, template: str, title: str, *, status: int = 200, **filled: Any
    ) -> HTMLResponse:
        """A page in the frame of all pages.

        ``visitor``, among what is filled in, is who asks; without one there is no menu.
        """
        context = {
            "title": title,
            "menu": self.menu,
            "path": request.url.path,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "theme": _theme.chosen(request),
            "is_open": guard_of(request).tokens is None,
            "about": self._about(),
            "visitor": None,
        } | filled
        return HTMLResponse(self._templates.get_template(template).render(context), status)

    def _about(self) -> Any:
        """What is served; None where nothing can be."""
        try:
            return self.desk.about()
        except TenutoError:
            return None


_FILTERS = {
    "count": _words.count,
    "figure": _words.figure,
    "percent": _words.percent,
    "money": money,
    "day": lambda value: _words.day(value) if _words.is_known(value) else _words.UNKNOWN,
    "text": _words.text,
    "plural": _words.plural,
    "spoken": _words.spoken,
    "listing": _words.listing,
    "hours": _words.hours,
}
