"""Rows of saved results, for a look from the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tenuto.errors import UnknownName

_CALL_COLUMNS = {
    "rank_active_14d": "rank",
    "user_id": "user_id",
    "probability": "probability",
    "days_since_last_event": "days_since_last_event",
    "n_active_days_14d": "n_active_days_14d",
    "n_plays_14d": "n_plays_14d",
}
_SONG_COLUMNS = ("list", "rank", "item_id", "title", "artist", "score", "reason_code", "reason")


def first_to_call(results: Path, top: int) -> list[dict[str, Any]]:
    """The ``top`` listeners most likely to leave among those who can still be kept."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file = results / "churn_scores.parquet"
    # Which features are shown beside the score depends on the settings.
    known = set(pq.read_schema(file).names)
    columns = [column for column in _CALL_COLUMNS if column in known]
    rows = pq.read_table(file, columns=columns, filters=pc.field("rank_active_14d") <= top)
    names = [_CALL_COLUMNS[column] for column in columns]
    return rows.sort_by("rank_active_14d").rename_columns(names).to_pylist()


def songs_for(results: Path, user_id: str) -> list[dict[str, Any]]:
    """The saved list of one listener, in order.

    Raises
    ------
    UnknownName : if there is no such listener
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = results / "recommendations.parquet"
    schema = pq.read_schema(file)
    wanted: Any = user_id
    if pa.types.is_integer(schema.field("user_id").type):
        # No id is negative: a text that is no number is nobody's.
        wanted = int(user_id) if user_id.isdecimal() else -1
    columns = [column for column in _SONG_COLUMNS if column in schema.names]
    songs = pq.read_table(file, columns=columns, filters=[("user_id", "==", wanted)])
    if songs.num_rows == 0:
        raise UnknownName(
            f"no listener {user_id} in {file}", mend="use a user_id of the logs before the cutoff"
        )
    return songs.to_pylist()
