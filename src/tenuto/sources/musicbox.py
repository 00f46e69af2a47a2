"""Music Box logs: one event per line, tab-separated, no header, one file per day, part and kind.

    168000001  ar  298250  0  See You Again  Miley Cyrus  189  190  0
    uid    device  song_id type  song_name   singer    play_time song_length paid_flag

``20170330_3_play.log.tar.gz`` holds the plays of part 3 of that day; downloads (``down``)
have uid, device, song_id, song_name, singer, paid_flag; searches (``search``) have uid,
device, time_stamp, search_query. play_time and song_length are seconds, when they are not
milliseconds. Plays and downloads have no clock: their day is in the file name, so the
precision is a day. Clocks are the service's own and are kept as they stand (seeds.md §2.1).

Known to be wrong: leading tabs, rows cut by extra tabs, downloads broken over two lines,
client addresses stuck to play_time, lengths of 0 and -1, unknown songs 0 and -1 (§2.2).
"""

from __future__ import annotations

import re
from datetime import datetime

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from tenuto.sources._contract import Identity, RawFile
from tenuto.sources._packing import LineReader
from tenuto.sources._plain import Fields, by_name, plain_and_odd
from tenuto.sources._queries import decoded, decoded_all

PRECISION = "day"
USER_ID = ITEM_ID = "int64"
ACTIONS = ("play", "download", "search")
KNOWS = ("played_s", "length_s", "title", "artist", "device", "is_paid", "text")
WHAT_TO_EXPECT = (
    "point `logs` at a folder of files named like 20170330_3_play.log.tar.gz "
    "(day, part, and play, down or search)"
)

reader = LineReader

_NAME = re.compile(r"(\d{8})_(?:(\d+)_)?(play|down|search)\.log(?:\.\w+)*")
_UNDATED_NAME = re.compile(r".*(play|down|search)\.log(?:\.\w+)*")
_FIELDS = {
    "play": Fields(
        (
            "user_text",
            "device",
            "item_text",
            None,
            "title",
            "artist",
            "played_text",
            "length_text",
            "is_paid",
        )
    ),
    "down": Fields(("user_text", "device", "item_text", "title", "artist", "is_paid")),
    "search": Fields(("user_text", "device", "timestamp_text", "text")),
}
_ACTION = {"play": "play", "down": "download", "search": "search"}
_BEFORE_QUERY = r"^\t*\d*\t+[a-z]{0,2}(\t+[\d-]{10} [\d:]{8})?"
_DEVICES = {"ar": "android", "ip": "iphone"}


def identify(name: str) -> Identity | str:
    """What a file is by its name, or why it is not a log of this source."""
    name = name.rpartition("/")[2]
    match = _NAME.fullmatch(name)
    if match is None:
        if _UNDATED_NAME.fullmatch(name):
            return "no date in its name; name it like 20170330_3_play.log.tar.gz"
        return "not a play, down or search log"
    day_text, part, kind = match.groups()
    try:
        day = datetime.strptime(day_text, "%Y%m%d").date()
    except ValueError:
        return f"{day_text} in its name is not a date"
    return Identity("_".join(filter(None, (day_text, part, kind))), kind, part or "", day)


def sort_out(lines: pa.Table, file: RawFile) -> tuple[pa.Table, pa.Table]:
    """The plain lines, with their queries decoded, and the odd ones."""
    plain, odd = plain_and_odd(lines, _FIELDS[file.kind])
    if "text" in plain.column_names:
        plain = plain.append_column("query", decoded_all(plain["text"]))
    return plain, odd


def split(lines: ir.Table, file: RawFile) -> ir.Table:
    """The fields of each line, and how many there should be."""
    n_expected = ibis.literal(len(_FIELDS[file.kind].names), dt.int64)
    return lines.mutate(fields=lines.line.split("\t"), n_expected=n_expected)


def records(table: ir.Table, file: RawFile) -> ir.Table:
    """One record per line; columns that the kind lacks are NULL."""
    given = by_name(table, _FIELDS[file.kind])

    def text(name: str) -> ir.StringValue:
        return given[name] if name in given else ibis.null(dt.string)

    known = table.mutate(
        action=ibis.literal(_ACTION[file.kind]),
        # The user 0 is everybody who is not logged in (K43); songs 0 and -1 are unknown (K24).
        usual_user_digits=ibis.literal(9),
        user_text=_without_nobody(given["user_text"]),
        item_text=text("item_text").isin(["0", "-1"]).ifelse("", text("item_text")),
        title=text("title").nullif(""),
        artist=text("artist").nullif(""),
        played_text=text("played_text"),
        length_text=text("length_text"),
        device=_device(given["device"]),
        is_paid=text("is_paid").isin(["1"]),
        session_id=ibis.null(dt.string),
        timestamp_text=text("timestamp_text"),
        text=_query(table, text("text")),
    )
    return known.drop(*{"fields", "n_expected", "query"}.intersection(known.columns))


def _without_nobody(user: ir.StringValue) -> ir.StringValue:
    # Few ids begin with a zero, and to ask the others for nothing but zeros costs more.
    return user.startswith("0").ifelse(user.re_replace("^0+$", ""), user)


def _query(table: ir.Table, text: ir.StringValue) -> ir.StringValue:
    return table.query if "query" in table.columns else decoded(text)


def _device(raw: ir.StringValue) -> ir.StringValue:
    return raw.cases(*_DEVICES.items(), else_=raw).nullif("")


def redacted(table: ir.Table, file: RawFile) -> ir.StringValue:
    """The raw record as it may be stored: no client address, no search text.

    Of a search only what is known to be user, device and clock is shown: in a line of the
    wrong shape the query may stand anywhere.
    """
    if file.kind == "search":
        return table.line.re_extract(_BEFORE_QUERY, 0) + "\t[query]"
    return table.line.re_replace(r"\d{1,3}(\.\d{1,3}){3}", "[address]")
