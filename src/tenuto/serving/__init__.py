"""The answers of one finished run, built for looking up one listener, and what was said since.

`publish` builds them from ``runs/DAY`` and puts them in place whole; `Answers` serves them,
folds feedback in, and follows a newer publication by itself. Nothing here trains or scores.
"""

from tenuto.serving._answers import Answers
from tenuto.serving._forget import forget
from tenuto.serving._publish import publish
from tenuto.serving._shelf import go_back, publications
from tenuto.shapes import (
    About,
    Charted,
    Day,
    Item,
    Listener,
    Page,
    Publication,
    Reason,
    Receipt,
    Score,
    Song,
    Songs,
)

__all__ = [
    "About",
    "Answers",
    "Charted",
    "Day",
    "Item",
    "Listener",
    "Page",
    "Publication",
    "Reason",
    "Receipt",
    "Score",
    "Song",
    "Songs",
    "forget",
    "go_back",
    "publications",
    "publish",
]
