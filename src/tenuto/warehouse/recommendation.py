"""One row per listener and new song: the prediction by which it is recommended.

The table Recommendation of S1-SQL1, by its columns (``uid``, ``song_id``, ``prediction``) and its
key: the list `discover`, songs that the listener has not heard. `recommendations` has all lists,
with reasons. It holds the latest cutoff that was exported, and is replaced as a whole.
"""

from tenuto.record import digest_of, digest_of_file
from tenuto.warehouse._computed import computed_part
from tenuto.warehouse._contract import Table

GROUP = "songs"
KEY = ("uid", "song_id")


def tables(at):
    """The list of new songs of everybody."""
    file = at.run / "recommend" / "recommendations.parquet"
    if not file.exists():
        return []
    rows = at.engine.read_parquet([file])
    new = rows.filter(rows["list"] == "discover")
    named = new.select(uid="user_id", song_id="item_id", prediction="score").order_by(list(KEY))
    digest = digest_of([at.cutoff, digest_of_file(file)])
    return [
        Table("recommendation", KEY, [computed_part(at, "recommendation", digest, named)], None)
    ]
