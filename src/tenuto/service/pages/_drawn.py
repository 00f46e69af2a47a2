"""Sections of the report as pieces of pages: drawn once, kept until what they show has changed."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tenuto.reports import CATALOGUE as SECTIONS
from tenuto.reports._page import environment
from tenuto.reports._parts import Part
from tenuto.reports._results import Results

#: How many sections, of all runs, are kept.
_KEPT = 128
_ANCHOR = re.compile(r'href="#([a-z_]+)"')


@dataclass(frozen=True)
class Drawn:
    """A section as HTML. ``name`` is its anchor."""

    name: str
    title: str
    html: Markup


class Drawer:
    """Draws sections, one at a time, and remembers them.

    Parameters
    ----------
    places : section -> path of the page that it stands on; links between sections lead there
    """

    def __init__(self, places: Mapping[str, str]):
        self.places = places
        self._part = environment().get_template("parts.html.j2").module.part  # type: ignore[attr-defined]
        self._kept: OrderedDict[Any, Markup] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def section(self, results: Results, name: str) -> Drawn | None:
        """A section of the report; None where the run has nothing for it."""
        member = SECTIONS.get(name)
        if not results.has_step(getattr(member, "STEP", None)):
            return None
        html = self.once(results, ("section", name), lambda: member.section(results))
        return Drawn(name, member.TITLE, html) if html else None

    def once(self, results: Results, key: Any, draw: Callable[[], list[Part]]) -> Markup:
        """The parts of ``draw()`` as HTML; drawn anew when the files of the run have changed."""
        with self._one_at_a_time:
            known = (str(results.folder), _stamp(results), key)
            if known not in self._kept:
                self._kept[known] = self.html(draw())
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(known)
            return self._kept[known]

    def html(self, parts: list[Part]) -> Markup:
        """Parts as HTML; a link to a section leads to the page that it stands on."""
        drawn = "\n".join(str(self._part(part)) for part in parts)
        return Markup(_ANCHOR.sub(self._place, drawn))

    def _place(self, link: re.Match[str]) -> str:
        name = link[1]
        return f'href="{self.places[name]}#{name}"' if name in self.places else link[0]


def _stamp(results: Results) -> tuple[int, ...]:
    """What changes when a file behind a section does: each is renamed into its folder."""
    parts = ("audit", "audit/ledger", "campaigns", "matured")
    folders = [results.folder, *(results.root / part for part in parts)]
    folders += [path for parent in (folders[0], folders[3]) for path in _folders_in(parent)]
    return tuple(folder.stat().st_mtime_ns for folder in folders if folder.is_dir())


def _folders_in(parent: Path) -> list[Path]:
    return sorted(path for path in parent.glob("*") if path.is_dir())
