"""One row per listener and cutoff: how likely to leave, and what is known beside it."""

from tenuto.warehouse._files import of_run

GROUP = "results"
KEY = ("user_id",)


def tables(at):
    """Everybody who was scored."""
    return of_run(at, "churn_scores", "churn/churn_scores.parquet", KEY)
