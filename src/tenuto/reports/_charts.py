"""Charts as inline SVG: drawn by Altair, no script, repainted by the page's style sheet.

The drawing program numbers its clip paths on and on within a process; they are numbered
again per figure, so that the same figure is the same text every time.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import altair as alt
import pandas as pd
import vl_convert
from markupsafe import Markup, escape

from tenuto.reports._palette import colour

WIDE, SMALL, DENSE = 840, 400, 270

_TEXT = {"labelColor": colour("soft"), "titleColor": colour("soft"), "labelFontSize": 11}
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": "sans-serif",
    # Room for fonts wider than the one that labels are measured with.
    "padding": {"left": 14, "right": 10, "top": 4, "bottom": 4},
    "view": {"stroke": None},
    "mark": {"aria": False},
    "axis": {
        **_TEXT,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "domainColor": colour("axis"),
        "tickColor": colour("axis"),
        "tickSize": 4,
        "gridColor": colour("line"),
        "labelPadding": 4,
        "aria": False,
    },
    "axisX": {"grid": False},
    "axisY": {"domain": False, "ticks": False},
    "header": {**_TEXT, "labelFontWeight": "bold", "title": None},
    "line": {"strokeWidth": 2, "strokeCap": "round", "strokeJoin": "round"},
}
_COUNTS = "datum.value == 0 ? '0' : format(datum.value, '~s')"
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)


def data(table: pd.DataFrame) -> alt.Data:
    """A table for a chart: days as UTC milliseconds, the unknown as null."""
    rows = [
        {str(name): _plain(value) for name, value in row.items()}
        for row in table.to_dict("records")
    ]
    return alt.Data(values=rows)


def milliseconds(day: date) -> int:
    """A day as the charts count it."""
    return (day - _EPOCH).days * _DAY_MS


def days_axis(field: str, days: tuple[date, date], n_labels: int = 11) -> alt.X:
    """A horizontal axis of days ``[start, end)``, read as UTC so that no clock shifts them."""
    n_days = (days[1] - days[0]).days
    step = max(1, -(-n_days // n_labels))
    labelled = range(milliseconds(days[0]), milliseconds(days[1]), step * _DAY_MS)
    return alt.X(
        f"{field}:T",
        scale=alt.Scale(type="utc", domain=[milliseconds(day) for day in days]),
        axis=alt.Axis(
            values=list(labelled),
            format="%b %Y" if n_days > 300 else "%-d %b",
            title=None,
            labelOverlap=True,
        ),
    )


def counts_axis(**options: Any) -> alt.Axis:
    """An axis of whole numbers, short: 0, 500, 20k."""
    return alt.Axis(tickCount=4, tickMinStep=1, labelExpr=_COUNTS, **options)


def drawn(chart: Any, name: str, label: str, *, width: int = WIDE, height: int = 220) -> Markup:
    """A single or layered chart of that size over all, axes included."""
    fit = alt.AutoSizeParams(type="fit", contains="padding")
    return drawn_as_it_is(chart.properties(width=width, height=height, autosize=fit), name, label)


def drawn_as_it_is(chart: Any, name: str, label: str) -> Markup:
    """A chart with sizes of its own, such as a facet, as an image that says what it shows."""
    # Each part was validated when it was made; once more as a whole would double the time.
    specification = chart.to_dict(validate=False)
    specification["config"] = _CONFIG
    svg = vl_convert.vegalite_to_svg(specification)
    return Markup(_tidied(svg, name, label))


def _tidied(svg: str, name: str, label: str) -> str:
    inner = svg[svg.index(">") + 1 :]
    width, height = re.findall(r'(?:width|height)="([\d.]+)"', svg[: svg.index(">")])[:2]
    inner = re.sub(r' (?:role|aria-\w+|pointer-events|opacity)="(?:[a-z- ]*|1)"', "", inner)
    inner = re.sub(r'<path class="(?:background|foreground)"[^>]*/>', "", inner)
    inner = re.sub(r' class="[^"]*"| font-family="[^"]*"', "", inner)
    inner = re.sub(r' (?:transform|d|x2|y2)="[^"]*"', _rounded, inner)
    found = dict.fromkeys(re.findall(r'id="((?:clip|gradient_)\d+)"', inner))
    numbers = {old: f"{name}-{number}" for number, old in enumerate(found)}
    inner = re.sub(r"\b(?:clip|gradient_)\d+\b", lambda hit: numbers.get(hit[0], hit[0]), inner)
    return (
        f'<svg class="chart" role="img" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}"><title>{escape(label)}</title>{inner}'
    )


def _rounded(attribute: re.Match[str]) -> str:
    """Two digits are a hundredth of a pixel; only places are cut, never a label."""
    return re.sub(r"(\.\d{2})\d+", r"\1", attribute[0])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return milliseconds(value.date())
    if isinstance(value, date):
        return milliseconds(value)
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
