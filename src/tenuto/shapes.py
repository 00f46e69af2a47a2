"""What the server answers and the client reads.

Everything is plain JSON but for dates, which `to_dict` writes in ISO. A client leaves out the
fields of a newer server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Generic, TypeVar

UserId = int | str
ItemId = int | str
One = TypeVar("One")


class _Plain:
    """Something that can be said in JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Names and values, nested as they are."""
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)}  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    if isinstance(value, _Plain):
        return value.to_dict()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class Publication(_Plain):
    """One set of answers on the shelf.

    name : its number and its day; the larger, the newer
    day : the cutoff of the run behind it
    made_of : SHA-256 of all that it was built from
    size_bytes : on the disk
    """

    name: str
    day: date
    is_current: bool
    made_of: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class About(_Plain):
    """What is served, and the words that go with its numbers.

    label_words, who, verb, rate_words : what the probability is of, see `ChurnSummary`
    model : that scores; recommender : that makes the lists; None where there is none
    songs_per_list : how long the lists of the run are; longer ones are worked out
    skipped : why nobody has a score, or nobody is called; None where somebody is
    """

    publication: str
    day: date
    source: str
    n_listeners: int
    n_scored: int
    n_called: int
    n_items: int
    horizon_days: int | None
    label: str
    label_words: str
    who: str
    verb: str
    rate_words: str
    model: str | None
    recommender: str | None
    preference: str
    lists: tuple[str, ...]
    songs_per_list: int
    campaign: str
    actions: dict[str, str]
    reasons: dict[str, str]
    devices: tuple[str, ...]
    has_hours: bool
    skipped: str | None


@dataclass(frozen=True, slots=True)
class Reason(_Plain):
    """Why a score is what it is.

    code, label : a member of ``reasons/``; sentence : with the listener's own numbers
    contribution : to the log-odds, beside the average active listener; above 0 raises the risk
    feature, value, usual : the number that tells most of it, and that of the typical active
        listener; None where there is none
    """

    code: str
    label: str
    sentence: str
    contribution: float
    raises: bool
    feature: str | None
    value: float | None
    usual: float | None


@dataclass(frozen=True, slots=True)
class Listener(_Plain):
    """What is known of one listener.

    probability : of what the label says; None where there is no score
    percentile : share of the scored who are less likely, 0 to 1
    rank : by probability among all scored, from 1
    band : "highest" to "low", among the active or among the silent
    plan : "paid", "free", or None where the source does not tell
    action, action_words : what is planned; "leave_alone" for whoever is not to be contacted, be
        it by choice or, not told apart, because the listener is held out
    place : on the call list, from 1; None for whoever is not on it
    value : what the listener is worth when kept; expected_value : of the action; both in the
        service's money
    songs : ids and titles that fit the first reason, for a message
    """

    user_id: UserId
    probability: float | None
    percentile: float | None
    rank: int | None
    band: str | None
    is_active: bool | None
    plan: str | None
    device: str | None
    first_day: date | None
    last_day: date | None
    days_since_last_event: int | None
    action: str | None
    action_words: str | None
    in_campaign: bool
    place: int | None
    value: float | None
    expected_value: float | None
    reasons: tuple[Reason, ...]
    reasons_note: str | None
    songs: tuple[tuple[ItemId, str], ...]


@dataclass(frozen=True, slots=True)
class Page(_Plain, Generic[One]):
    """A part of a longer list; ``page`` counts from 1, and may lie beyond the last of ``pages``."""

    rows: tuple[One, ...]
    total: int
    page: int
    pages: int
    page_size: int

    def __iter__(self) -> Iterator[One]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Song(_Plain):
    """A song on a list.

    score : comparable within one list and reason code alone
    reason : a sentence; None far down a list
    because : ids of the listener's songs that lifted it
    """

    rank: int
    item_id: ItemId
    title: str | None
    artist: str | None
    score: float | None
    reason_code: str
    reason: str | None
    because: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True)
class Songs(_Plain):
    """A list for one listener.

    served_by : "run" as made by the run; "fold-in" made now, from the listener's history and
        what was said or asked since; "hot" the chart, where nothing is known of the listener
    is_fresh : whether feedback since the publication is in it
    is_known : whether the run knew the listener
    """

    user_id: UserId | None
    which: str
    songs: tuple[Song, ...]
    served_by: str
    is_fresh: bool
    is_known: bool
    publication: str
    day: date


@dataclass(frozen=True, slots=True)
class Item(_Plain):
    """A song. ``n_listeners`` : who played it in the window before the cutoff."""

    item_id: ItemId
    title: str | None
    artist: str | None
    length_s: float | None
    first_day: date | None
    last_day: date | None
    n_listeners: int


@dataclass(frozen=True, slots=True)
class Charted(_Plain):
    """A place of a chart, with what lifted the song there."""

    rank: int
    item_id: ItemId
    title: str | None
    artist: str | None
    score: float
    n_plays: int
    n_listeners: int
    n_downloads: int
    n_searches: int


@dataclass(frozen=True, slots=True)
class Day(_Plain):
    """A day on which a listener did something; None for what the source does not count."""

    day: date
    n_events: int | None
    n_plays: int | None
    n_songs: int | None
    n_downloads: int | None
    n_searches: int | None
    played_s: float | None


@dataclass(frozen=True, slots=True)
class Score(_Plain):
    """What one run said of a listener; ``n_scored`` : of how many ``rank`` is."""

    day: date
    probability: float
    rank: int
    n_scored: int


@dataclass(frozen=True, slots=True)
class Receipt(_Plain):
    """A word that is written down and stays so, or the taking back of one.

    receipt_id : counts up; also the name by which it is taken back
    word : "play", "like" or "dislike"; "undo" for the taking back of ``undoes``
    day : UTC, on which it counts; said_at : ISO, UTC
    is_undone : whether it was taken back since
    is_repeat : whether it was there before, by its key, and nothing was written
    """

    receipt_id: int
    user_id: UserId
    item_id: ItemId
    word: str
    day: date
    said_at: str
    key: str | None
    undoes: int | None
    is_undone: bool
    is_repeat: bool = False


def page_of(rows: Sequence[One], total: int, page: int, page_size: int) -> Page[One]:
    """``rows`` as one page out of ``total``."""
    return Page(tuple(rows), total, page, max(-(-total // page_size), 1), page_size)
