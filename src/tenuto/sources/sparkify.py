"""Sparkify logs: one event per line as a JSON object, of a subscription service with two plans.

    {"ts":1538352082000,"userId":"190036","sessionId":36,"page":"NextSong","auth":"Logged In",
     "level":"paid","artist":"Björk","song":"Jóga","length":305.1, …}

One file, or a tree of daily ones; keys that are absent mean null (seeds.md §2.5). ``ts`` and
``registration`` are milliseconds since 1970 in UTC, sometimes written as floats. ``userId`` is
text. A session's number is unique only together with the user. Songs have no id: artist
and title stand for it. What was heard of a song is not in the log, only that it began.

Known to be wrong: "" for the user of logged-out and guest rows, in other exports one id for all
of them (K43); names encoded twice; "Cancel" may end in an error, only "Cancellation
Confirmation" means leaving.
"""

from __future__ import annotations

import re
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from tenuto.sources._contract import Identity, RawFile
from tenuto.sources._items import item_of_names
from tenuto.sources._json import object_of, with_values
from tenuto.sources._packing import LineReader

#: What each of the 22 pages is among the actions that every room knows (S3-D3).
PAGES = {
    "NextSong": "play",
    "Thumbs Up": "like",
    "Thumbs Down": "dislike",
    "Add to Playlist": "add_to_playlist",
    "Add Friend": "add_friend",
    "Roll Advert": "advert",
    "Upgrade": "upgrade_page",
    "Downgrade": "downgrade_page",
    "Submit Upgrade": "upgrade",
    "Submit Downgrade": "downgrade",
    "Cancel": "cancel_page",
    "Cancellation Confirmation": "cancel",
    "Register": "register_page",
    "Submit Registration": "register",
    "Login": "login",
    "Logout": "logout",
    "Home": "home",
    "Settings": "settings",
    "Save Settings": "save_settings",
    "Help": "help",
    "About": "about",
    "Error": "error",
}
PRECISION = "second"
USER_ID, ITEM_ID = "int64", "string"
ACTIONS = (*PAGES.values(), "page")
KNOWS = (
    *("timestamp", "length_s", "title", "artist", "is_paid", "session_id"),
    *("registered", "plan", "gender", "location", "user_agent"),
)
WHAT_TO_EXPECT = (
    "point `logs` at a file such as events.json.gz, or at a folder of them such as "
    "2018/11/2018-11-01-events.json, with one JSON object per line"
)
reader = LineReader

_NAME = re.compile(r"(.+)\.(?:json|jsonl|ndjson)(?:\.(?:gz|bz2|zip))?")
_KEYS = (
    *("ts", "userId", "page", "auth", "sessionId", "level", "artist", "song", "length"),
    *("registration", "gender", "location", "userAgent"),
)
_PERSON = r'"(firstName|lastName)" *: *"(?:[^"\\]|\\.)*(?:"|$)'
_NOBODY = ("Logged Out", "Guest")
# 1990 to 2100 in milliseconds: what lies outside was written in another unit.
_FIRST_MS, _LAST_MS = 631_152_000_000, 4_102_444_800_000
_LINES_TO_TRY = 20


def identify(name: str) -> Identity | str:
    """What a file is by its name, or why it is not a log of this source."""
    match = _NAME.fullmatch(name)
    if match is None:
        return "not a file of JSON lines (.json, .jsonl or .ndjson)"
    return Identity(match[1].replace("/", "__"), "events", "", None)


def refuses(path: Path) -> str | None:
    """Why a file of JSON is no log of events: none of its first lines is one."""
    lines = _first_lines(path)
    found = [object_of(line) for line in lines]
    if any(record is not None and {"page", "ts"} <= record.keys() for record in found):
        return None
    if lines and (lines[0] == "{" or lines[0].startswith("[")):
        return "not one JSON object per line; `jq -c` makes it so ('.[]' for a list)"
    # Lines that are no objects may be damage: they are counted when the file is read.
    is_other = bool(lines) and all(record is not None for record in found)
    return "its records have no 'page' and 'ts': not events" if is_other else None


def _first_lines(path: Path) -> list[str]:
    block = next(iter(LineReader(path, block_bytes=1 << 16)), None)
    lines = [] if block is None else block["line"].slice(0, _LINES_TO_TRY).to_pylist()
    return [line.strip() for line in lines if line.strip()]


def split(lines: ir.Table, file: RawFile) -> ir.Table:
    """The values of each line's object, as text, and whether it is one."""
    found = with_values(lines, [f"$.{key}" for key in _KEYS])
    keyed = {key: found.json_values[place] for place, key in enumerate(_KEYS)}
    return found.mutate(**keyed).drop("json_values")


def records(table: ir.Table, file: RawFile) -> ir.Table:
    """One record per line."""
    timestamp, is_paid = _moment(table.ts), table.level == "paid"
    known = table.mutate(
        action=table.page.cases(*PAGES.items(), else_="page"),
        user_text=table.is_record.ifelse(_whole(table.userId).fill_null(""), None),
        item_text=item_of_names(table.artist, table.song),
        title=table.song,
        played_text=ibis.null(dt.string),
        length_text=table.length,
        timestamp_text=table.ts.fill_null(""),
        timestamp=timestamp,
        day=timestamp.date(),
        device=ibis.null(dt.string),
        is_paid=is_paid,
        plan=table.level,
        session_id=_whole(table.sessionId),
        text=ibis.null(dt.string),
        is_logged_out=table.auth.isin(list(_NOBODY)).fill_null(False),
        registered=_moment(table.registration),
        user_agent=table.userAgent.re_replace('^"|"$', ""),
    )
    taken_over = {"artist", "gender", "location"}
    return known.drop(*(key for key in _KEYS if key not in taken_over))


def redacted(table: ir.Table, file: RawFile) -> ir.StringValue:
    """The raw record without the names of the person, also where it breaks off in one."""
    unnamed = table.line.re_replace(_PERSON, r'"\1":"[name]"')
    return unnamed.re_replace(r"\d{1,3}(\.\d{1,3}){3}", "[address]")


def _whole(number: ir.StringValue) -> ir.StringValue:
    """A whole number that was written as a float, as text; never by way of a float."""
    return number.re_replace(r"\.0+$", "")


def _moment(milliseconds: ir.StringValue) -> ir.TimestampValue:
    """A time since 1970 in milliseconds; NULL where it is unreadable or not of our days."""
    number = milliseconds.re_extract(r"^(\d{1,18})(\.\d*)?$", 1).nullif("").try_cast("int64")
    return number.between(_FIRST_MS, _LAST_MS).ifelse(number, None).as_timestamp("ms")
