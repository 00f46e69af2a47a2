"""Small charts of one listener, drawn by hand: many are asked for, each has few marks.

They are painted in the light values of the palette, as the charts of the report are, so that the
same style sheet repaints them in the dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup, escape

from tenuto.reports._palette import colour
from tenuto.reports._parts import Figure
from tenuto.reports._words import count, percent, plural
from tenuto.reports._words import day as day_in_words

#: Days on the timeline, the last one before the cutoff.
N_DAYS = 90
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 840, 170, 44, 24, 10


def days(done: Sequence[Any], cutoff: date) -> Figure | None:
    """Plays day by day up to ``cutoff``; None for somebody who did nothing in the last days."""
    start = cutoff - timedelta(days=N_DAYS)
    shown = sorted((one for one in done if one.day >= start), key=lambda one: one.day)
    if not shown:
        return None
    first = min(max(start, shown[0].day - timedelta(days=3)), cutoff - timedelta(days=28))
    says = _in_words(shown)
    svg = _svg(_bars(shown, first, cutoff), f"Plays by day. {says}")
    note = "One bar for each day; a grey tick is a day with other events and no play."
    return Figure("days", "Plays by day", svg, says, note)


def scores(history: Sequence[Any]) -> Figure | None:
    """The probability of each run; None where there is one run or none."""
    shown = sorted(history, key=lambda one: one.day)
    if len(shown) < 2:
        return None
    change = shown[-1].probability - shown[0].probability
    moved = "rose" if change > 0 else "fell" if change < 0 else "stayed"
    says = (
        f"The probability {moved} from {percent(shown[0].probability)} on "
        f"{day_in_words(shown[0].day)} to {percent(shown[-1].probability)} now."
    )
    svg = _svg(_line(shown), f"Probability by run. {says}")
    note = "Each point is a run that is still there; models may differ from run to run."
    return Figure("history", "Score by run", svg, says, note)


def _in_words(shown: Sequence[Any]) -> str:
    n_plays = sum(one.n_plays or 0 for one in shown)
    best = max(shown, key=lambda one: (one.n_plays or 0, one.day))
    said = f"{plural(n_plays, 'play')} on {plural(len(shown), 'active day')}"
    if n_plays:
        said += f", most on {day_in_words(best.day)} ({count(best.n_plays)})"
    return f"{said}; last active on {day_in_words(shown[-1].day)}."


def _bars(shown: Sequence[Any], first: date, cutoff: date) -> list[Markup]:
    n = (cutoff - first).days
    top = max((one.n_plays or 0 for one in shown), default=0) or 1
    step = (_WIDTH - _LEFT - 8) / n
    marks = [*_levels(top), *_months(first, n, step)]
    for one in shown:
        x = _LEFT + (one.day - first).days * step
        height = (one.n_plays or 0) / top * (_HEIGHT - _TOP - _BOTTOM)
        paint, height = ("main", height) if one.n_plays else ("axis", 3.0)
        marks.append(
            _mark(
                '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}">'
                "<title>{}</title></rect>",
                x + step * 0.1,
                _HEIGHT - _BOTTOM - height,
                max(step * 0.8, 1),
                height,
                colour(paint),
                f"{day_in_words(one.day)}: {_deeds(one)}",
            )
        )
    return marks


def _deeds(one: Any) -> str:
    kinds = [(one.n_plays, "play"), (one.n_searches, "search"), (one.n_downloads, "download")]
    said = [plural(n, kind, "searches" if kind == "search" else None) for n, kind in kinds if n]
    return ", ".join(said) or plural(one.n_events or 0, "event")


def _levels(top: int) -> list[Markup]:
    """The ground and the height of the tallest bar, with their numbers."""
    found = []
    for value in (0, top):
        y = _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)
        found.append(_rule(y, "axis" if value == 0 else "line"))
        found.append(_label(_LEFT - 8, y + 4, count(value), "end"))
    return found


def _months(first: date, n: int, step: float) -> list[Markup]:
    """A label on every Monday, or every other one where they would touch."""
    mondays = [since for since in range(n) if (first + timedelta(days=since)).weekday() == 0]
    every = 2 if n > 63 else 1
    return [
        _label(
            _LEFT + (since + 0.5) * step,
            _HEIGHT - 6,
            f"{(first + timedelta(days=since)).day} {first + timedelta(days=since):%b}",
            "middle",
        )
        for since in mondays[::every]
    ]


def _line(shown: Sequence[Any]) -> list[Markup]:
    span = max((shown[-1].day - shown[0].day).days, 1)
    width, height = _WIDTH - _LEFT - 40, _HEIGHT - _TOP - _BOTTOM
    points = [
        (
            _LEFT + 16 + (one.day - shown[0].day).days / span * width,
            _HEIGHT - _BOTTOM - one.probability * height,
            one,
        )
        for one in shown
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    marks = [
        *(_rule(_HEIGHT - _BOTTOM - level * height, "line") for level in (0, 0.5, 1)),
        *(
            _label(_LEFT - 8, _HEIGHT - _BOTTOM - level * height + 4, percent(level, 0), "end")
            for level in (0, 0.5, 1)
        ),
        _mark(
            '<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>',
            path,
            colour("main"),
        ),
    ]
    for x, y, one in points:
        said = f"{day_in_words(one.day)}: {percent(one.probability)}, rank {count(one.rank)}"
        dot = '<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="{}"><title>{}</title></circle>'
        marks.append(_mark(dot, x, y, colour("main"), said))
    for place, anchor in ((0, "start"), (-1, "end")):
        x, _, one = points[place]
        marks.append(_label(x, _HEIGHT - 6, f"{one.day.day} {one.day:%b}", anchor))
    return marks


def _rule(y: float, paint: str) -> Markup:
    return _mark(
        '<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" stroke="{}"/>',
        _LEFT,
        _WIDTH - 8,
        y,
        y,
        colour(paint),
    )


def _label(x: float, y: float, said: str, anchor: str) -> Markup:
    return _mark(
        '<text x="{:.1f}" y="{:.1f}" text-anchor="{}" font-size="11" fill="{}">{}</text>',
        x,
        y,
        anchor,
        colour("soft"),
        said,
    )


def _mark(shape: str, *values: Any) -> Markup:
    """A shape with its values, text escaped."""
    safe = [escape(value) if isinstance(value, str) else value for value in values]
    return Markup(shape.format(*safe))


def _svg(marks: list[Markup], label: str) -> Markup:
    return Markup(
        f'<svg class="chart" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}"><title>{escape(label)}</title>{"".join(marks)}</svg>'
    )
