"""Days as people write them."""

from __future__ import annotations

from datetime import date

from tenuto.errors import CutoffError


def day_of(text: date | str) -> date:
    """The day that ``text`` names, such as 2017-04-29.

    Raises
    ------
    CutoffError : if it names none
    """
    try:
        return date.fromisoformat(str(text))
    except ValueError as failure:
        raise CutoffError(f"'{text}' is not a date", mend="write it like 2017-04-29") from failure
