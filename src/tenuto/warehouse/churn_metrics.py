"""One row per cutoff, protocol, population, churn model and metric, with its interval."""

import pyarrow as pa

from tenuto.warehouse._files import of_run

GROUP = "results"
KEY = ("protocol", "population", "model", "metric")
_TEXT = (*KEY, "against", "verdict")


def tables(at):
    """How good the scores are."""
    types = {name: pa.string() for name in _TEXT}
    types |= {name: pa.int64() for name in ("n_rows", "n_users")}
    return of_run(at, "churn_metrics", "churn/metrics.csv", KEY, types)
