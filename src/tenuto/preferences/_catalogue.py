"""The members of this room, and how they are asked."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from tenuto.catalogue import Catalogue
from tenuto.errors import SettingsError
from tenuto.timeline import Past

CATALOGUE = Catalogue("tenuto.preferences", must_provide=("LABEL", "SCALE", "preferences"))

_FEEDBACK = "feedback"


def preferences_of(
    past: Past,
    name: str,
    window_days: int,
    settings: Mapping[str, Any] | None = None,
    feedback: pa.Table | None = None,
) -> ir.Table:
    """The table of the member ``name``: ``user_id``, ``item_id`` and ``preference``.

    Parameters
    ----------
    settings : keyword -> value, where they are not as usual (see `settings_of`)
    feedback : words from outside the log, for members that read opinions

    Raises
    ------
    UnknownName : if there is no such member
    SettingsError : if it has no such setting, or cannot use its value
    """
    known = settings_of(name)
    odd = sorted(set(settings or {}) - set(known))
    if odd:
        has = f"one of: {', '.join(known)}" if known else "none: it has no settings"
        raise SettingsError(f"the preference '{name}' has no setting '{odd[0]}'", mend=f"use {has}")
    member = CATALOGUE.get(name)
    more = {_FEEDBACK: feedback} if _FEEDBACK in _keywords(member) else {}
    return member.preferences(past, window_days, **dict(settings or {}), **more)


def settings_of(name: str) -> dict[str, Any]:
    """The settings of the member ``name`` with their usual values; empty for most."""
    keywords = _keywords(CATALOGUE.get(name))
    return {key: value for key, value in keywords.items() if key != _FEEDBACK}


def _keywords(member: Any) -> dict[str, Any]:
    parameters = inspect.signature(member.preferences).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
