"""One row per listener and cutoff: new, steady, at risk, asleep and so on, and since when."""

from tenuto.warehouse._files import of_run

GROUP = "insights"
KEY = ("user_id",)


def tables(at):
    """The state of everybody on the last day."""
    return of_run(at, "listener_states", "insights/states_of.parquet", KEY)
