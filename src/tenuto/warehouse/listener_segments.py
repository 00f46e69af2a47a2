"""One row per listener and cutoff: the segment, by its number and its name."""

from tenuto.warehouse._files import of_run

GROUP = "insights"
KEY = ("user_id",)


def tables(at):
    """The segment of everybody who is in one."""
    return of_run(at, "listener_segments", "insights/segments_of.parquet", KEY)
