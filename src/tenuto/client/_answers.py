"""What a server answers, checked as it comes in; fields of a newer server are left out.

The meaning of each field stands with the server's own shapes, in `tenuto.serving`, and in the
OpenAPI document. A test holds the two together.
"""

from __future__ import annotations

from datetime import date
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

Id = int | str
One = TypeVar("One")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Publication(_Answer):
    """One set of answers on the shelf of the server."""

    name: str
    day: date
    is_current: bool
    made_of: str
    size_bytes: int


class About(_Answer):
    """What is served, and the words that go with its numbers."""

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


class Reason(_Answer):
    """Why a score is what it is; ``contribution`` in log-odds."""

    code: str
    label: str
    sentence: str
    contribution: float
    raises: bool
    feature: str | None
    value: float | None
    usual: float | None


class Listener(_Answer):
    """What is known of one listener; ``probability`` is of what `About.label_words` says."""

    user_id: Id
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
    songs: tuple[tuple[Id, str], ...]


class Page(_Answer, Generic[One]):
    """A part of a longer list; ``page`` counts from 1."""

    rows: tuple[One, ...]
    total: int
    page: int
    pages: int
    page_size: int


class Song(_Answer):
    """A song on a list, and why it is there."""

    rank: int
    item_id: Id
    title: str | None
    artist: str | None
    score: float | None
    reason_code: str
    reason: str | None
    because: tuple[Id, ...]


class Songs(_Answer):
    """A list for one listener; ``is_fresh`` if feedback since the publication is in it."""

    user_id: Id | None
    which: str
    songs: tuple[Song, ...]
    served_by: str
    is_fresh: bool
    is_known: bool
    publication: str
    day: date


class Item(_Answer):
    """A song."""

    item_id: Id
    title: str | None
    artist: str | None
    length_s: float | None
    first_day: date | None
    last_day: date | None
    n_listeners: int


class Charted(_Answer):
    """A place of a chart."""

    rank: int
    item_id: Id
    title: str | None
    artist: str | None
    score: float
    n_plays: int
    n_listeners: int
    n_downloads: int
    n_searches: int


class Day(_Answer):
    """A day on which a listener did something."""

    day: date
    n_events: int | None
    n_plays: int | None
    n_songs: int | None
    n_downloads: int | None
    n_searches: int | None
    played_s: float | None


class Score(_Answer):
    """What one run said of a listener."""

    day: date
    probability: float
    rank: int
    n_scored: int


class Receipt(_Answer):
    """A word that is written down on the server, or the taking back of one."""

    receipt_id: int
    user_id: Id
    item_id: Id
    word: str
    day: date
    said_at: str
    key: str | None
    undoes: int | None
    is_undone: bool
    is_repeat: bool
