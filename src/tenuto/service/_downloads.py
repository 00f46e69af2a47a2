"""The call list as CSV, written down in the audit log before the first row goes out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from tenuto import privacy
from tenuto.errors import NotEnoughData
from tenuto.serving import Answers, Listener, Page
from tenuto.workspace import Workspace

_ROWS_AT_ONCE = 1000
_REASONS, _SONGS = 3, 5
_PLAIN = (
    "place",
    "user_id",
    "probability",
    "band",
    "plan",
    "days_since_last_event",
    "action",
    "action_words",
    "expected_value",
)
COLUMNS = [
    *_PLAIN,
    *(f"reason_{number}" for number in range(1, _REASONS + 1)),
    *(f"song_{number}" for number in range(1, _SONGS + 1)),
]


def call_list_as_csv(
    workspace: Workspace, desk: Answers, wanted: dict[str, Any], *, by: str, to: str
) -> Iterator[bytes]:
    """The rows that ``wanted`` (arguments of `Answers.call_list`) narrows the list to.

    ``by`` and ``to`` go to the audit log: who asked, and through which door.

    Raises
    ------
    NotEnoughData : while rows go out, if other answers are published; the file then breaks off
    """
    about = desk.about()
    first: Page[Listener] = desk.call_list(**wanted, page=1, page_size=_ROWS_AT_ONCE)
    privacy.exported(workspace, "call list", to, first.total, run=about.day, by=by)
    return _parts(desk, wanted, first, about.publication)


def _parts(
    desk: Answers, wanted: dict[str, Any], first: Page[Listener], publication: str
) -> Iterator[bytes]:
    # The sign at the beginning tells a spreadsheet that this is UTF-8.
    yield "\ufeff".encode() + _as_csv([COLUMNS]) + _as_csv(map(_row, first.rows))
    for number in range(2, first.pages + 1):
        page = desk.call_list(**wanted, page=number, page_size=_ROWS_AT_ONCE)
        if desk.about().publication != publication:
            raise NotEnoughData("other answers were published", mend="download the list again")
        yield _as_csv(map(_row, page.rows))


def _row(one: Listener) -> list[Any]:
    reasons = [reason.sentence for reason in one.reasons[:_REASONS]]
    songs = [title for _, title in one.songs[:_SONGS]]
    plain = [getattr(one, name) for name in _PLAIN]
    return [*plain, *_filled(reasons, _REASONS), *_filled(songs, _SONGS)]


def _filled(texts: list[str], n: int) -> list[str]:
    return texts + [""] * (n - len(texts))


def _as_csv(rows: Iterable[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    return privacy.guarded(value) if isinstance(value, str) else value
