"""How much a user likes an item, from what the user did with it before the cutoff.

A member provides ``preferences(past, window_days)``, an Ibis table with ``user_id``, ``item_id``
and ``preference`` (float64, at least 0), ``LABEL`` for people, and ``SCALE``: what values mean.
"""

from tenuto.catalogue import Catalogue
from tenuto.preferences._sums import with_counts

CATALOGUE = Catalogue("tenuto.preferences", must_provide=("LABEL", "SCALE", "preferences"))

__all__ = ["CATALOGUE", "with_counts"]
