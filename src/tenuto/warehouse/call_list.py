"""One row per listener and cutoff: whom to contact, why, with what, and who is held out."""

from tenuto.warehouse._files import of_run

GROUP = "results"
KEY = ("user_id",)


def tables(at):
    """Everybody on the call list, those held out too."""
    return of_run(at, "call_list", "retention/call_list.parquet", KEY)
