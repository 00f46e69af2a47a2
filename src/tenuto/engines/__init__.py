"""Where it runs: DuckDB on one machine, Spark beyond it.

A member provides ``open(*, threads, memory, scratch)``, which returns an
`Engine` (see ``_contract.py``): a thing that reads, computes and writes Ibis tables.
"""

from tenuto.catalogue import Catalogue
from tenuto.engines._contract import Engine
from tenuto.engines._pool import run_side_by_side

CATALOGUE = Catalogue("tenuto.engines", must_provide=("open",))

__all__ = ["CATALOGUE", "Engine", "run_side_by_side"]
