"""One row per listener, cutoff and reason: what raises or lowers the score, in words."""

from tenuto.warehouse._files import of_run

GROUP = "results"
KEY = ("user_id", "rank")


def tables(at):
    """The reasons of all who were explained."""
    return of_run(at, "reasons", "retention/reasons/reasons.parquet", KEY)
