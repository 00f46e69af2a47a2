"""Rows and cards of a snapshot, and rows of the journal, as answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tenuto.preferences._journal import Word
from tenuto.serving._snapshot import Snapshot
from tenuto.shapes import (
    About,
    Item,
    Listener,
    Reason,
    Receipt,
    Song,
    Songs,
    UserId,
)

#: The list that is the same for everybody.
HOT = "hot"
#: What `item_of` is told of a song.
ITEM_COLUMNS = "item_id, title, artist, length_s, first_day, last_day, n_listeners"
_NO_NUMBER = (None, None, None)


def hot_songs(found: Snapshot, user_id: UserId | None, n: int, is_known: bool) -> Songs:
    """The chart of the week, for somebody of whom nothing is known."""
    songs = tuple(
        Song(row["rank"], row["item_id"], row["title"], row["artist"], row["score"], HOT, None)
        for row in found.charts["week"][:n]
    )
    return Songs(user_id, HOT, songs, HOT, False, is_known, found.name, found.day)


def songs_of_list(
    found: Snapshot,
    user_id: UserId | None,
    which: str,
    rows: list[list[Any]],
    n: int,
    served_by: str,
    is_fresh: bool,
    is_known: bool,
) -> Songs:
    """The first ``n`` rows of a list, as the run or the fold-in has them, with names."""
    songs = tuple(
        Song(
            rank,
            item,
            *found.name_of(item),
            score,
            code,
            reason,
            tuple(one for one in causes if one is not None),
        )
        for rank, (item, score, code, reason, *causes) in enumerate(rows[:n], 1)
    )
    return Songs(user_id, which, songs, served_by, is_fresh, is_known, found.name, found.day)


def listener_of(card: dict[str, Any], about: About) -> Listener:
    """A card as an answer."""
    reasons = tuple(
        Reason(code, about.reasons.get(code, code), sentence, adds, raises, *(rest or _NO_NUMBER))
        for code, sentence, adds, raises, *rest in card["reasons"]
    )
    action = card["action"]
    return Listener(
        user_id=card["user_id"],
        probability=card["probability"],
        percentile=card["percentile"],
        rank=_whole(card["rank"]),
        band=card["band"],
        is_active=card["is_active"],
        plan=card["plan"],
        device=card["device"],
        first_day=_day(card["first_day"]),
        last_day=_day(card["last_day"]),
        days_since_last_event=_whole(card["days_since_last_event"]),
        action=action,
        action_words=about.actions.get(action, action),
        in_campaign=card["in_campaign"],
        place=_whole(card["place"]),
        value=card["value"],
        expected_value=card["expected_value"],
        reasons=reasons,
        reasons_note=card["reasons_note"],
        songs=tuple((item, title) for item, title in card["songs"]),
    )


def item_of(row: Sequence[Any]) -> Item:
    """A row of `ITEM_COLUMNS` as an answer."""
    item, title, artist, length_s, first, last, n_listeners = row
    return Item(item, title, artist, length_s, _day(first), _day(last), n_listeners)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def receipt_of(word: Word, *, is_undone: bool = False, is_repeat: bool = False) -> Receipt:
    """A row of the journal as an answer."""
    return Receipt(
        word.id,
        word.user_id,
        word.item_id,
        word.word,
        date.fromisoformat(word.day),
        word.said_at,
        word.key,
        word.undoes,
        is_undone,
        is_repeat,
    )
