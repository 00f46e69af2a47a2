"""What a section is made of; the templates turn each part into HTML, escaping all text.

Text given as `markupsafe.Markup` is taken as it stands: build it with ``Markup.format``, which
escapes what is filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Paragraph:
    """A few plain sentences."""

    text: str
    kind: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Notice:
    """Sentences that must not be missed; ``tone`` is "plain", "good" or "warning"."""

    text: str
    tone: str = "plain"
    kind: str = field(default="notice", init=False)


@dataclass(frozen=True)
class Facts:
    """Figures to take in at a glance: (figure, what it is, small print)."""

    items: Sequence[tuple[str, str, str]]
    kind: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Figure:
    """A chart with the sentence that says what it shows.

    name : unique on the page
    says : what the reader should take from it
    note : definition, population, window, n, interval
    swatches : (colour of the palette, what it stands for), the key of the chart
    """

    name: str
    title: str
    svg: Markup
    says: str
    note: str
    swatches: Sequence[tuple[str, str]] = ()
    is_wide: bool = True
    kind: str = field(default="figure", init=False)


@dataclass(frozen=True)
class Row:
    """Charts side by side, where there is room: two, or three of the dense kind."""

    figures: Sequence[Figure]
    is_dense: bool = False
    kind: str = field(default="row", init=False)


@dataclass(frozen=True)
class Column:
    """A column of a table: numbers stand to the right; what is long wraps, in a word if needed.

    What wraps keeps its line ends. A wide one gets room for a sentence.
    """

    title: str
    is_number: bool = False
    wraps: bool = False
    is_wide: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a caption. A row is its cells as text; a lone string heads a group of rows."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str] | str]
    note: str = ""
    kind: str = field(default="table", init=False)


#: Where a section about models has nothing to say.
NO_MODEL = Markup('No model was trained in this run: see <a href="#in_short">In short</a>.')

Part = Paragraph | Notice | Facts | Figure | Row | Table
