"""One row per song: who sings it and what it is called.

The table Song of S1-SQL1, by its columns (``song_id``, ``singer``, ``song_name``). It is replaced
as a whole; `items` has lengths and days too.
"""

from tenuto.events.lake import stored_digest
from tenuto.rollups import items_file
from tenuto.warehouse._computed import computed_part
from tenuto.warehouse._contract import Table

GROUP = "songs"
KEY = ("song_id",)


def tables(at):
    """Every song that the log has named."""
    file = items_file(at.workspace)
    rows = at.engine.read_parquet([file])
    named = rows.select(song_id="item_id", singer="artist", song_name="title").order_by(list(KEY))
    return [Table("song", KEY, [computed_part(at, "song", stored_digest(file) or "", named)], None)]
