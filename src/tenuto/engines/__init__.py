"""Where it runs: DuckDB on one machine, Spark beyond it.

A member provides ``open(*, threads, memory, scratch)``, which returns an
`Engine` (see ``_contract.py``): a thing that reads, computes and writes Ibis tables.
"""

from tenuto.engines._catalogue import CATALOGUE, open_engine
from tenuto.engines._contract import BatchFunction, Engine
from tenuto.engines._pool import beside_each_other, run_side_by_side

__all__ = [
    "CATALOGUE",
    "BatchFunction",
    "Engine",
    "beside_each_other",
    "open_engine",
    "run_side_by_side",
]
