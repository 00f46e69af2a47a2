"""What came after: who left, within a horizon, by which meaning of leaving.

A member provides ``LABEL`` (in words), ``NEEDS`` (columns of user_days) and
``label(listeners, future)``, an Ibis table of ``user_id`` and ``label`` (1 = left).
"""

from tenuto.catalogue import Catalogue
from tenuto.labels._return_curve import advise_horizon, return_curve

CATALOGUE = Catalogue("tenuto.labels", must_provide=("LABEL", "NEEDS", "label"))

__all__ = ["CATALOGUE", "advise_horizon", "return_curve"]
