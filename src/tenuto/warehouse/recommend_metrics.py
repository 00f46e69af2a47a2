"""One row per cutoff, target, recommender or list, metric and number of places."""

import pyarrow as pa

from tenuto.warehouse._files import of_run

GROUP = "results"
KEY = ("target", "recommender", "metric", "k")
_TEXT = ("target", "recommender", "metric", "against", "verdict")


def tables(at):
    """How good the lists would have been."""
    types = {name: pa.string() for name in _TEXT}
    types |= {name: pa.int64() for name in ("k", "n_users", "n_relevant")}
    return of_run(at, "recommend_metrics", "recommend/metrics.csv", KEY, types)
