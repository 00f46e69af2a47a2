"""What people heard before they left, against others like them who stayed (S2-W1)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.reports._insights import fewer_than, insight
from tenuto.reports._parts import Column, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import count, figure, is_known, percent, signed, text

TITLE = "Before leaving"
ORDER = 85
STEP = "insights"

_SHOWN = 10


def section(results: Results) -> list[Part]:
    """Who was compared, and what was heard more on either side, if anything was."""
    sets = insight(results, "before_leaving_sets")
    if sets.empty:
        return []
    songs = insight(results, "before_leaving_songs")
    artists = insight(results, "before_leaving_artists")
    return [
        Paragraph(_found(sets, songs, artists)),
        *_heard(results, "Songs", songs),
        *_heard(results, "Artists", artists),
        _compared(results, sets),
    ]


def _found(sets: pd.DataFrame, songs: pd.DataFrame, artists: pd.DataFrame) -> str:
    tested = (
        f"{count(sets['n_songs_tested'].iloc[0])} songs and "
        f"{count(sets['n_artists_tested'].iloc[0])} artists"
    )
    n = [int(table["is_found"].sum()) if len(table) else 0 for table in (songs, artists)]
    if not any(n):
        return (
            f"Of {tested} none was heard more before leaving, and none more by those who stayed, "
            "beyond chance. No song drives people away, or the log is too short to tell."
        )
    return (
        f"Of {tested}, {count(n[0])} and {count(n[1])} were heard more on one side beyond chance. "
        "It is a trace and not a cause: what people heard when they left may just be what was new "
        "that week."
    )


def _heard(results: Results, what: str, table: pd.DataFrame) -> list[Part]:
    found = table[table["is_found"].astype(bool)] if len(table) else table
    if found.empty:
        return []
    rows: list[list[str] | str] = []
    sides = (
        ("heard more before leaving", found[found["difference"] > 0]),
        ("heard more by those who stay", found[found["difference"] < 0]),
    )
    for title, side in sides:
        if len(side):
            rows += [title, *(_row(row) for row in side.head(_SHOWN).to_dict("records"))]
    columns = [
        Column(what.removesuffix("s"), wraps=True),
        Column("Left", is_number=True),
        Column("Stayed", is_number=True),
        Column("Difference, points [95%]", is_number=True),
        Column("q", is_number=True),
    ]
    note = (
        "Left, stayed: share who played it in the 14 days up to the day on which one of a set left "
        "and the others, alike in activity, tenure and plan, did not; every set counts once. q: of "
        "all with a q so low or lower, at most this share is expected to be chance "
        f"(Mantel-Haenszel test within sets, Benjamini-Hochberg); listed are q < 0.05. "
        f"{fewer_than(results)} All that came near is in insights/before_leaving_"
        f"{what.lower()}.csv."
    )
    return [Table(f"{what} before leaving", columns, rows, note)]


def _row(row: Any) -> list[str]:
    named = [row[part] for part in ("title", "artist") if is_known(row.get(part))]
    name = " · ".join(map(text, named)) or text(row.get("item_id"))
    points = [signed(100 * row[part], 1) for part in ("difference", "low", "high")]
    return [
        name,
        percent(row["share_leavers"]),
        percent(row["share_stayers"]),
        f"{points[0]} [{points[1]}, {points[2]}]",
        figure(row["q_value"]),
    ]


def _compared(results: Results, sets: pd.DataFrame) -> Table:
    columns = [
        Column("Who"),
        Column("Listeners", is_number=True),
        Column("Active days", is_number=True),
        Column("Songs", is_number=True),
        Column("Days since first seen", is_number=True),
    ]
    words = {"leavers": "left", "stayers": "stayed"}
    rows = [
        [
            words[str(row["group"])],
            count(row["n_listeners"]),
            figure(row["mean_n_active_days"], 1),
            figure(row["mean_n_songs"], 1),
            figure(row["mean_tenure_days"], 1),
        ]
        for row in sets.to_dict("records")
    ]
    note = (
        f"Up to three who stayed beside each who left before {results.cutoff}, drawn among those "
        "active on the same day, in the same bands of active days and songs in the 14 days up to "
        "it and of tenure, and on the same plan. Means over sets; if they are far apart, the "
        "comparison is not fair. Songs: the different ones of each day, summed. Robots are left "
        "out."
    )
    return Table("Who was compared", columns, rows, note)
