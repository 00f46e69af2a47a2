"""From raw files to the lake: read once, clean, keep or set aside, and account for every line.

`ingest` is the whole of it; the ledger (one JSON file per raw file, written last) says what
is done, so that an ingest that is run twice, or killed and run again, gives the same bytes.
"""

from tenuto.ingest._completeness import completeness
from tenuto.ingest._ingest import IngestSummary, ingest
from tenuto.ingest._ledger import Ledger

__all__ = ["IngestSummary", "Ledger", "completeness", "ingest"]
