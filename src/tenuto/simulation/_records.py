"""Events as columns of text, in the order and spelling of the raw logs.

Part of the format, not dirt: iPhones leave both names of a download empty, local files
have song_id 0 and song_type 1, and the two telephones encode a query in two ways.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.simulation._listeners import DEVICES, Listeners
from tenuto.simulation._names import GENRES, tokens
from tenuto.simulation._songs import Songs

Columns = dict[str, pa.Array]
IPHONE = DEVICES.index("ip")
UNKNOWN_SINGER = "未知歌手"
# Section 2.2: a query is an artist, a title, "title  artist" (two spaces) or a genre word.
QUERY_SHARES = (0.38, 0.34, 0.22, 0.06)


@dataclass
class Events:
    """Events of one kind, part and day, in the order of the log; ``row`` points to Listeners.

    ``further`` holds the columns that only plays have, ``played_s`` and ``is_local``.
    """

    row: np.ndarray
    song: np.ndarray
    device: np.ndarray
    second: np.ndarray
    further: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index: np.ndarray | slice) -> Events:
        """The events at these places, in this order."""
        row, song = self.row[index], self.song[index]
        further = {name: column[index] for name, column in self.further.items()}
        return Events(row, song, self.device[index], self.second[index], further)


def play_columns(events: Events, listeners: Listeners, songs: Songs) -> Columns:
    """uid, device, song_id, song_type, song_name, singer, play_time, song_length, paid_flag."""
    is_local, place = events.further["is_local"], pa.array(events.song)
    title, singer = songs.title.plain.take(place), songs.singer.plain.take(place)
    local = pa.array(is_local)
    return {
        **_who(events, listeners),
        "song_id": _text(np.where(is_local, 0, songs.song_id[events.song])),
        "song_type": pc.if_else(local, "1", "0"),
        "song_name": pc.if_else(local, pc.binary_join_element_wise(title, ".mp3", ""), title),
        "singer": pc.if_else(local, UNKNOWN_SINGER, singer),
        "play_time": _text(events.further["played_s"]),
        "song_length": _text(songs.length_s[events.song]),
        "paid_flag": _paid(events, listeners),
    }


def download_columns(events: Events, listeners: Listeners, songs: Songs) -> Columns:
    """uid, device, song_id, song_name, singer, paid_flag."""
    has_names = pa.array(events.device != IPHONE)
    place = pa.array(events.song)
    return {
        **_who(events, listeners),
        "song_id": _text(songs.song_id[events.song]),
        "song_name": pc.if_else(has_names, songs.title.plain.take(place), ""),
        "singer": pc.if_else(has_names, songs.singer.plain.take(place), ""),
        "paid_flag": _paid(events, listeners),
    }


def search_columns(
    events: Events, listeners: Listeners, songs: Songs, day: date, rng: np.random.Generator
) -> Columns:
    """uid, device, time_stamp, search_query."""
    first = np.datetime64(day, "s")
    when = pa.array(first + events.second.astype("timedelta64[s]"))
    return {
        **_who(events, listeners),
        "time_stamp": pc.strftime(when, format="%Y-%m-%d %H:%M:%S"),
        "search_query": _queries(events, songs, rng),
    }


def _who(events: Events, listeners: Listeners) -> Columns:
    device = pa.array(DEVICES).take(pa.array(events.device))
    return {"uid": _text(listeners.user_id[events.row]), "device": device}


def _paid(events: Events, listeners: Listeners) -> pa.Array:
    return pc.if_else(pa.array(listeners.is_paid[events.row]), "1", "0")


def _text(values: np.ndarray) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _queries(events: Events, songs: Songs, rng: np.random.Generator) -> pa.Array:
    title, singer = songs.title.take(events.song), songs.singer.take(events.song)
    genre = tokens(GENRES).take(rng.integers(0, len(GENRES), len(events)))
    what = pa.array(rng.choice(4, len(events), p=QUERY_SHARES))
    options = (singer, title, title.joined("  ", singer), genre)
    android = pc.choose(what, *(option.android for option in options))
    iphone = pc.choose(what, *(option.iphone for option in options))
    return pc.if_else(pa.array(events.device == IPHONE), iphone, android)
