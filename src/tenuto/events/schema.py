"""Columns and types of the tables that every room shares."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa

IdType = Literal["int64", "string"]


def _id(id_type: IdType) -> pa.DataType:
    return pa.int64() if id_type == "int64" else pa.string()


def events(id_type: IdType) -> pa.Schema:
    """One row = one thing a user did. Ids are never floats and never 32 bits.

    ``timestamp`` is NULL where the source knows only the day; ``played_s`` is NULL where
    the duration was unreadable (the play still happened); ``item_id`` is NULL where the
    source does not know the item. ``text`` is NULL unless search text is asked for.
    """
    return pa.schema(
        [
            ("user_id", _id(id_type)),
            ("action", pa.string()),
            ("day", pa.date32()),
            ("timestamp", pa.timestamp("us")),
            ("item_id", _id(id_type)),
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


def titles(id_type: IdType) -> pa.Schema:
    """One row = one (item, title, artist, length) seen in one file on one day, with its count.

    Titles and lengths come from the log itself; ``items`` picks the usual ones.
    """
    return pa.schema(
        [
            ("day", pa.date32()),
            ("item_id", _id(id_type)),
            ("title", pa.string()),
            ("artist", pa.string()),
            ("length_s", pa.float64()),
            ("n_events", pa.int64()),
        ]
    )


def queries() -> pa.Schema:
    """One row = one search query of one file, typed by at least two users; no user is named."""
    return pa.schema(
        [("query", pa.string()), ("n_searches", pa.int64()), ("n_searchers", pa.int64())]
    )
