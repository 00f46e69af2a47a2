"""One row per listener, cutoff, list and place: what to hear next."""

from tenuto.warehouse._files import of_run

GROUP = "results"
KEY = ("user_id", "list", "rank")


def tables(at):
    """The lists of everybody."""
    return of_run(at, "recommendations", "recommend/recommendations.parquet", KEY)
