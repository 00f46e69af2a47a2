"""One row per cutoff, chart and place: what everybody hears, this week and this month."""

import pyarrow as pa
import pyarrow.parquet as pq

from tenuto.rollups import items_file
from tenuto.warehouse._files import of_run

GROUP = "results"
KEY = ("list", "rank")
_COUNTS = ("rank", "n_plays", "n_listeners", "n_downloads", "n_searches")


def tables(at):
    """The charts."""
    item_id = pq.read_schema(items_file(at.workspace)).field("item_id").type
    types = {name: pa.string() for name in ("list", "title", "artist")}
    types |= {name: pa.int64() for name in _COUNTS} | {"item_id": item_id}
    return of_run(at, "hot", "recommend/hot.csv", KEY, types)
