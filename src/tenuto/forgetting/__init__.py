"""Forgetting: listeners taken out of every place in which they can be, for good.

A member is one place. It provides ``forget(workspace, listeners)``, which removes what it holds of
them and returns how many rows that were; called again, it finds nothing.
"""

from tenuto.forgetting._catalogue import CATALOGUE
from tenuto.forgetting._expiry import Expired, expire
from tenuto.forgetting._forget import Receipt, forget
from tenuto.forgetting._listeners import Listeners
from tenuto.forgetting._search import Found, search

__all__ = ["CATALOGUE", "Expired", "Found", "Listeners", "Receipt", "expire", "forget", "search"]
