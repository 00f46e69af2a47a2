"""The porch: raw logs as they come, one member per format.

A member provides ``PRECISION`` ("day" or "second"), ``ID_TYPE``, ``ACTIONS``,
``identify(name)``, ``split``, ``records`` and ``redacted`` (see ``_contract.py``), and opens with
one raw record.
"""

from tenuto.catalogue import Catalogue
from tenuto.sources._contract import Ignored, RawFile, find, unreadable
from tenuto.sources._packing import LineReader

CATALOGUE = Catalogue(
    "tenuto.sources",
    must_provide=("PRECISION", "ID_TYPE", "ACTIONS", "identify", "split", "records", "redacted"),
)

__all__ = ["CATALOGUE", "Ignored", "LineReader", "RawFile", "find", "unreadable"]
