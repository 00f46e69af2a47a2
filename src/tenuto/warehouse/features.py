"""One row per listener and cutoff: every feature that the models saw."""

from tenuto.warehouse._files import of_run

GROUP = "features"
KEY = ("user_id",)


def tables(at):
    """A column per feature, as in the feature dictionary."""
    return of_run(at, "features", "churn/features.parquet", KEY)
