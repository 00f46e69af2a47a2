"""The sections in order, poured into the template and written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from tenuto.catalogue import Catalogue
from tenuto.record import write_aside
from tenuto.reports import _palette, _words
from tenuto.reports._parts import Part
from tenuto.reports._results import Results
from tenuto.workspace import Workspace

_ROOM = Path(__file__).parent


def write_page(workspace: Workspace, day: date | str, catalogue: Catalogue) -> Path:
    """See `tenuto.reports.write_report`."""
    results = Results(workspace, day)
    return put(render(results, catalogue), results.folder / "report.html")


def put(page: str, path: Path) -> Path:
    """Write a page whole or not at all."""
    write_aside(path, lambda aside: aside.write_text(page, "utf-8", newline="\n"))
    return path


def render(results: Results, catalogue: Catalogue) -> str:
    """The whole page as HTML with nothing outside itself."""
    day = _words.day(results.cutoff)
    return drawn(
        [
            Section(name, catalogue.get(name).TITLE, parts)
            for name, parts in sections_of(results, catalogue).items()
            if parts
        ],
        title=day,
        heading=f"Who is about to {results.label.verb}, and what to play next",
        when=f"As of {day}",
        version=results.run["versions"]["tenuto"],
    )


@dataclass(frozen=True)
class Section:
    """A part of a page with a title; ``name`` is its anchor."""

    name: str
    title: str
    parts: list[Part]


def drawn(sections: list[Section], *, title: str, heading: str, when: str, version: str) -> str:
    """Any page in the look of the report."""
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            heading=heading,
            when=when,
            version=version,
            style=Markup(f"{look()}\n{(_ROOM / 'page.css').read_text('utf-8')}"),
            sections=sections,
        )
    )


def environment(*rooms: Path) -> jinja2.Environment:
    """Templates of ``rooms``, and those that turn parts into HTML; all text is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*rooms, _ROOM]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def look() -> str:
    """The style of everything that a section may hold, in both themes."""
    return f"{_palette.stylesheet()}\n{(_ROOM / 'parts.css').read_text('utf-8')}"


def in_order(catalogue: Catalogue) -> list[tuple[str, Any]]:
    """The members by their ``ORDER``; a tie goes to the name."""
    return sorted(catalogue.all().items(), key=lambda member: (member[1].ORDER, member[0]))


def sections_of(results: Results, catalogue: Catalogue) -> dict[str, list[Part]]:
    """The parts of every section by its name, in the order of the page."""
    return {
        name: member.section(results) if results.has_step(getattr(member, "STEP", None)) else []
        for name, member in in_order(catalogue)
    }
