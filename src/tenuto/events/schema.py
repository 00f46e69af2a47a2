"""Columns and types of the tables that every room shares."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa

IdType = Literal["int64", "string"]


def _id(id_type: IdType) -> pa.DataType:
    return pa.int64() if id_type == "int64" else pa.string()


#: What a source may know of a user beside the events; NULL where it does not.
PROFILE = {
    "registered": pa.timestamp("us"),
    "plan": pa.string(),
    "gender": pa.string(),
    "location": pa.string(),
    "user_agent": pa.string(),
}


def events(user_id: IdType, item_id: IdType) -> pa.Schema:
    """One row = one thing a user did. Ids are never floats and never 32 bits.

    ``timestamp`` is NULL where the source knows only the day; ``played_s`` is NULL where
    the duration was unreadable (the play still happened); ``item_id`` is NULL where the
    source does not know the item. ``text`` is NULL unless search text is asked for.
    """
    return pa.schema(
        [
            ("user_id", _id(user_id)),
            ("action", pa.string()),
            ("day", pa.date32()),
            ("timestamp", pa.timestamp("us")),
            ("item_id", _id(item_id)),
            ("played_s", pa.float64()),
            ("length_s", pa.float64()),
            ("device", pa.string()),
            ("is_paid", pa.bool_()),
            ("session_id", pa.string()),
            ("text", pa.string()),
            ("source_file", pa.string()),
            ("source_line", pa.int64()),
        ]
    )


def set_aside() -> pa.Schema:
    """One row = one record that was read and not used, with the reason.

    ``record`` is the raw text with client addresses masked.
    """
    return pa.schema(
        [
            ("source_file", pa.string()),
            ("source_line", pa.int64()),
            ("reason", pa.string()),
            ("record", pa.string()),
        ]
    )


def titles(item_id: IdType) -> pa.Schema:
    """One row = one (item, title, artist, length) seen in one file on one day, with its count.

    Titles and lengths come from the log itself; ``items`` picks the usual ones.
    """
    return pa.schema(
        [
            ("day", pa.date32()),
            ("item_id", _id(item_id)),
            ("title", pa.string()),
            ("artist", pa.string()),
            ("length_s", pa.float64()),
            ("n_events", pa.int64()),
        ]
    )


def profiles(user_id: IdType) -> pa.Schema:
    """One row = one (user, profile) seen in one file on one day, and when it was seen last.

    ``plan`` is the service's own word for it, such as "free"; ``registered`` is in UTC.
    """
    return pa.schema(
        [
            ("day", pa.date32()),
            ("user_id", _id(user_id)),
            *PROFILE.items(),
            ("last_seen", pa.timestamp("us")),
            ("n_events", pa.int64()),
        ]
    )


def queries() -> pa.Schema:
    """One row = one query of one file and day, typed by at least two users; no user is named."""
    return pa.schema(
        [
            ("day", pa.date32()),
            ("query", pa.string()),
            ("n_searches", pa.int64()),
            ("n_searchers", pa.int64()),
        ]
    )
