"""Ids as callers write them, and as the log has them: ``/listeners/42`` asks for the number 42."""

from __future__ import annotations

import re

from starlette.requests import Request

from tenuto import sources
from tenuto.workspace import Workspace

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")
_LIMIT = 1 << 63


class Ids:
    """Of which type ids are in one workspace: whole numbers of 64 bits, or text."""

    def __init__(self, workspace: Workspace):
        source = sources.opened(workspace.settings.source)
        self._users, self._items = source.USER_ID, source.ITEM_ID

    def user(self, said: int | str) -> int | str | None:
        """The id of a listener; None for what can be nobody's."""
        return _as_type(self._users, said)

    def item(self, said: int | str) -> int | str | None:
        """The id of a song; None for what can be none's."""
        return _as_type(self._items, said)


def ids_of(request: Request) -> Ids:
    """The types of the workspace that is served."""
    ids: Ids = request.app.state.ids
    return ids


def _as_type(kind: str, said: int | str) -> int | str | None:
    text = str(said)
    if kind == "string":
        return text
    if not _WHOLE.fullmatch(text):
        return None
    number = int(text)
    return number if -_LIMIT <= number < _LIMIT else None
