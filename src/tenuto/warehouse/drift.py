"""One row per cutoff and thing that is watched: how far it is from what the models learned."""

import pyarrow as pa

from tenuto.warehouse._files import of_run

GROUP = "monitoring"
KEY = ("kind", "name")
_TEXT = ("kind", "name", "family", "measure", "level", "by_design")


def tables(at):
    """Score, volumes and features."""
    types = {name: pa.string() for name in _TEXT} | {"may_alarm": pa.bool_()}
    return of_run(at, "drift", "monitoring/drift.csv", KEY, types)
